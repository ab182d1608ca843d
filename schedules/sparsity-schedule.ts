import {expectMethods, received} from '../src/options/expect.js';
import {integer} from '../src/options/option.js';
import type {Args, Values} from '../src/options/table.js';

/**
 * How sparse a model is at each step of its training. A schedule is pure: the same step always gives the same answer,
 * without tensors or models. A step is the number of completed batches (or epochs), 0 before the first.
 *
 * Any object of this shape is a schedule, such as a literal of your own.
 *
 * @example
 * const halfAtTen = {
 *   sparsityAt: step => (step < 10 ? 0 : 0.5),
 *   updatesAt: step => step === 10,
 *   endStep: 10,
 * };
 */
export interface SparsitySchedule {
  /** The fraction of zeros at `step`, in [0, 1). */
  sparsityAt(step: number): number;
  /** Whether masks are updated at `step`. */
  updatesAt(step: number): boolean;
  /** The last step with an update, after which the sparsity stays; Infinity if updates never end. */
  readonly endStep: number;
}

/** The options that say when a schedule updates. */
export const GRID = {
  /** The first step with an update. Defaults to 0, before the first batch. */
  beginStep: integer({}, 0),
  /** The last step with an update, on the grid or not; at least `beginStep`. */
  endStep: integer({}),
  /** Steps between two updates, at least 1. Defaults to 100. */
  frequency: integer({min: 1}, 100),
};

/** When a schedule updates: from `beginStep` to `endStep`, every `frequency` steps. */
export type ScheduleGrid = Args<typeof GRID>;

/** The same, with defaults filled in. */
type Grid = Values<typeof GRID>;

/** Expects a grid whose end is not before its beginning. */
export function expectGrid(grid: Grid): Grid {
  const {beginStep, endStep} = grid;
  if (endStep >= beginStep) return grid;
  throw new RangeError(`Expected \`endStep\` to be at least \`beginStep\` (${beginStep}), got ${endStep}`);
}

/** Expects a schedule: any object of that shape. */
export function expectSchedule(name: string, schedule: SparsitySchedule): SparsitySchedule {
  expectMethods(name, schedule, ['sparsityAt', 'updatesAt']);
  const {endStep} = schedule as {endStep: unknown};
  if (endStep === Infinity || (Number.isSafeInteger(endStep) && (endStep as number) >= 0)) return schedule;
  throw new TypeError(`Expected \`${name}.endStep\` to be a step or Infinity, got ${received(endStep)}`);
}

/** Whether a grid updates at a step: every `frequency` steps from `beginStep`, and at `endStep` itself. */
export function isOnGrid(step: number, {beginStep, endStep, frequency}: Grid): boolean {
  return step >= beginStep && step <= endStep && ((step - beginStep) % frequency === 0 || step === endStep);
}
