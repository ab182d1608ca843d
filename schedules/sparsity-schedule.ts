import {expectMethods, received} from '../src/options/expect.js';
import type {Args, Values} from '../src/options/table.js';
import {interval, isStep, step} from './step.js';

/**
 * How sparse a model is at each step of its training. A schedule is pure: the same step always gives the same answer,
 * without tensors or models. A step is the number of completed batches (or epochs), 0 before the first; with
 * `stepUnit: 'fit'` it is the completed fraction of the fit, in [0, 1].
 *
 * Any object of this shape is a schedule, such as a literal of your own.
 *
 * @example
 * const halfAtTen = {
 *   sparsityAt: step => (step < 10 ? 0 : 0.5),
 *   updatesAt: step => step === 10,
 *   endStep: 10,
 * };
 *
 * @example
 * // with `stepUnit: 'fit'`: asks whether one half lies between the last batch and this one
 * const halfAtHalf = {
 *   sparsityAt: step => (step < 0.5 ? 0 : 0.5),
 *   updatesAt: (step, previous) => previous < 0.5 && step >= 0.5,
 *   endStep: 0.5,
 * };
 */
export interface SparsitySchedule {
  /** The fraction of zeros at `step`, in [0, 1). */
  sparsityAt(step: number): number;
  /**
   * Whether masks are updated at `step`: whether an update is due after the step before, and no later than at `step`.
   *
   * @param previous the step before. Defaults to `step - 1`.
   */
  updatesAt(step: number, previous?: number): boolean;
  /** The last step with an update, after which the sparsity stays; Infinity if updates never end. */
  readonly endStep: number;
}

/** The options that say when a schedule updates. */
export const GRID = {
  /** The first step with an update. Defaults to 0, before the first batch. */
  beginStep: step({}, 0),
  /** The last step with an update, on the grid or not; at least `beginStep`. */
  endStep: step({}),
  /** Steps between two updates. Defaults to 100, or to 0.01 if `endStep` is a fraction of the fit. */
  frequency: interval(undefined),
};

/** When a schedule updates: from `beginStep` to `endStep`, every `frequency` steps. */
export type ScheduleGrid = Args<typeof GRID>;

/** The same, with defaults filled in. */
export interface Grid {
  readonly beginStep: number;
  readonly endStep: number;
  readonly frequency: number;
}

/** Expects a grid whose end is not before its beginning, and fills in its frequency. */
export function expectGrid({beginStep, endStep, frequency = endStep <= 1 ? 0.01 : 100}: Values<typeof GRID>): Grid {
  if (endStep >= beginStep) return {beginStep, endStep, frequency};
  throw new RangeError(`Expected \`endStep\` to be at least \`beginStep\` (${beginStep}), got ${endStep}`);
}

/** Expects a schedule: any object of that shape. */
export function expectSchedule(name: string, schedule: SparsitySchedule): SparsitySchedule {
  expectMethods(name, schedule, ['sparsityAt', 'updatesAt']);
  const {endStep} = schedule as {endStep: unknown};
  if (endStep === Infinity || isStep(endStep)) return schedule;
  throw new TypeError(`Expected \`${name}.endStep\` to be a step or Infinity, got ${received(endStep)}`);
}

/** Whether a step is an update of the grid: every `frequency` steps from `beginStep`, and at `endStep` itself. */
export function isOnGrid(grid: Grid, step: number, previous = step - 1): boolean {
  return updatesUntil(step, grid) > updatesUntil(previous, grid);
}

/** For steps that are fractions: 0.3 - 0.1 is a little less than 2 * 0.1. */
export const ROUNDING = 1e-9;

/** How many updates a grid has had at a step. */
function updatesUntil(step: number, {beginStep, endStep, frequency}: Grid): number {
  if (step < beginStep) return 0;
  const onGrid = 1 + Math.floor((Math.min(step, endStep) - beginStep) / frequency + ROUNDING);
  return step >= endStep ? onGrid + 1 : onGrid;
}
