import * as tf from '@tensorflow/tfjs-core';
import {cardOf} from '../layers/cards/card-of.js';
import {expectModel} from '../layers/model-layers.js';
import {childLayers} from '../layers/prunable-weights.js';
import {expectInteger, expectOptions} from '../options/expect.js';
import {eachBatch, type Batch, type Batches} from '../passes/each-batch.js';
import type {Layer, Model} from '../tfjs-internals.js';
import {BatchStatistics} from './batch-statistics.js';

/** Options of {@link recalibrateBatchNorm}. */
export interface RecalibrateBatchNormArgs {
  /** How many examples a batch has where the data are a tensor. Defaults to 32. */
  batchSize?: number;
}

/**
 * Estimates the moving statistics of all batch normalizations anew, from data and without training: after pruning, what
 * the layers before return is no longer what the old statistics were taken of. It often brings back much of the
 * accuracy.
 *
 * In one pass over the data each batch normalization normalizes with the mean and the variance of the batch, as in
 * training, and all other layers compute as in `predict`, without dropout. Then
 *
 *     moving mean     = average over batches of mean(batch)
 *     moving variance = average over batches of mean((batch - mean(batch))^2)
 *
 * each batch weighted by its number of values: the plain average where batches have the same size, not the exponential
 * one of training. So far it is `torch.optim.swa_utils.update_bn`, which counts a small last batch as a whole one, and
 * has all layers in training mode. The variance is that of tf.js, which divides by n; PyTorch divides by n - 1. Layers
 * that are used several times, or by `TimeDistributed` at each time step, average over all of it.
 *
 * A frozen layer (`trainable: false`, its own or that of a model around it) keeps its statistics and normalizes with
 * them, as Keras has it. Nothing is changed before all data have been seen.
 *
 * See Li, Wang, Shi, Liu, Hou (2016), Revisiting Batch Normalization For Practical Domain Adaptation,
 * https://arxiv.org/abs/1603.04779, and Li, Wu, Su, Wang, Lin (2020), EagleEye: Fast Sub-net Evaluation for Efficient
 * Neural Network Pruning, https://arxiv.org/abs/2007.02491.
 *
 * @param data inputs in batches of the size that the model was trained with, a few hundred examples or more: an array
 *     or any other iterable of `{xs}`, a dataset of them, or a tensor of examples.
 * @throws TypeError where model, data or options are something else; RangeError where there are no batches, one does
 *     not fit the model, or a layer never sees two values of a channel; Error where all batch normalizations are frozen
 *     or there are none, or where a statistic is not finite.
 *
 * @example
 * const small = shrink(model);
 * await recalibrateBatchNorm(small, xs, {batchSize: 64});
 */
export async function recalibrateBatchNorm(
  model: Model,
  data: Batches | tf.Tensor,
  args: RecalibrateBatchNormArgs = {},
): Promise<void> {
  const layers = expectBatchNorms(expectModel('recalibrateBatchNorm', model));
  const {batchSize = 32} = expectOptions('recalibrateBatchNorm', args, ['batchSize']);
  expectInteger('batchSize', batchSize, {min: 1});
  const batches = data instanceof tf.Tensor ? slicesOf(data, batchSize) : data;
  const statistics = layers.map(layer => new BatchStatistics(layer));
  try {
    await eachBatch(model, batches, ({xs}) => void model.call(xs, {training: false}));
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
    `recalibrateBatchNorm expects a model with BatchNormalization layers that are not frozen, but "${model.name}" has none; ` +
      'where they are frozen, set `trainable` of them, and of the models around them, to true',
  );
}

/** All that are not frozen, at any depth. */
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
  throw new Error(`Expected finite statistics of layer "${name}", got NaN or infinity; look for them in the data`);
}

function* slicesOf(xs: tf.Tensor, batchSize: number): Generator<Batch> {
  for (let start = 0; start < xs.shape[0]; start += batchSize) {
    const slice = tf.slice(xs, start, Math.min(batchSize, xs.shape[0] - start));
    try {
      yield {xs: slice};
    } finally {
      slice.dispose();
    }
  }
}
