import {expectInteger, expectMethods, received} from '../src/options/expect.js';

/**
 * How sparse a model is at each step of its training. Pure: the same step always gives the same answer, and a schedule
 * knows nothing of tensors or models. A step is a count of completed batches (or epochs), 0 before the first.
 *
 * Any object of this shape is a schedule; write your own as a literal.
 *
 * @example
 * const halfAtTen = {
 *   sparsityAt: step => (step < 10 ? 0 : 0.5),
 *   updatesAt: step => step === 10,
 *   endStep: 10,
 * };
 */
export interface SparsitySchedule {
  /** The fraction of zeros, in [0, 1), that holds at `step`. */
  sparsityAt(step: number): number;
  /** Whether masks are computed anew at `step`. */
  updatesAt(step: number): boolean;
  /** The last step with an update, after which the final sparsity holds; Infinity where updates never end. */
  readonly endStep: number;
}

/** When a schedule updates: from `beginStep` to `endStep`, every `frequency` steps. */
export interface ScheduleGrid {
  /** The first step with an update. Defaults to 0, before the first batch. */
  beginStep?: number;
  /** The last step with an update, on the grid or not; at least `beginStep`. */
  endStep: number;
  /** Steps between two updates, at least 1. Defaults to 100. */
  frequency?: number;
}

/** Checks a grid and fills in its defaults. An `endStep` of Infinity is allowed where `endless` says so. */
export function expectGrid(
  {beginStep = 0, endStep, frequency = 100}: ScheduleGrid,
  {endless = false} = {},
): Required<ScheduleGrid> {
  expectInteger('beginStep', beginStep);
  if (!(endless && endStep === Infinity)) expectInteger('endStep', endStep);
  expectInteger('frequency', frequency, {min: 1});
  if (endStep < beginStep) {
    throw new RangeError(`Expected \`endStep\` to be at least \`beginStep\` (${beginStep}), got ${endStep}`);
  }
  return {beginStep, endStep, frequency};
}

/** Expects a schedule: ours, or any object of that shape. */
export function expectSchedule(name: string, schedule: SparsitySchedule): SparsitySchedule {
  expectMethods(name, schedule, ['sparsityAt', 'updatesAt']);
  const {endStep} = schedule as {endStep: unknown};
  if (endStep === Infinity || (Number.isSafeInteger(endStep) && (endStep as number) >= 0)) return schedule;
  throw new TypeError(`Expected \`${name}.endStep\` to be a step or Infinity, got ${received(endStep)}`);
}

/** Whether a step is an update of the grid: every `frequency` steps from `beginStep`, and at `endStep` itself. */
export function isOnGrid(step: number, {beginStep, endStep, frequency}: Required<ScheduleGrid>): boolean {
  return step >= beginStep && step <= endStep && ((step - beginStep) % frequency === 0 || step === endStep);
}
