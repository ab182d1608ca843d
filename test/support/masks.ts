import * as tf from '@tensorflow/tfjs';
import {isPrunableLayer, type MaskedWeight, type PrunableLayer} from 'tfjs-pruning';

/** The wrapper of that name. */
export function wrapper(model: tf.LayersModel, name: string): PrunableLayer {
  const layer = model.getLayer(name);
  if (!isPrunableLayer(layer)) throw new Error(`${name} is not wrapped`);
  return layer;
}

/** Masks every n-th weight of every wrapped layer, the first included, without touching the kernels. */
export function maskEvery(n: number, layers: readonly tf.layers.Layer[]): void {
  for (const layer of layers) {
    if (!isPrunableLayer(layer)) continue;
    for (const weight of layer.maskedWeights) setMask(weight, i => (i % n === 0 ? 0 : 1));
  }
}

/** Sets a mask by index. */
export function setMask(weight: MaskedWeight, maskAt: (index: number) => number): void {
  const shape = [...weight.layout.shape];
  const mask = Float32Array.from({length: tf.util.sizeFromShape(shape)}, (_, i) => maskAt(i));
  tf.tidy(() => weight.setMask(tf.tensor(mask, shape)));
}

/** How many of the kernel variable's own values are zero. */
export function zerosIn(weight: MaskedWeight): number {
  return weight.kernel
    .read()
    .dataSync<'float32'>()
    .filter(value => value === 0).length;
}
