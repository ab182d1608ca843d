import * as tf from '@tensorflow/tfjs-core';
import {chosenLayers} from '../layers/chosen-layers.js';
import {layerSelector} from '../layers/layer-selector.js';
import type {MaskedWeight} from '../layers/masked-weight.js';
import {expectModel} from '../layers/model-layers.js';
import {countOf} from '../math/count-of.js';
import {read} from '../options/read.js';
import type {Args} from '../options/table.js';
import type {Model} from '../tfjs-internals.js';
import {valuesOf} from './zero-count.js';

const OPTIONS = {
  /** Which wrapped layers to restore. Defaults to all trainable ones; a frozen layer must be named. */
  layers: layerSelector(),
};

/** Options of {@link restoreDense}. */
export type RestoreDenseArgs = Args<typeof OPTIONS>;

/**
 * Undoes pruning where the dense weights still exist behind the masks: after `pruneOnce` or `applyMasks` with
 * `keepDense: true`, or in training with `regrowth: true`. All masks become ones.
 *
 * @throws Error that names the weights that are lost: their kernels are zero wherever they are masked; nothing is
 *     changed then. TypeError or RangeError if the model has no wrapped layer, `layers` matches none, or a mask holds
 *     anything but 0 and 1.
 *
 * @example
 * await pruneOnce(model, {sparsity: 0.9, keepDense: true});
 * await restoreDense(model); // as before pruning
 */
export async function restoreDense(model: Model, args: RestoreDenseArgs = {}): Promise<void> {
  const {layers} = read('restoreDense', args, OPTIONS);
  const chosen = chosenLayers('restoreDense', expectModel('restoreDense', model), layers);
  const masked: MaskedWeight[] = [];
  const gone: string[] = [];
  for (const weight of chosen.flatMap(({layer}) => layer.maskedWeights)) {
    const mask = await weight.maskValues();
    if (countOf(mask, 0) === 0) continue;
    masked.push(weight);
    if (!(await hasDenseWeights(weight, mask))) gone.push(`"${weight.name}"`);
  }
  if (gone.length > 0) {
    throw new Error(
      `restoreDense finds no dense weights of ${gone.join(', ')}: where they are masked, the kernels are zero. ` +
        'Prune with `keepDense: true` to keep them',
    );
  }
  tf.tidy(() => {
    for (const weight of masked) weight.setMask(tf.ones([...weight.layout.shape]), {isDense: true});
  });
}

/** Whether the kernel holds anything but zeros where its mask is zero. */
export async function hasDenseWeights({kernel}: MaskedWeight, mask: Float32Array): Promise<boolean> {
  const values = await valuesOf(kernel.read());
  return values.some((value, i) => value !== 0 && mask[i] === 0);
}
