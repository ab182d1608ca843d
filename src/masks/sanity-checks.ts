import * as tf from '@tensorflow/tfjs-core';
import {chosenLayers} from '../layers/chosen-layers.js';
import {layerSelector} from '../layers/layer-selector.js';
import type {MaskedWeight} from '../layers/masked-weight.js';
import {expectModel, type PlacedPrunableLayer} from '../layers/model-layers.js';
import {weightOwners} from '../layers/prunable-weights.js';
import {countOf} from '../math/count-of.js';
import {integer} from '../options/option.js';
import {read} from '../options/read.js';
import type {Args, Values} from '../options/table.js';
import {keepLargest} from '../math/keep-largest.js';
import {drawnSeed, randomNumbers} from '../math/random-numbers.js';
import {hasDenseWeights} from './restore-dense.js';
import type {AuxiliaryVariable} from '../parametrizations/parametrize-weight.js';
import {assign, initializerOf, reseeded, type Model} from '../tfjs-internals.js';
import {maskOf} from './update-masks.js';

const OPTIONS = {
  /** A whole number >= 0, for results that can be repeated. Drawn at each call by default. */
  seed: integer({}, drawnSeed),
  /** Which wrapped layers to change. Defaults to all trainable ones; a frozen layer must be named. */
  layers: layerSelector(),
};

/** Options of {@link shuffleMasks} and {@link reinitialize}. */
export type SanityCheckArgs = Args<typeof OPTIONS>;

/**
 * Sanity check: shuffles each mask within its weight, so that of each as many weights are kept, only not those that the
 * criterion chose. Where accuracy after training is no worse, the criterion has found no more than a sparsity for each
 * layer.
 *
 * Weights that come back are as they are in the kernel: zero, unless they were kept by `keepDense`. So prune with it,
 * or `reinitialize` afterwards. Frankle et al. 2021, https://arxiv.org/abs/2009.08576
 *
 * @throws TypeError or RangeError where the model has no wrapped layer, `layers` matches none or an option is wrong.
 *
 * @example
 * await pruneOnce(model, {sparsity: 0.9, criterion: snip(), data, keepDense: true});
 * await shuffleMasks(model, {seed: 1});
 */
export async function shuffleMasks(model: Model, args: SanityCheckArgs = {}): Promise<void> {
  const {seed, layers} = read('shuffleMasks', args, OPTIONS);
  const shuffled: {weight: MaskedWeight; kept: Uint8Array; isDenseBehind: boolean}[] = [];
  for (const weight of weightsOf(chosenFor('shuffleMasks', model, layers))) {
    const mask = await weight.maskValues();
    if (countOf(mask, 0) === 0) continue;
    const kept = keepLargest(randomNumbers(mask.length, `${seed}/${weight.name}`), countOf(mask, 1));
    shuffled.push({weight, kept, isDenseBehind: await hasDenseWeights(weight, mask)});
  }
  tf.tidy(() => {
    const masks = shuffled.map(({weight, kept}) => maskOf(kept, weight.layout));
    const kernels = shuffled.map(({weight, isDenseBehind}, i) =>
      isDenseBehind ? undefined : tf.mul(weight.kernel.read(), masks[i]!),
    );
    shuffled.forEach(({weight}, i) => weight.setMask(masks[i]!, {maskedKernel: kernels[i]}));
  });
}

/**
 * Sanity check: draws the kept weights of each kernel anew, by the layer's own initializer, and the variables of its
 * parametrizations by theirs. Masks are kept, and masked weights are zero. If accuracy after training is no worse, the
 * values of the weights that the criterion chose did not matter. Biases and all other parameters are left alone.
 * Frankle et al. 2021, https://arxiv.org/abs/2009.08576
 *
 * @param args.seed takes the place of the initializers' own seeds, which would draw the same weights again.
 * @throws TypeError or RangeError where the model has no wrapped layer, `layers` matches none, an option is wrong, or a
 *     layer of your own has no initializer in its field `kernelInitializer` (for a weight in `kernel`). Nothing is
 *     changed then.
 *
 * @example
 * reinitialize(model, {seed: 1});
 */
export function reinitialize(model: Model, args: SanityCheckArgs = {}): void {
  reinitializer('reinitialize', model, args)();
}

/** Finds out all that can be wrong with a {@link reinitialize}, and returns what does it. */
export function reinitializer(owner: string, model: Model, args: SanityCheckArgs): () => void {
  const {seed, layers} = read(owner, args, OPTIONS);
  const chosen = chosenFor(owner, model, layers);
  const initializers = chosen
    .flatMap(({layer}) => weightOwners(layer.layer))
    .flatMap(({layer, weights}) => weights.map(({field}) => initializerOf(layer, field)));
  const weights = weightsOf(chosen);
  return () =>
    tf.tidy(() => {
      const kernels = weights.map(({mask, layout}, i) =>
        tf.mul(initializers[i]!(seed + i).apply([...layout.shape], 'float32'), mask.read()),
      );
      weights.forEach(({kernel}, i) => assign(kernel, kernels[i]!));
      weights.flatMap(({auxiliary}) => auxiliary).forEach((each, i) => drawAnew(each, seed + weights.length + i));
    });
}

type Selector = Values<typeof OPTIONS>['layers'];

function drawAnew({variable, initializer}: AuxiliaryVariable, seed: number): void {
  assign(variable, reseeded(initializer, seed).apply(variable.shape, 'float32'));
}

function chosenFor(owner: string, model: Model, selector: Selector): PlacedPrunableLayer[] {
  return chosenLayers(owner, expectModel(owner, model), selector);
}

function weightsOf(chosen: readonly PlacedPrunableLayer[]): MaskedWeight[] {
  return chosen.flatMap(({layer}) => [...layer.maskedWeights]);
}
