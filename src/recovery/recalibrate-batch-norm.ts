import {LONG_WORK, LongWork} from '../display/long-work.js';
import {cardOf} from '../layers/cards/card-of.js';
import {expectModel} from '../layers/model-layers.js';
import {childLayers} from '../layers/inner-layers.js';
import {read} from '../options/read.js';
import type {Args} from '../options/table.js';
import {batchSteps, reportBatches} from '../passes/batch-steps.js';
import {DATA, expectData} from '../passes/data.js';
import {eachBatch, type FittingBatch} from '../passes/each-batch.js';
import type {Layer, Model} from '../tfjs-internals.js';
import {BatchStatistics} from './batch-statistics.js';

/**
 * Options of {@link recalibrateBatchNorm}. Of `data` only the inputs are read: `{xs}` is enough. Use a few hundred
 * examples or more, and the batch size of training.
 */
export type RecalibrateBatchNormArgs = Args<typeof DATA & typeof LONG_WORK>;

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
 * in Keras. Nothing changes until all data have been read. Until then it pauses every 40 ms for the page, which may
 * predict; `onProgress` is told of each batch.
 *
 * Li et al. 2016, https://arxiv.org/abs/1603.04779; Li et al. 2020 (EagleEye), https://arxiv.org/abs/2007.02491
 *
 * @throws TypeError if the model, the data or an option is something else; RangeError if there are no batches, a batch
 *     does not fit the model, or a layer never sees two values of a channel; Error if there are no batch normalizations
 *     or all are frozen, or a statistic is not finite; the reason of `signal`.
 *
 * @example
 * const small = await shrink(model);
 * await recalibrateBatchNorm(small, {data: {xs}, batchSize: 64});
 */
export async function recalibrateBatchNorm(model: Model, args: RecalibrateBatchNormArgs): Promise<void> {
  const layers = expectBatchNorms(expectModel('recalibrateBatchNorm', model));
  const {data, batchSize, ...told} = read('recalibrateBatchNorm', args, {...DATA, ...LONG_WORK});
  const work = new LongWork(told);
  expectData({data, batchSize});
  const batches = batchSteps({data, batchSize});
  work.total = batches + 1;
  const statistics = layers.map(layer => new BatchStatistics(layer));
  try {
    const pass = ({xs}: FittingBatch) => gathering(statistics, () => void model.call(xs, {training: false}));
    await eachBatch(model, {data, batchSize}, pass, [], reportBatches(work, batches));
    for (const one of statistics) await expectUsable(one);
    await work.reach(work.total, 'statistics');
    for (const one of statistics) one.assign();
  } finally {
    for (const one of statistics) one.dispose();
  }
}

/** Runs a pass that all layers gather their statistics of. */
function gathering([first, ...others]: readonly BatchStatistics[], pass: () => void): void {
  if (first) first.gather(() => gathering(others, pass));
  else pass();
}

function expectBatchNorms(model: Model): Layer[] {
  const layers = new Set(batchNormsIn(model));
  if (layers.size > 0) return [...layers];
  throw new Error(
    `recalibrateBatchNorm expects a model with BatchNormalization layers that are not frozen, but "${model.name}" ` +
      'has none; to unfreeze them, set `trainable` of the layers and of the models around them to true',
  );
}

/** Whether a model has batch normalizations that are not frozen. */
export function holdsBatchNorm(model: Model): boolean {
  return batchNormsIn(model).length > 0;
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
