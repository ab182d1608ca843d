import {polynomialDecay} from '../../schedules/polynomial-decay.js';
import {expectSchedule, ROUNDING, type SparsitySchedule} from '../../schedules/sparsity-schedule.js';
import {option, sparsity} from '../../src/options/option.js';
import {expectAbsent, expectExactlyOne} from '../../src/options/read.js';
import type {Args, Values} from '../../src/options/table.js';
import type {PrunedTraining} from '../method.js';
import {expectNoLength} from '../parts/fit-length.js';
import type {FIT_STEPS} from '../parts/step-counter.js';

/** The options of every method to which the user gives a schedule, or the sparsity alone. */
export const SCHEDULE = {
  /**
   * The final sparsity, in [0, 1), by a schedule that fits itself to the training: see the callback. The first `fit`
   * determines the length of the training; later ones continue it, until `reset()`.
   */
  sparsity: sparsity(undefined),
  /** How sparse the pruned layers are at each step, in place of `sparsity`. */
  schedule: option(expectSchedule, undefined),
};

/** Options of every method to which the user gives a schedule, or the sparsity alone: exactly one of them. */
export type ScheduleArgs = Args<typeof SCHEDULE>;

/**
 * The default ramp of a sparsity: from a tenth of the training to two thirds of it. The rest recovers accuracy.
 * See {@link polynomialDecay} for the cubic curve.
 */
export function rampTo(finalSparsity: number): SparsitySchedule {
  return polynomialDecay({finalSparsity, beginStep: 0.1, endStep: 2 / 3, frequency: 0.01});
}

/**
 * The schedule that the options ask for. One in fractions of the fit learns its steps when a training begins: the
 * method's `prepare` must call {@link layOver}.
 *
 * @param fitted the schedule for a sparsity alone, in fractions of the fit.
 * @throws TypeError or RangeError if not exactly one of `sparsity` and `schedule` is given, or the schedule's steps are
 *     of another unit.
 */
export function readSchedule(
  owner: string,
  options: Partial<Values<typeof SCHEDULE & typeof FIT_STEPS>>,
  fitted: (sparsity: number) => SparsitySchedule = rampTo,
): SparsitySchedule {
  const {sparsity, schedule, stepUnit} = options;
  expectExactlyOne(owner, options, ['sparsity', 'schedule']);
  if (sparsity !== undefined) {
    if (stepUnit !== 'fit') expectAbsent(owner, options, ['stepUnit'], 'with `sparsity`, which is laid over the fit');
    return new FitSchedule(fitted(sparsity));
  }
  if (stepUnit === 'fit') return new FitSchedule(expectFractions(schedule!));
  expectNoLength(owner, options);
  return expectWholeSteps(schedule!);
}

/** A schedule in fractions of the fit, in the steps of the training: `prepare` must call {@link layOver}. */
export function overFit(fractions: SparsitySchedule): SparsitySchedule {
  return new FitSchedule(fractions);
}

/** Tells a schedule in fractions of the fit how many steps the training has. */
export function layOver(schedule: SparsitySchedule, {stepsOfFit}: PrunedTraining): void {
  if (schedule instanceof FitSchedule) schedule.steps = stepsOfFit!;
}

/** Whether a schedule is in fractions of the fit. */
export function isFitted(schedule: SparsitySchedule): boolean {
  return schedule instanceof FitSchedule;
}

/** Turns a schedule in fractions of a fit into one in steps. */
class FitSchedule implements SparsitySchedule {
  readonly #fractions: SparsitySchedule;
  /** The steps of the whole training; Infinity until its first fit begins. */
  steps = Infinity;

  constructor(fractions: SparsitySchedule) {
    this.#fractions = fractions;
  }

  get endStep(): number {
    return Math.round(this.#fractions.endStep * this.steps);
  }

  sparsityAt(step: number): number {
    return this.#fractions.sparsityAt(step >= this.endStep ? this.#fractions.endStep : step / this.steps);
  }

  updatesAt(step: number, previous = step - 1): boolean {
    const isLast = step >= this.endStep;
    if (isLast && previous >= this.endStep) return false;
    return this.#fractions.updatesAt(isLast ? this.#fractions.endStep : step / this.steps, previous / this.steps);
  }
}

function expectFractions(schedule: SparsitySchedule): SparsitySchedule {
  if (schedule.endStep <= 1 + ROUNDING) return schedule;
  throw new RangeError(
    'Expected the `schedule` to end at a fraction of the fit, in [0, 1], as `stepUnit` is "fit", got ' +
      `${schedule.endStep} as its \`endStep\``,
  );
}

function expectWholeSteps(schedule: SparsitySchedule): SparsitySchedule {
  if (schedule.endStep === Infinity || Number.isInteger(schedule.endStep)) return schedule;
  throw new RangeError(
    `Expected the \`schedule\` to end at a whole step, got ${schedule.endStep} as its \`endStep\`; for fractions of ` +
      "the fit give `stepUnit: 'fit'`",
  );
}
