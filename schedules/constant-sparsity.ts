import {expectOptions, expectSparsity} from '../src/options/expect.js';
import {expectGrid, isOnGrid, type ScheduleGrid, type SparsitySchedule} from './sparsity-schedule.js';

/** Options of {@link constantSparsity}. */
export interface ConstantSparsityArgs extends Omit<ScheduleGrid, 'endStep'> {
  /** The sparsity at every step, in [0, 1). */
  targetSparsity: number;
  /** The last step with an update. Defaults to Infinity: masks are computed anew as long as training goes on. */
  endStep?: number;
}

/**
 * The same sparsity throughout, with masks computed anew every `frequency` steps. As tfmot's `ConstantSparsity`.
 *
 * @throws TypeError or RangeError where an option is unknown, of a wrong type, or out of its range.
 *
 * @example
 * constantSparsity({targetSparsity: 0.5, beginStep: 1000, frequency: 200});
 */
export function constantSparsity(args: ConstantSparsityArgs): SparsitySchedule {
  const options = ['targetSparsity', 'beginStep', 'endStep', 'frequency'];
  const {targetSparsity, endStep = Infinity} = expectOptions('constantSparsity', args, options);
  expectSparsity('targetSparsity', targetSparsity);
  const grid = expectGrid({...args, endStep}, {endless: true});
  return {endStep, sparsityAt: () => targetSparsity, updatesAt: step => isOnGrid(step, grid)};
}
