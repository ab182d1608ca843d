import * as tf from '@tensorflow/tfjs';
import {isPrunableLayer, prunable, type MaskedWeight} from 'tfjs-pruning';
import {slotsOf} from '../../src/optimizers/slots.js';

const BATCH_SIZE = 8;

/**
 * Every optimizer of tf.js, and whether it has a momentum that SparseMomentum can go by; but the centered rmsprop, in
 * which tf.js makes NaN of a gradient of 0, as units have whose connections are all masked or new.
 */
export const OPTIMIZERS: [string, () => tf.Optimizer, boolean][] = [
  ['sgd', () => tf.train.sgd(0.1), false],
  ['momentum', () => tf.train.momentum(0.1, 0.9), true],
  ['nesterov momentum', () => tf.train.momentum(0.1, 0.9, true), true],
  ['adagrad', () => tf.train.adagrad(0.1), false],
  ['adadelta', () => tf.train.adadelta(1), false],
  ['adam', () => tf.train.adam(0.01), true],
  ['adamax', () => tf.train.adamax(0.01), true],
  ['rmsprop', () => tf.train.rmsprop(0.01, 0.9, 0.5), true],
];

/** A convolution, a dense layer that is used twice, and a dense one: 36, 36 and 12 weights. */
export function net(optimizer: tf.Optimizer | string = tf.train.momentum(0.1, 0.9)): tf.LayersModel {
  const kernelInitializer = () => tf.initializers.glorotNormal({seed: 3});
  const input = tf.input({shape: [4, 4, 2]});
  const conv = tf.layers.conv2d({name: 'conv', filters: 2, kernelSize: 3, kernelInitializer: kernelInitializer()});
  const out = tf.layers.dense({name: 'out', units: 2, kernelInitializer: kernelInitializer()});
  const units = {units: 6, activation: 'tanh', kernelInitializer: kernelInitializer()} as const;
  const shared = tf.layers.dense({name: 'shared', ...units});
  const hidden = tf.layers.dense({name: 'hidden', ...units}).apply(tf.layers.flatten().apply(conv.apply(input)));
  const twice = shared.apply(shared.apply(hidden)) as tf.SymbolicTensor;
  const model = prunable(tf.model({inputs: input, outputs: out.apply(twice) as tf.SymbolicTensor}));
  model.compile({optimizer, loss: 'meanSquaredError'});
  return model;
}

/** Trains some epochs of five batches. */
export async function fit(
  model: tf.LayersModel,
  callbacks: (tf.Callback | tf.CustomCallback)[],
  epochs = 1,
): Promise<tf.History> {
  const x = tf.randomNormal([5 * BATCH_SIZE, 4, 4, 2], 0, 1, 'float32', 1);
  const y = tf.randomNormal([5 * BATCH_SIZE, 2], 0, 1, 'float32', 2);
  try {
    return await model.fit(x, y, {epochs, batchSize: BATCH_SIZE, verbose: 0, shuffle: false, callbacks});
  } finally {
    tf.dispose([x, y]);
  }
}

/** All masked weights of a model. */
export function maskedWeights(model: tf.LayersModel): MaskedWeight[] {
  return model.layers.filter(isPrunableLayer).flatMap(layer => layer.maskedWeights);
}

/** The masks as texts of bits. */
export function masksOf(model: tf.LayersModel): string[] {
  return maskedWeights(model).map(({mask}) => mask.read().dataSync().join(''));
}

/** How many weights each mask keeps. */
export function keptIn(model: tf.LayersModel): number[] {
  return masksOf(model).map(mask => mask.replaceAll('0', '').length);
}

/** Whether every kernel is exactly zero wherever its mask is. */
export function isSparse(model: tf.LayersModel): boolean {
  return maskedWeights(model).every(({kernel, mask}) => {
    const bits = mask.read().dataSync();
    return kernel
      .read()
      .dataSync<'float32'>()
      .every((value, i) => bits[i] === 1 || value === 0);
  });
}

/** All weights, masks and slots of a model, as numbers. */
export function stateOf(model: tf.LayersModel): number[][] {
  const slots = [...slotsOf(model).values()].flat().map(({variable}) => variable);
  return [...model.weights.map(weight => weight.read()), ...slots].map(tensor => [...tensor.dataSync()]);
}

/** Does something at the end of each batch, after the callbacks before it. */
export function atBatchEnd(action: () => void): tf.CustomCallback {
  return new tf.CustomCallback({onBatchEnd: action});
}
