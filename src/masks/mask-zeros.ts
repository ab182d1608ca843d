import * as tf from '@tensorflow/tfjs-core';
import {layerSelector} from '../layers/layer-selector.js';
import {expectModel} from '../layers/model-layers.js';
import {countIn, countOf} from '../math/count-of.js';
import {read} from '../options/read.js';
import type {Args} from '../options/table.js';
import type {Model} from '../tfjs-internals.js';
import {expectScores} from './expect-groups.js';
import type {PruneOnceResult} from './prune-once.js';
import {chosenWeights, type PlacedWeight} from './placed-weights.js';
import {maskOf} from './update-masks.js';
import {countMasked, valuesOf} from './zero-count.js';

const OPTIONS = {
  /** Which wrapped layers to mask. Defaults to all trainable ones; a frozen layer must be named. */
  layers: layerSelector(),
};

/** Options of {@link maskZeros}. */
export type MaskZerosArgs = Args<typeof OPTIONS>;

/**
 * Masks the zeros of a model, so that they stay zero in training. Use it after wrapping a sparse plain model: one that
 * `stripPruning` returned, or that was pruned elsewhere. Masked weights stay masked; no kernel and no bias is changed.
 *
 * All or nothing: if it throws, masks are as they were.
 *
 * @returns how many weights of the chosen layers are masked now.
 * @throws TypeError or RangeError if the model has no wrapped layer, an option is unknown or wrong, `layers` matches
 *     none, a weight is NaN, or a kernel is all zeros, as in a layer initialized to zero: masked, it would never learn.
 *     Leave such a layer out.
 *
 * @example
 * const model = prunable(await tf.loadLayersModel('file://./sparse/model.json'));
 * await maskZeros(model); // {weights: 266200, zeros: 239580, sparsity: 0.9}
 */
export async function maskZeros(model: Model, args: MaskZerosArgs = {}): Promise<PruneOnceResult> {
  expectModel('maskZeros', model);
  const {layers} = read('maskZeros', args, OPTIONS);
  const pruned = chosenWeights('maskZeros', model, layers);
  const kept: Uint8Array[] = [];
  for (const one of pruned) kept.push(await keptOf(one));
  tf.tidy(() => {
    const masks = pruned.map(({weight}, i) => maskOf(kept[i]!, weight.layout));
    pruned.forEach(({weight}, i) => weight.setMask(masks[i]!, {isDense: countOf(kept[i]!, 0) === 0}));
  });
  const zeros = countIn(kept, 0);
  const weights = zeros + countIn(kept, 1);
  return {weights, zeros, sparsity: zeros / weights};
}

/** The mask of the weights that are neither zero nor masked. */
async function keptOf({name, weight}: PlacedWeight): Promise<Uint8Array> {
  await countMasked([weight]); // throws unless masks are 0 and 1
  const [kernel, mask] = [await valuesOf(weight.kernel.read()), await valuesOf(weight.mask.read())];
  expectScores(name, kernel);
  const kept = Uint8Array.from(kernel, (value, i) => (value !== 0 && mask[i] === 1 ? 1 : 0));
  if (countOf(kept, 1) > 0) return kept;
  throw new RangeError(
    `maskZeros expects a weight of "${name}" that is not zero, but all ${kept.length} are zero and, masked, would ` +
      'never learn; leave the layer out, for example with `layers: ({name}) => name !== ...`',
  );
}
