import type {SparsitySchedule} from '../schedules/sparsity-schedule.js';
import {expectBoolean, expectOptions} from '../src/options/expect.js';
import {SCHEDULED_PRUNING_OPTIONS, scheduledPruning, type ScheduledPruningArgs} from './families/scheduled.js';
import type {Method} from './method.js';
import {PruningCallback} from './pruning-callback.js';

/** Options of {@link GradualPruning}. */
export interface GradualPruningArgs extends ScheduledPruningArgs {
  /** How sparse the layers are at each step. */
  schedule: SparsitySchedule;
  /**
   * Whether pruned weights live on behind their masks, are trained straight through them, and can come back at the next
   * update (pruning with feedback). Defaults to false: what is pruned stays zero.
   */
  regrowth?: boolean;
}

/**
 * Prunes while the model trains: at every update of the schedule the least important weights are masked, until the
 * final sparsity is reached; training makes up for what was lost in between.
 *
 * Pruned weights are zero in the kernels at the end of every batch, whatever the optimizer's momentum does, so every
 * checkpoint is sparse. The step is counted over all `fit` and `fitDataset` calls of the same callback.
 * `logs.sparsity`, and so `History`, holds the fraction of zeros among the pruned layers at the end of each epoch (of
 * several such callbacks the last one's), `logs.modelSparsity` that among all weights of the model that can be pruned.
 *
 * What is masked already stays masked, also where the schedule asks for less; zeros that are not masked do not stay,
 * unless {@link maskZeros} masks them. Both is said on the console when a `fit` begins, and so is which layers are left
 * alone since they are frozen.
 *
 * One callback is for one model; `reset()` it, or make a new one, for another. Two that choose masks of the same layers
 * in one `fit` are refused, but for `PruneAtInitialization` beside one that only masks more, as this one does without
 * `regrowth`. Only while it is in the list are kernels kept at zero. Put plain-object callbacks into `new
 * tf.CustomCallback({...})` beside it: tf.js does not mix the two.
 *
 * With `regrowth` this is pruning with feedback, or dynamic network surgery without its thresholds: the forward pass
 * goes through the masks, its gradients reach all weights, and at every update of the schedule all of them compete
 * again. A schedule that ends keeps its last masks; to have them refreshed for as long as training goes on, let it be
 * followed by `constantSparsity`, as in the second example.
 * Zhu & Gupta 2017, https://arxiv.org/abs/1710.01878; regrowth: Guo et al. 2016, https://arxiv.org/abs/1608.04493, Lin
 * et al. 2020, https://arxiv.org/abs/2006.07253
 *
 * @throws TypeError or RangeError from the constructor where an option is unknown or wrong, or the criterion is one of
 *     curvature; from `fit` where the model has
 *     no wrapped layer, `layers` matches none, weights are NaN, or the schedule asks for fewer zeros than before
 *     without `regrowth`. Masks and weights are then as they were before the update.
 *
 * @example
 * await model.fit(x, y, {epochs: 5, callbacks: [
 *   new GradualPruning({schedule: polynomialDecay({finalSparsity: 0.9, endStep: 2000, frequency: 100})})]});
 *
 * @example
 * const ramp = polynomialDecay({finalSparsity: 0.9, endStep: 2000, frequency: 16});
 * const refreshed = constantSparsity({targetSparsity: 0.9, frequency: 16});
 * new GradualPruning({schedule: joinSchedules([ramp, refreshed], [2000]), regrowth: true});
 */
export class GradualPruning extends PruningCallback {
  constructor(args: GradualPruningArgs) {
    super(gradualPruning(args), args);
  }
}

function gradualPruning(args: GradualPruningArgs): Method {
  const options = ['schedule', ...SCHEDULED_PRUNING_OPTIONS, 'regrowth'];
  const {schedule, regrowth = false} = expectOptions('GradualPruning', args, options);
  expectBoolean('regrowth', regrowth);
  return {...scheduledPruning(schedule, args, {regrowth}), straightThrough: regrowth};
}
