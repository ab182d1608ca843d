import {LONG_WORK, LongWork} from '../display/long-work.js';
import {layerSelector} from '../layers/layer-selector.js';
import {expectModel} from '../layers/model-layers.js';
import {number} from '../options/option.js';
import {read} from '../options/read.js';
import type {Args} from '../options/table.js';
import {batchSteps} from '../passes/batch-steps.js';
import {DATA, expectData} from '../passes/data.js';
import type {Model} from '../tfjs-internals.js';
import {fitWeights} from './fit-weights.js';
import {layerByLayer} from './layer-by-layer.js';
import {pairWithTeacher, TEACHER} from './pair-with-teacher.js';
import {recoverableWeights} from './recoverable-weights.js';
import type {Recovery} from './weight-change.js';

const OPTIONS = {
  /**
   * How strongly weights are held where they are, a number >= 0, relative to the mean of the diagonal of the Gram
   * matrix. Defaults to 0.01. With 0, data that do not determine the weights are an error.
   */
  ridge: number({min: 0}, 0.01),
  /** Which layers to reconstruct. Defaults to all but frozen ones, wrapped or not; a frozen layer must be named. */
  layers: layerSelector(),
};

/** Options of {@link reconstruct}. Of `data` only the inputs are read: `{xs}` is enough. */
export type ReconstructArgs = Args<typeof DATA & typeof TEACHER & typeof OPTIONS & typeof LONG_WORK>;

/**
 * Gives the weights that pruning has left the values that best make up for those that are gone: by least squares,
 * without labels and without training. A few thousand examples and some seconds bring back most of the accuracy that
 * pruning in one shot costs.
 *
 * Layer after layer in the order of the data, it finds the kept weights W and the bias b with which the layer's own
 * inputs x, as the reconstructed layers before make them, come closest to what the dense model has there before the
 * activation:
 *
 *     minimize  sum |(x W + b) - (x_dense W_dense + b_dense)|^2  +  ridge * mean(diag G) * |W - W_now|^2
 *
 * with the sum over all positions of the layer in all examples, and G = sum (x - mean)(x - mean)^T. The ridge pulls
 * towards the weights as they are, not towards zero: what the data say nothing of stays as it is, and with few data
 * little changes. The bias is free. Without one, the moving mean of a batch normalization right behind does its part.
 * {@link recalibrateBatchNorm} goes well afterwards, not before.
 *
 * Masks stay exact: what is masked, or zero in a model without wrappers, stays zero; units that are removed as a whole
 * stay removed, so that `shrink` then cuts them out exactly. Dense, Conv1D to 3D, their transposed kinds, depthwise and
 * separable convolutions, also inside `TimeDistributed`. Recurrent and other layers are passed over if nothing of them
 * is pruned, and else refused by name. A layer that is used several times is fitted to all uses.
 *
 * All or nothing: if it throws or is aborted, the model is as it was. Until all layers are done, it pauses every 40 ms
 * for the page, which may predict; `onProgress` is told of each batch and each layer. One batch is held at a time, and
 * for one layer a matrix of its inputs by inputs in double precision. The time goes by the cube of the kept inputs,
 * once for all outputs that keep the same ones (whole channels), once for each other output.
 *
 * He et al. 2017, https://arxiv.org/abs/1707.06168; Hubara et al. 2021, https://arxiv.org/abs/2006.10518
 *
 * @returns how near each weight's products are to those of the teacher, before and after.
 * @throws TypeError or RangeError if a model, the data or an option is something else, the teacher has other layers or
 *     inputs, or a pruned layer can't be reconstructed; Error if what a layer gets or makes is not finite, if the data
 *     do not determine the weights and `ridge` is 0, or if weights were changed meanwhile; the reason of `signal`.
 *
 * @example
 * const model = prunable(dense); // `dense` stays as it is
 * await pruneOnce(model, {sparsity: 0.9, allocation: globalRanking()});
 * await reconstruct(model, {teacher: dense, data: {xs}, batchSize: 256});
 */
export async function reconstruct(model: Model, args: ReconstructArgs): Promise<Recovery> {
  const owner = 'reconstruct';
  expectModel(owner, model);
  const all = read(owner, args, {...DATA, ...TEACHER, ...OPTIONS, ...LONG_WORK});
  const {data, batchSize, teacher, layers, ridge, ...told} = all;
  const work = new LongWork(told);
  expectData({data, batchSize});
  expectModel(owner, teacher);
  const pairs = pairWithTeacher(model, teacher, await recoverableWeights(owner, model, layers));
  const batches = batchSteps({data, batchSize});
  const solve = fitWeights({ridge, pause: () => work.pause()});
  const task = {owner, model, teacher, pairs, data, batchSize, work, batches, hasInputs: true, solve};
  return {weights: await layerByLayer(task)};
}
