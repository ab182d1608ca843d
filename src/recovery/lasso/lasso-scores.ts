import * as tf from '@tensorflow/tfjs-core';
import {LONG_WORK, LongWork} from '../../display/long-work.js';
import {layerSelector} from '../../layers/layer-selector.js';
import {expectMasks, prunableLayers} from '../../layers/model-layers.js';
import {read} from '../../options/read.js';
import type {Args} from '../../options/table.js';
import {batchSteps} from '../../passes/batch-steps.js';
import {DATA, expectData} from '../../passes/data.js';
import type {Model} from '../../tfjs-internals.js';
import {expectBuilt, traceChannels} from '../../units/trace/trace-channels.js';
import type {ChannelMaker} from './channel-makers.js';
import {scoreUnits} from './score-units.js';
import {whatToScore} from './what-to-score.js';

const OWNER = 'lassoScores';

const OPTIONS = {
  /**
   * Whose channels to score. Defaults to all layers with channels that can be removed, all of which Dense and Conv
   * layers take in.
   */
  layers: layerSelector(),
};

/** Options of {@link lassoScores}. Of `data` only the inputs are read: `{xs}` is enough. */
export type LassoScoresArgs = Args<typeof DATA & typeof OPTIONS & typeof LONG_WORK>;

/**
 * Scores channels by how long the LASSO keeps them: those whose contribution to the next layer others can make up for
 * go first. It is the choice of channels of He et al.; {@link reconstruct} is their second step, the least squares that
 * then make up for what is gone.
 *
 * A layer that takes channels in adds up a contribution Z_i of each: the inputs from channel i times their weights, at
 * all positions of all examples. The LASSO makes their sum Y of few of them:
 *
 *     minimize  |Y - sum_i beta_i Z_i|^2 / 2  +  lambda |Y|^2 |beta|_1
 *     score(i) = the largest lambda at which beta_i is not 0
 *
 * With lambda = 0 every beta is 1. As lambda grows, channels leave: first those that change nothing, and those whose
 * contribution others make as well. The whole path is followed, so the scores serve any number of channels. If the
 * layer has a bias, or a batch normalization right behind, which make up for the means, all is about the means. Where
 * several layers take a channel in, its score is the mean; layers other than Dense and Conv do not count.
 *
 * Lambda is relative to |Y|^2, so that layers can be compared: it tells by which share of its outputs a layer suffers.
 * The paper sets the rate of each layer by hand; `uniform()`, `perLayer` or {@link searchRates} do that here.
 *
 * Give the scores to {@link scores}. They belong to the kernels that make the channels: let the producers alone be
 * scored, by `members: 'producers'` in `planChannelPruning` and `coupledChannels`. In contrast to the paper, all layers
 * see the inputs that they have now, not those behind layers that were pruned before.
 *
 * The data are read once. One batch is held at a time, and for each layer a matrix of its channels by channels. It
 * pauses every 40 ms for the page, which may predict; `onProgress` is told of each batch and each layer. The model does
 * not change.
 *
 * He et al. 2017, https://arxiv.org/abs/1707.06168
 *
 * @returns a tensor for each kernel that makes scored channels, by its name such as `conv1/kernel`. It has the kernel's
 *     rank, and size 1 along all axes but that of the channels: [1, 1, 1, filters]. All scores are >= 0. The tensors
 *     are yours: dispose them.
 * @throws TypeError or RangeError if the model, the data or an option is something else, `layers` matches no layer that
 *     makes channels, or channels that can be removed reach no Dense or Conv layer; Error if what a layer gets is not
 *     finite; the reason of `signal`.
 *
 * @example
 * const lasso = await lassoScores(dense, {data: {xs}, batchSize: 128});
 * const choice = {criterion: scores(lasso), members: 'producers', allocation: uniform()};
 * const model = prunable(dense);
 * await maskChannels(model, await planChannelPruning(dense, {sparsity: 0.5, ...choice}));
 * await reconstruct(model, {teacher: dense, data: {xs}, batchSize: 128});
 * const small = stripPruning(await shrink(model));
 * tf.dispose(lasso);
 */
export async function lassoScores(model: Model, args: LassoScoresArgs): Promise<Record<string, tf.Tensor>> {
  expectBuilt(OWNER, model);
  const {data, batchSize, layers, ...told} = read(OWNER, args, {...DATA, ...OPTIONS, ...LONG_WORK});
  const work = new LongWork(told);
  expectData({data, batchSize});
  expectMasks(prunableLayers(model));
  const {makers, consumers} = whatToScore(OWNER, model, traceChannels(model), layers);
  const batches = batchSteps({data, batchSize});
  work.total = batches + consumers.length;
  const scored = await scoreUnits({model, data, batchSize, consumers, work, batches});
  return Object.fromEntries(makers.map(maker => [maker.name, scoresFor(maker, scored)]));
}

/** The scores of the channels of a kernel; those without one can't be removed. */
function scoresFor({axis: {axis, units, variable}}: ChannelMaker, scored: ReadonlyMap<number, number>): tf.Tensor {
  const values = Float32Array.from(units, unit => scored.get(unit) ?? 0);
  return tf.tensor(
    values,
    variable.shape.map((_, other) => (other === axis ? values.length : 1)),
  );
}
