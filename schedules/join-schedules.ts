import {isList, received} from '../src/options/expect.js';
import {expectSchedule, type SparsitySchedule} from './sparsity-schedule.js';
import {expectStep} from './step.js';

/**
 * Several schedules one after the other. Each counts its steps from 0 at its own boundary, and lasts until the next.
 *
 * @param schedules at least one.
 * @param boundaries the rising steps at which the second, third, ... schedule takes over, one fewer than schedules.
 *     Updates of a schedule after the next boundary are dropped.
 * @throws TypeError or RangeError if a schedule is not one, or the boundaries do not rise, are too many or too few.
 *
 * @example
 * // half of the weights early, then gradually 90 %
 * joinSchedules(
 *   [oneShot({targetSparsity: 0.5}), polynomialDecay({initialSparsity: 0.5, finalSparsity: 0.9, endStep: 1000})],
 *   [500],
 * );
 */
export function joinSchedules(schedules: readonly SparsitySchedule[], boundaries: readonly number[]): SparsitySchedule {
  if (!isList(schedules) || schedules.length === 0) {
    throw new TypeError(`Expected \`schedules\` to be a non-empty array of schedules, got ${received(schedules)}`);
  }
  [...schedules].forEach((schedule, i) => expectSchedule(`schedules[${i}]`, schedule));
  if (!isList(boundaries) || boundaries.length !== schedules.length - 1) {
    throw new RangeError(
      `Expected ${schedules.length - 1} \`boundaries\` between ${schedules.length} schedules, got ${
        isList(boundaries) ? boundaries.length : received(boundaries)
      }`,
    );
  }
  const parts = [...schedules];
  const starts = [0, ...boundaries];
  [...boundaries].forEach((boundary, i) => expectAfter(`boundaries[${i}]`, boundary, starts[i]!));

  const partAt = (step: number) => {
    const index = Math.max(
      0,
      starts.findLastIndex(start => start <= step),
    );
    return {schedule: parts[index]!, step: step - starts[index]!};
  };
  return {
    endStep: starts.at(-1)! + parts.at(-1)!.endStep,
    sparsityAt(step) {
      const part = partAt(step);
      return part.schedule.sparsityAt(part.step);
    },
    updatesAt(step, previous = step - 1) {
      const part = partAt(step);
      return part.schedule.updatesAt(part.step, part.step - (step - previous));
    },
  };
}

function expectAfter(name: string, boundary: number, before: number): void {
  if (expectStep(name, boundary) > before) return;
  throw new RangeError(`Expected \`${name}\` to be a step after ${before}, got ${boundary}`);
}
