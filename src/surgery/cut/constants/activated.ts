import * as tf from '@tensorflow/tfjs-core';
import {fieldsOf, valuesNow, type Layer, type LayerVariable} from '../../../tfjs-internals.js';
import {endsInSoftmax} from '../../../units/trace/rules/kernels.js';
import type {Constants} from './constant-call.js';

/** With the layer's bias, if it has one. */
export function withBias(layer: Layer, values: Constants): Constants {
  const bias = fieldsOf(layer)['bias'] as LayerVariable | null | undefined;
  const added = bias && valuesNow(() => bias.read());
  return added ? values.map((value, i) => value + added[i]!) : values;
}

/** Through the layer's activation. */
export function activated(layer: Layer, values: Constants): Constants {
  if (endsInSoftmax(layer)) return values.map(() => NaN);
  const activation = fieldsOf(layer)['activation'] as {apply(x: tf.Tensor): tf.Tensor} | null | undefined;
  return activation ? computed(values, x => activation.apply(x)) : values;
}

/** Some backends make a number of NaN. */
export function computed(values: Constants, f: (x: tf.Tensor) => tf.Tensor): Constants {
  if (values.every(Number.isNaN)) return values;
  const numbers = values.map(value => (Number.isNaN(value) ? 0 : value));
  const results = valuesNow(() => f(tf.tensor2d(numbers, [1, numbers.length])));
  return results.map((result, i) => (Number.isNaN(values[i]!) ? NaN : result));
}
