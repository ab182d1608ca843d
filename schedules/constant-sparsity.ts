import {sparsity} from '../src/options/option.js';
import {read} from '../src/options/read.js';
import type {Args, Extended} from '../src/options/table.js';
import {expectGrid, GRID, isOnGrid, type SparsitySchedule} from './sparsity-schedule.js';
import {step} from './step.js';

const OPTIONS = {
  /** The sparsity at every step, in [0, 1). */
  targetSparsity: sparsity(),
  /** The last step with an update. Defaults to Infinity: masks are updated as long as training continues. */
  endStep: step({orInfinity: true}, Infinity),
};

/** Options of {@link constantSparsity}. */
export type ConstantSparsityArgs = Args<Extended<typeof GRID, typeof OPTIONS>>;

/**
 * The same sparsity throughout, with new masks every `frequency` steps, like tfmot's `ConstantSparsity`.
 *
 * @throws TypeError or RangeError if an option is unknown or wrong.
 *
 * @example
 * constantSparsity({targetSparsity: 0.5, beginStep: 1000, frequency: 200});
 */
export function constantSparsity(args: ConstantSparsityArgs): SparsitySchedule {
  const {targetSparsity, ...grid} = read('constantSparsity', args, {...GRID, ...OPTIONS});
  const known = expectGrid(grid);
  return {
    endStep: known.endStep,
    sparsityAt: () => targetSparsity,
    updatesAt: (step, previous) => isOnGrid(known, step, previous),
  };
}
