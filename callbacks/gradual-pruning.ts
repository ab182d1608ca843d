import {boolean} from '../src/options/option.js';
import {read} from '../src/options/read.js';
import type {Args} from '../src/options/table.js';
import {readSchedule, SCHEDULE, type ScheduleArgs} from './families/fit-schedule.js';
import {SCHEDULED_PRUNING, scheduledPruning} from './families/scheduled.js';
import type {Method} from './method.js';
import {PRUNING, PruningCallback} from './pruning-callback.js';

const OPTIONS = {
  /**
   * Whether pruned weights keep their values behind the masks, train on by straight-through gradients, and can come
   * back at the next update (pruning with feedback). Defaults to false: pruned weights stay zero.
   */
  regrowth: boolean(false),
};

/** Options of {@link GradualPruning}. */
export type GradualPruningArgs = ScheduleArgs & Args<typeof SCHEDULED_PRUNING & typeof PRUNING & typeof OPTIONS>;

/**
 * Prunes while the model trains: at every update of the schedule it masks the least important weights, until the final
 * sparsity is reached. Training in between recovers the accuracy.
 *
 * `sparsity` alone makes a schedule that fits the training: the cubic curve of {@link polynomialDecay} from a tenth of
 * the fit to two thirds of it, updated every hundredth; the rest of the fit recovers accuracy. The first `fit` says how
 * many steps that is: its `epochs`, counted from epoch 0, times the batches of an epoch. A `fit` with an `initialEpoch`
 * follows the same curve, and later ones continue it, or keep the masks if it has ended, until `reset()`. If the
 * training is a loop of short fits, give its `epochs`. For a dataset of unknown length steps are epochs, or give
 * `batchesPerEpoch`.
 *
 * With `stepUnit: 'fit'` the steps of any `schedule` are fractions of the fit in the same way.
 *
 * Pruned weights are zero in the kernels at the end of every batch, whatever the optimizer's momentum does, so every
 * checkpoint is sparse. Steps are counted over all `fit` and `fitDataset` calls of the same callback. `logs.sparsity`,
 * and so `History`, holds the fraction of zeros in the pruned layers at the end of each epoch (of the last such
 * callback in the list), `logs.modelSparsity` the fraction of zeros in all weights of the model that can be pruned.
 *
 * Masked weights stay masked, even if the schedule asks for less. Training changes zeros without a mask, unless
 * {@link maskZeros} masks them. A line on the console reports both when a `fit` begins, and which layers are skipped
 * because they are frozen.
 *
 * Use one callback per model, or call `reset()` in between. Two callbacks that choose masks of the same layers in one
 * `fit` are refused, except `PruneAtInitialization` and one that only masks more, such as this one without `regrowth`.
 * Kernels are kept at zero only while the callback is in the list. Wrap plain-object callbacks in the same list as
 * `new tf.CustomCallback({...})`: tf.js does not mix the two kinds.
 *
 * With `regrowth` this is pruning with feedback, or dynamic network surgery without its thresholds: the forward pass
 * uses the masks, gradients reach all weights, and at every update all weights compete again. When the schedule ends,
 * the masks stay as they are; to keep refreshing them, continue it with `constantSparsity`, as in the last example.
 * Zhu & Gupta 2017, https://arxiv.org/abs/1710.01878; regrowth: Guo et al. 2016, https://arxiv.org/abs/1608.04493, Lin
 * et al. 2020, https://arxiv.org/abs/2006.07253
 *
 * @throws TypeError or RangeError from the constructor if an option is unknown or wrong, or the criterion needs
 *     curvature; from `fit` if the length of the training is needed and unknown, if the model has no wrapped layer,
 *     `layers` matches none, weights are NaN, or the schedule asks for fewer zeros than before without `regrowth`.
 *     Masks and weights are then as they were before the update.
 *
 * @example
 * await model.fit(x, y, {epochs: 5, callbacks: [new GradualPruning({sparsity: 0.9})]});
 *
 * @example
 * const schedule = polynomialDecay({finalSparsity: 0.9, endStep: 2000, frequency: 100}); // steps are batches
 * await model.fit(x, y, {epochs: 5, callbacks: [new GradualPruning({schedule})]});
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
  const options = read('GradualPruning', args, {...SCHEDULE, ...OPTIONS, ...SCHEDULED_PRUNING, ...PRUNING});
  const {regrowth} = options;
  const schedule = readSchedule('GradualPruning', options);
  return {...scheduledPruning(schedule, options, {regrowth}), straightThrough: regrowth};
}
