import type * as tf from '@tensorflow/tfjs-core';
import {fieldsOf, valuesNow, type LayerVariable} from '../../../tfjs-internals.js';
import {activated, computed} from './activated.js';
import type {ConstantCall, ConstantRule, Constants} from './constant-call.js';

/** What layers make of constants that work on each channel by itself. */
export const PASS_THROUGH_CONSTANTS: Record<string, ConstantRule> = {
  ReLU: elementwise,
  LeakyReLU: elementwise,
  ELU: elementwise,
  ThresholdedReLU: elementwise,
  Rescaling: elementwise,
  Activation: ({layer, values}) => [activated(layer, values[0]!)],
  PReLU: ({values}) => [values[0]!.map(value => (value >= 0 ? value : NaN))],
  BatchNormalization: batchNormalization,
  ZeroPadding2D: ({values}) => [values[0]!.map(value => (value === 0 ? 0 : NaN))],
  TimeDistributed: ({outputs, valuesOf}) => outputs.map(output => valuesOf(output.of!)),
  Dropout: passed,
  SpatialDropout1D: passed,
  GaussianNoise: passed,
  GaussianDropout: passed,
  AlphaDropout: passed,
  UpSampling2D: passed,
  Cropping2D: passed,
  MaxPooling1D: passed,
  MaxPooling2D: passed,
  MaxPooling3D: passed,
  AveragePooling1D: passed,
  AveragePooling2D: passed,
  AveragePooling3D: passed,
  GlobalAveragePooling1D: passed,
  GlobalAveragePooling2D: passed,
  GlobalMaxPooling1D: passed,
  GlobalMaxPooling2D: passed,
};

/** A window over equal values gives that value: what tf.js pads around it does not count in a mean or a maximum. */
function passed({values}: ConstantCall): Constants[] {
  return [values[0]!];
}

function elementwise({layer, values}: ConstantCall): Constants[] {
  return [computed(values[0]!, x => layer.call(x, {}) as tf.Tensor)];
}

/** A scale of 0 makes a constant of anything. */
function batchNormalization({layer, values}: ConstantCall): Constants[] {
  const {gamma, beta, movingMean, movingVariance} = fieldsOf(layer) as Record<string, LayerVariable | null>;
  const read = (variable: LayerVariable | null | undefined) => variable && valuesNow(() => variable.read());
  const [scale, shift, mean, variance] = [gamma, beta, movingMean, movingVariance].map(read);
  const epsilon = fieldsOf(layer)['epsilon'] as number;
  return [
    values[0]!.map((value, i) => {
      const factor = (scale?.[i] ?? 1) / Math.sqrt(variance![i]! + epsilon);
      return (factor === 0 ? 0 : factor * (value - mean![i]!)) + (shift?.[i] ?? 0);
    }),
  ];
}
