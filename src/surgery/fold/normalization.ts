import * as tf from '@tensorflow/tfjs-core';
import {fromStart} from '../../math/from-start.js';
import {cardOf} from '../../layers/cards/card-of.js';
import {isUnpadded} from '../../layers/cards/kernels.js';
import type {PrunableWeight} from '../../layers/cards/layer-card.js';
import {isPrunableLayer} from '../../layers/prunable-layer.js';
import {weightIn} from '../../layers/prunable-weights.js';
import {fieldsOf, valuesNow, type Layer, type LayerVariable} from '../../tfjs-internals.js';
import {biasOf} from '../cut/bias-of.js';

/** What a batch normalization does in `predict`, to each channel: `x * scale + shift`. */
export interface Normalization {
  readonly scale: Float32Array;
  readonly shift: Float32Array;
}

/** A layer with a normalization in its weights. */
export type FoldedLayer = {
  /** The `id` of the kernel that changes. */
  readonly id: number;
  readonly kernel: tf.Tensor;
  readonly bias: tf.Tensor;
};

/** The layer itself, or the one that it wraps. */
export function baseOf(layer: Layer): Layer {
  return isPrunableLayer(layer) ? layer.layer : layer;
}

/** `scale = gamma / sqrt(variance + epsilon)`, `shift = beta - mean * scale` */
export function normalizationOf(norm: Layer): Normalization {
  const {gamma, beta, movingMean, movingVariance, epsilon} = fieldsOf(norm) as Record<string, LayerVariable | null> & {
    epsilon: number;
  };
  const values = (variable: LayerVariable | null | undefined) => variable && valuesNow(() => variable.read());
  const [scales, shifts, means] = [values(gamma), values(beta), values(movingMean)!];
  const scale = values(movingVariance)!.map((variance, i) => (scales?.[i] ?? 1) / Math.sqrt(variance + epsilon));
  return {scale, shift: scale.map((factor, i) => (shifts?.[i] ?? 0) - means[i]! * factor)};
}

/** Whether a layer makes the same of a shift at each of its outputs: there is none, or it pads nothing with zeros. */
export function addsEverywhere(layer: Layer, {shift}: Normalization): boolean {
  const base = baseOf(layer);
  if (shift.every(value => value === 0)) return true;
  const {kernelSize, strides} = fieldsOf(base) as Partial<Record<string, number[]>>;
  if (!kernelSize) return true;
  if (!isTransposed(base)) return isUnpadded(base);
  return [...kernelSize, ...strides!].every(size => size === 1);
}

function isTransposed(base: Layer): boolean {
  return cardOf(base).prunableWeights!.some(({seesInput, inputAxes}) => seesInput && inputAxes.includes(-1));
}

/** A layer with the normalization of its output in its weights. Call it in a tidy. */
export function withOutputs(layer: Layer, {scale, shift}: Normalization): FoldedLayer {
  const row = weightsOf(layer).find(({makesOutputs}) => makesOutputs)!;
  const kernel = weightIn(baseOf(layer), row.field);
  const factor = tf.reshape(tf.tensor1d(scale), sizesAlong(kernel, row.outputAxes));
  const bias = biasOf(baseOf(layer))?.read() ?? tf.zeros([shift.length]);
  return {
    id: kernel.id,
    kernel: tf.mul(rawOf(layer, kernel), factor),
    bias: tf.add(tf.mul(bias, tf.tensor1d(scale)), tf.tensor1d(shift)),
  };
}

/** A layer with the normalization of its input in its weights. Call it in a tidy. */
export function withInputs(layer: Layer, {scale, shift}: Normalization): FoldedLayer {
  const rows = weightsOf(layer);
  const [first] = rows as [PrunableWeight];
  const kernel = weightIn(baseOf(layer), first.field);
  const factor = tf.reshape(tf.tensor1d(scale), sizesAlong(kernel, first.inputAxes));
  const added = rows.reduce((sum: tf.Tensor, row) => product(layer, row, sum), tf.tensor1d(shift));
  const bias = biasOf(baseOf(layer))?.read();
  return {
    id: kernel.id,
    kernel: tf.mul(rawOf(layer, kernel), factor),
    bias: bias ? tf.add(bias, added) : added,
  };
}

/** What a weight makes of a constant of each input: the same at each position. */
function product(layer: Layer, {field, inputAxes, outputAxes}: PrunableWeight, constants: tf.Tensor): tf.Tensor {
  const kernel = weightIn(baseOf(layer), field);
  const outputs = axesOf(kernel, outputAxes);
  const products = tf.mul(maskedOf(layer, kernel), tf.reshape(constants, sizesAlong(kernel, inputAxes)));
  const others = kernel.shape.map((_, axis) => axis).filter(axis => !outputs.includes(axis));
  return tf.reshape(tf.sum(products, others), [-1]);
}

function weightsOf(layer: Layer): readonly PrunableWeight[] {
  return cardOf(baseOf(layer)).prunableWeights!;
}

/** The sizes of a kernel along some axes, and 1 along all others. */
function sizesAlong(kernel: LayerVariable, along: readonly number[]): number[] {
  const axes = axesOf(kernel, along);
  return (kernel.shape as number[]).map((size, axis) => (axes.includes(axis) ? size : 1));
}

function axesOf({shape}: LayerVariable, axes: readonly number[]): number[] {
  return axes.map(axis => fromStart(axis, shape.length));
}

/** The variable's own values, also behind its mask. */
function rawOf(layer: Layer, kernel: LayerVariable): tf.Tensor {
  return (maskedWeightOf(layer, kernel)?.kernel ?? kernel).read();
}

function maskedOf(layer: Layer, kernel: LayerVariable): tf.Tensor {
  return maskedWeightOf(layer, kernel)?.masked() ?? kernel.read();
}

function maskedWeightOf(layer: Layer, {id}: LayerVariable) {
  return isPrunableLayer(layer) ? layer.maskedWeights.find(({kernel}) => kernel.id === id) : undefined;
}
