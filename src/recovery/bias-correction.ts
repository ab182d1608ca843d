import {LONG_WORK, LongWork} from '../display/long-work.js';
import {say} from '../display/say.js';
import {layerSelector} from '../layers/layer-selector.js';
import {expectModel} from '../layers/model-layers.js';
import {read} from '../options/read.js';
import type {Args} from '../options/table.js';
import {batchSteps} from '../passes/batch-steps.js';
import {DATA, expectData} from '../passes/data.js';
import type {Model} from '../tfjs-internals.js';
import {layerByLayer} from './layer-by-layer.js';
import {pairWithTeacher, TEACHER} from './pair-with-teacher.js';
import {recoverableWeights} from './recoverable-weights.js';
import type {Recovery} from './weight-change.js';

const OPTIONS = {
  /** Which layers to correct. Defaults to all but frozen ones, wrapped or not; a frozen layer must be named. */
  layers: layerSelector(),
};

/** Options of {@link biasCorrection}. Of `data` only the inputs are read: `{xs}` is enough. */
export type BiasCorrectionArgs = Args<typeof DATA & typeof TEACHER & typeof OPTIONS & typeof LONG_WORK>;

/**
 * Shifts the outputs of each layer of a pruned model such that their means, before the activation, are those of the
 * dense model again. No labels, no training, no weight but the biases: the cheapest way to win accuracy back.
 *
 *     bias += mean over positions of (x_dense W_dense + b_dense) - (x W + bias)
 *
 * Layer after layer in the order of the data: x is what the corrected layers before make. Where a layer has no bias,
 * but a batch normalization follows it alone, its moving mean shifts instead; a layer with neither is left alone, and
 * said. The bias of a unit that was removed, with all of its weights, stays zero.
 *
 * A net with the dense means need not be as accurate: where much was lost, the means of units that are mostly off say
 * little of when they should be on, and accuracy can fall. Measure it. {@link reconstruct} fits each example.
 *
 * All or nothing: nothing changes until all data have been read for all layers. Until then it pauses every 40 ms for
 * the page, which may predict; `onProgress` is told of each batch and each layer.
 *
 * Nagel et al. 2019, https://arxiv.org/abs/1906.04721, where the bias makes up for rounded weights
 *
 * @throws TypeError or RangeError if a model, the data or an option is something else, the teacher has other layers or
 *     inputs, or a pruned layer is not Dense or Conv; Error if what a layer gets or makes is not finite, or weights
 *     were changed meanwhile; the reason of `signal`.
 *
 * @example
 * const model = prunable(dense); // `dense` stays as it is
 * await pruneOnce(model, {sparsity: 0.7});
 * await biasCorrection(model, {teacher: dense, data: {xs}});
 */
export async function biasCorrection(model: Model, args: BiasCorrectionArgs): Promise<Recovery> {
  const owner = 'biasCorrection';
  expectModel(owner, model);
  const {data, batchSize, teacher, layers, ...told} = read(owner, args, {
    ...DATA,
    ...TEACHER,
    ...OPTIONS,
    ...LONG_WORK,
  });
  const work = new LongWork(told);
  expectData({data, batchSize});
  expectModel(owner, teacher);
  const all = await recoverableWeights(owner, model, layers);
  const weights = all.filter(({constant}) => constant);
  const left = all.filter(({constant, index, steps}) => !constant && index === steps.length - 1);
  const pairs = pairWithTeacher(model, teacher, weights);
  const batches = batchSteps({data, batchSize});
  const solve = () => Promise.resolve({});
  const task = {owner, model, teacher, pairs, data, batchSize, work, batches, hasInputs: false, solve};
  const recovered = await layerByLayer(task);
  if (left.length > 0) {
    const names = left.map(({path}) => `"${path}"`).join(', ');
    say(owner, `leaves ${names} alone: without a bias, or a batch normalization right behind, nothing can shift`);
  }
  return {weights: recovered};
}
