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
import type {AuxiliaryVariable} from '../parametrizations/parametrized-weight.js';
import {assign, initializerOf, reseeded, type Model} from '../tfjs-internals.js';
import {maskOf} from './update-masks.js';

const OPTIONS = {
  /** A whole number >= 0, for repeatable results. By default drawn at each call. */
  seed: integer({}, drawnSeed),
  /** Which wrapped layers to change. Defaults to all trainable ones; a frozen layer must be named. */
  layers: layerSelector(),
};

/** Options of {@link shuffleMasks} and {@link reinitialize}. */
export type SanityCheckArgs = Args<typeof OPTIONS>;

/**
 * Sanity check: shuffles each mask within its weight, so that as many weights are kept, but not those that the
 * criterion chose. If accuracy after training is no worse, the criterion has found no more than a sparsity for each
 * layer.
 *
 * Weights that come back have their value in the kernel: zero, unless `keepDense` kept it. So prune with `keepDense`,
 * or call `reinitialize` afterwards. Frankle et al. 2021, https://arxiv.org/abs/2009.08576
 *
 * @throws TypeError or RangeError if the model has no wrapped layer, `layers` matches none or an option is wrong.
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
 * Sanity check: redraws the kept weights of each kernel with the layer's own initializer, and the variables of its
 * parametrizations with theirs. Masks stay, and masked weights are zero. If accuracy after training is no worse, the
 * values of the weights that the criterion chose did not matter. Biases and all other parameters do not change.
 * Frankle et al. 2021, https://arxiv.org/abs/2009.08576
 *
 * @param args.seed replaces the initializers' own seeds, which would draw the same weights again.
 * @throws TypeError or RangeError if the model has no wrapped layer, `layers` matches none, an option is wrong, or a
 *     layer of your own has no initializer in its field `kernelInitializer` (for a weight in `kernel`). Nothing is
 *     changed then.
 *
 * @example
 * reinitialize(model, {seed: 1});
 */
export function reinitialize(model: Model, args: SanityCheckArgs = {}): void {
  reinitializer('reinitialize', model, args)();
}

/** Checks everything for a {@link reinitialize}, and returns the function that does it. */
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
      weights.flatMap(({auxiliary}) => auxiliary).forEach((each, i) => redraw(each, seed + weights.length + i));
      weights.forEach(weight => weight.start());
    });
}

type Selector = Values<typeof OPTIONS>['layers'];

function redraw({variable, initializer}: AuxiliaryVariable, seed: number): void {
  assign(variable, reseeded(initializer, seed).apply(variable.shape, 'float32'));
}

function chosenFor(owner: string, model: Model, selector: Selector): PlacedPrunableLayer[] {
  return chosenLayers(owner, expectModel(owner, model), selector);
}

function weightsOf(chosen: readonly PlacedPrunableLayer[]): MaskedWeight[] {
  return chosen.flatMap(({layer}) => [...layer.maskedWeights]);
}
