import {expectSchedule, type SparsitySchedule} from '../schedules/sparsity-schedule.js';
import {magnitude} from '../src/criteria/magnitude.js';
import {updateMasks, zeroSoftly} from '../src/masks/update-masks.js';
import {expectOptions} from '../src/options/expect.js';
import {filters} from '../src/structures/filters.js';
import {SCHEDULED_PRUNING_OPTIONS, scheduledPruning, type ScheduledPruningArgs} from './families/scheduled.js';
import type {Method} from './method.js';
import {PruningCallback} from './pruning-callback.js';

/** Options of {@link SoftFilterPruning}. */
export interface SoftFilterPruningArgs extends ScheduledPruningArgs {
  /**
   * The fraction that is zeroed at each step; the last update, at `endStep`, is the hard one. Constant as in the paper,
   * growing (`asymptoticDecay`), or falling.
   */
  schedule: SparsitySchedule;
}

/**
 * Zeroes the least important filters at the end of each epoch and trains all of them on: zeroed filters can grow back,
 * and the next pass chooses anew. The last pass, at the schedule's `endStep`, is hard: its filters are masked, with
 * their biases and batch normalizations, and stay zero as under `GradualPruning`.
 *
 * Until then nothing is masked, and the sparsity in the logs is that right after the zeroing; `fit` validates before
 * it. Steps are epochs by default. Defaults: `structure: filters()`, though any other works; `criterion:
 * magnitude({norm: 2})`.
 * He et al. 2018, https://arxiv.org/abs/1808.06866; with a growing rate: He et al. 2019,
 * https://arxiv.org/abs/1808.07471
 *
 * @throws TypeError or RangeError from the constructor if an option is unknown or wrong, or the schedule never ends;
 *     from `fit` what `GradualPruning` throws. Nothing is changed then.
 *
 * @example
 * const schedule = constantSparsity({targetSparsity: 0.5, beginStep: 1, endStep: 20, frequency: 1});
 * await model.fit(x, y, {epochs: 20, callbacks: [new SoftFilterPruning({schedule, layers: /conv/})]});
 */
export class SoftFilterPruning extends PruningCallback {
  constructor(args: SoftFilterPruningArgs) {
    super(softFilterPruning(args), args);
  }
}

function softFilterPruning(args: SoftFilterPruningArgs): Method {
  const {schedule} = expectOptions('SoftFilterPruning', args, ['schedule', ...SCHEDULED_PRUNING_OPTIONS]);
  const {endStep} = expectSchedule('schedule', schedule);
  if (endStep === Infinity) {
    throw new RangeError('Expected a `schedule` that ends, with a hard pass at its `endStep`, got one without end');
  }
  const plugs = {structure: filters(), criterion: magnitude({norm: 2}), ...args};
  const hard = scheduledPruning(schedule, plugs, {
    regrows: step => step <= endStep,
    isPruned: ({step, sparsity}) => step < endStep || sparsity > 0, // a soft pass leaves no masks to be seen
    update: ({step, weights, seen}, sparsity, rule) =>
      (step === endStep ? updateMasks : zeroSoftly)(weights, sparsity, rule, seen),
  });
  return {...hard, stepUnit: 'epoch', keepsZeros: step => step >= endStep};
}
