import {expectAllocation} from '../allocations/allocation.js';
import {uniform} from '../allocations/uniform.js';
import {LONG_WORK, LongWork} from '../display/long-work.js';
import {layerSelector} from '../layers/layer-selector.js';
import {expectModel} from '../layers/model-layers.js';
import {needs, number, oneOf, option, sparsity} from '../options/option.js';
import {expectAbsent, read} from '../options/read.js';
import type {Args, Values} from '../options/table.js';
import {batchSteps} from '../passes/batch-steps.js';
import {DATA, expectData} from '../passes/data.js';
import {expectStructure} from '../structures/structure.js';
import {weights as singleWeights} from '../structures/weights.js';
import type {Model} from '../tfjs-internals.js';
import {fitWeights} from './fit-weights.js';
import {layerByLayer, type LayerByLayer} from './layer-by-layer.js';
import type {LinearWeight} from './linear-weight.js';
import {expectTeacher, pairWithTeacher} from './pair-with-teacher.js';
import {expectColumnStructure, pruneAndFit} from './prune-and-fit.js';
import {recoverableWeights, wrappedWeights} from './recoverable-weights.js';
import {sharedZeros} from './shared-zeros.js';
import type {Recovery} from './weight-change.js';

const OWNER = 'reconstruct';
const MASKS_STAY = 'masks stay as they are';

const OPTIONS = {
  /**
   * The dense model that was pruned, or a copy of it: with layers of the same names, wrapped or not. Not changed.
   * Required, but for 'sparseGpt': by default each layer there should do to its inputs what it does now.
   */
  teacher: option(expectTeacher, undefined),
  /**
   * 'leastSquares', the default, fits the weights that masks have left. 'sparseGpt' prunes a wrapped model: it chooses
   * masks and weights together.
   */
  by: oneOf(['leastSquares', 'sparseGpt'], 'leastSquares'),
  /**
   * How strongly weights are held where they are, a number >= 0, relative to the mean of the diagonal of the Gram
   * matrix. Defaults to 0.01. With 0, data that do not determine the weights are an error.
   */
  ridge: number({min: 0}, 0.01),
  /** Which layers to reconstruct. Defaults to all but frozen ones, wrapped or not; a frozen layer must be named. */
  layers: layerSelector(),
  /** For 'sparseGpt', required there: the fraction of zeros afterwards, in [0, 1), including those of before. */
  sparsity: sparsity(undefined),
  /** For 'sparseGpt': `weights()`, the default, or `nOfM(n, m)`. */
  structure: needs('sparsity', MASKS_STAY, option(expectStructure, undefined)),
  /**
   * For 'sparseGpt': how the sparsity is shared among layers, by the magnitudes of their weights. Defaults to
   * `uniform()`.
   */
  allocation: needs('sparsity', MASKS_STAY, option(expectAllocation, undefined)),
};

/** Options of {@link reconstruct}. Of `data` only the inputs are read: `{xs}` is enough. */
export type ReconstructArgs = Args<typeof DATA & typeof OPTIONS & typeof LONG_WORK>;

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
 * **By 'sparseGpt'**, it chooses the masks of a wrapped model as well. Input by input, in blocks of 128, it prunes the
 * weights that the data need least, and lets those of the inputs that follow make up for each:
 *
 *     score(w_i) = w_i^2 / U_ii^2,    w_j -= U_ij w_i / U_ii  for all j > i,    U^T U = (G + ridge * mean(diag G))^-1
 *
 * With a teacher, it begins at the dense weights that are best for it; without one, at those that are there. Weights
 * of inputs that never vary in the data become zero. What was masked stays masked. Pruning by one global ranking, and
 * least squares then, is often better at the same size: see RESULTS.md. Frantar and Alistarh 2023,
 * https://arxiv.org/abs/2301.00774
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
 *
 * @example
 * await reconstruct(model, {by: 'sparseGpt', sparsity: 0.5, structure: nOfM(2, 4), data: {xs}});
 */
export async function reconstruct(model: Model, args: ReconstructArgs): Promise<Recovery> {
  expectModel(OWNER, model);
  const given = read(OWNER, args, {...DATA, ...OPTIONS, ...LONG_WORK});
  expectGoTogether(args, given);
  const {data, batchSize, teacher, ...told} = given;
  const work = new LongWork(told);
  expectData({data, batchSize});
  if (teacher) expectModel(OWNER, teacher);
  const pause = () => work.pause();
  const {weights, solve} = await (given.by === 'sparseGpt' ? choosing : fitting)(model, given, pause);
  const pairs = teacher ? pairWithTeacher(model, teacher, weights) : weights.map(weight => ({weight}));
  const batches = batchSteps({data, batchSize});
  const task = {owner: OWNER, model, teacher, pairs, data, batchSize, work, batches, hasInputs: true, solve};
  return {weights: await layerByLayer(task)};
}

/** What is reconstructed, and how. */
interface Plan extends Pick<LayerByLayer, 'solve'> {
  readonly weights: readonly LinearWeight[];
}

type Given = Values<typeof OPTIONS>;

async function fitting(model: Model, {layers, ridge}: Given, pause: () => Promise<void>): Promise<Plan> {
  return {weights: await recoverableWeights(OWNER, model, layers), solve: fitWeights({ridge, pause})};
}

async function choosing(model: Model, given: Given, pause: () => Promise<void>): Promise<Plan> {
  const {layers, ridge, allocation = uniform()} = given;
  const structure = expectColumnStructure(OWNER, given.structure ?? singleWeights());
  const chosen = wrappedWeights(OWNER, model, layers);
  const zeros = await sharedZeros(OWNER, model, {layers, sparsity: given.sparsity!, structure, allocation}, pause);
  return {weights: chosen, solve: pruneAndFit({ridge, structure, zeros, pause})};
}

function expectGoTogether(args: ReconstructArgs, {by, teacher, sparsity: wanted}: Given): void {
  if (by === 'leastSquares') {
    expectAbsent(OWNER, args, ['sparsity'], `by 'leastSquares': ${MASKS_STAY}`);
    if (!teacher) throw new TypeError(`${OWNER} expects a \`teacher\`, the dense model that was pruned, got undefined`);
  } else if (wanted === undefined) {
    throw new TypeError(`${OWNER} by 'sparseGpt' expects a \`sparsity\`, got undefined`);
  }
}
