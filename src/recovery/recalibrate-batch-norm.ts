import {cardOf} from '../layers/cards/card-of.js';
import {expectModel} from '../layers/model-layers.js';
import {childLayers} from '../layers/inner-layers.js';
import {read} from '../options/read.js';
import {DATA, expectData, type DataArgs} from '../passes/data.js';
import {eachBatch} from '../passes/each-batch.js';
import type {Layer, Model} from '../tfjs-internals.js';
import {BatchStatistics} from './batch-statistics.js';

/**
 * Options of {@link recalibrateBatchNorm}. Of `data` only the inputs are read: `{xs}` is enough. Use a few hundred
 * examples or more, and the batch size of training.
 */
export type RecalibrateBatchNormArgs = DataArgs;

/**
 * Recomputes the moving statistics of all batch normalizations from data, without training. Pruning changes what the
 * layers before them return, so the old statistics no longer fit; new ones often recover much of the accuracy.
 *
 * In one pass over the data each batch normalization uses the mean and the variance of the batch, as in training; all
 * other layers compute as in `predict`, without dropout. Then
 *
 *     moving mean     = average over batches of mean(batch)
 *     moving variance = average over batches of mean((batch - mean(batch))^2)
 *
 * weighted by the number of values in each batch: the plain average for batches of one size, not the exponential one of
 * training. `torch.optim.swa_utils.update_bn` differs in that it counts a small last batch as a whole one and puts all
 * layers into training mode. The variance divides by n, as in tf.js; PyTorch divides by n - 1. A layer that is used
 * several times, or by `TimeDistributed` at each time step, averages over all uses.
 *
 * A frozen layer (`trainable: false` on it or on a model around it) keeps its statistics and normalizes with them, as
 * in Keras. Nothing changes until all data have been read.
 *
 * Li et al. 2016, https://arxiv.org/abs/1603.04779; Li et al. 2020 (EagleEye), https://arxiv.org/abs/2007.02491
 *
 * @throws TypeError if the model, the data or an option is something else; RangeError if there are no batches, a batch
 *     does not fit the model, or a layer never sees two values of a channel; Error if there are no batch normalizations
 *     or all are frozen, or a statistic is not finite.
 *
 * @example
 * const small = await shrink(model);
 * await recalibrateBatchNorm(small, {data: {xs}, batchSize: 64});
 */
export async function recalibrateBatchNorm(model: Model, args: RecalibrateBatchNormArgs): Promise<void> {
  const layers = expectBatchNorms(expectModel('recalibrateBatchNorm', model));
  expectData(read('recalibrateBatchNorm', args, DATA));
  const statistics = layers.map(layer => new BatchStatistics(layer));
  try {
    await eachBatch(model, args, ({xs}) => void model.call(xs, {training: false}));
    for (const one of statistics) await expectUsable(one);
    for (const one of statistics) one.assign();
  } finally {
    for (const one of statistics) one.stop();
  }
}

function expectBatchNorms(model: Model): Layer[] {
  const layers = new Set(batchNormsIn(model));
  if (layers.size > 0) return [...layers];
  throw new Error(
    `recalibrateBatchNorm expects a model with BatchNormalization layers that are not frozen, but "${model.name}" ` +
      'has none; to unfreeze them, set `trainable` of the layers and of the models around them to true',
  );
}

/** All batch normalizations that are not frozen, at any depth. */
function batchNormsIn(layer: Layer): Layer[] {
  if (!layer.trainable) return [];
  return cardOf(layer).isBatchNorm ? [layer] : childLayers(layer).flatMap(batchNormsIn);
}

async function expectUsable(statistics: BatchStatistics): Promise<void> {
  const {name} = statistics.layer;
  if (statistics.largestBatch === 1) {
    throw new RangeError(
      `Expected batches with several examples: layer "${name}" saw one value of a channel at a time`,
    );
  }
  if (await statistics.areFinite()) return;
  throw new Error(`Expected finite statistics of layer "${name}", got NaN or infinity; check the data for them`);
}
