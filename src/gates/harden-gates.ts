import * as tf from '@tensorflow/tfjs-core';
import type {MaskedWeight} from '../layers/masked-weight.js';
import {assign, type LayerVariable} from '../tfjs-internals.js';
import type {LayerWithGates} from './gated-layers.js';
import {gatedProduct} from './gated-product.js';
import type {GatedTensor} from './gated-tensor.js';
import type {WeightGate} from './weight-gate.js';

/**
 * Decides the gates of some layers for good, in place: what a gate of 0 closes is masked, what is between 0 and 1 is
 * multiplied in, and the gates become constants. The outputs of the model do not change.
 */
export function hardenGates(layers: readonly LayerWithGates[]): void {
  tf.tidy(() => {
    const open = new Map<WeightGate, tf.Tensor>();
    for (const gate of layers.flatMap(({weightGates}) => weightGates)) open.set(gate, gate.open());
    const decided = (tensor: GatedTensor) => tensor.spread(gate => open.get(gate)!);
    const kernels = layers.flatMap(layer => maskedKernels(layer, decided));
    const vectors = layers.flatMap(finalVectors);
    for (const {weight, mask, kernel} of kernels) weight.setMask(mask, {maskedKernel: kernel});
    for (const [variable, value] of vectors) assign(variable, value);
    for (const [gate, values] of open) gate.harden(values);
  });
}

/** A weight with its final mask and values. */
interface MaskedKernel {
  readonly weight: MaskedWeight;
  readonly mask: tf.Tensor;
  readonly kernel: tf.Tensor;
}

function maskedKernels(layer: LayerWithGates, decided: (tensor: GatedTensor) => tf.Tensor): MaskedKernel[] {
  return layer.maskedWeights.flatMap(weight => {
    const own = layer.gatedTensors.filter(({variable}) => variable.id === weight.kernel.id);
    if (own.length === 0) return [];
    const mask = own.reduce<tf.Tensor>((product, tensor) => tf.mul(product, decided(tensor)), weight.mask.read());
    return [{weight, mask, kernel: tf.mul(weight.read(), mask)}];
  });
}

function finalVectors({gatedVectors}: LayerWithGates): [variable: LayerVariable, value: tf.Tensor][] {
  return gatedVectors.map(tensor => [tensor.variable, gatedProduct(tensor, tensor.variable.read(), false)]);
}
