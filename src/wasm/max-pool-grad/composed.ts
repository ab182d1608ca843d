import type * as tf from '@tensorflow/tfjs-core';
import type {KernelArgs} from '../backend/install-kernel.js';
import {asVolume, gradientToMaxima} from '../window/maxima.js';
import {poolWindow} from '../window/shape-of-window.js';

type Args = KernelArgs<tf.MaxPoolGradInputs, tf.MaxPoolGradAttrs>;

/** The gradient of each output goes to the largest value of its window, to the first of equal ones. */
export function maxPoolGrad({inputs, attrs, backend}: Args): tf.TensorInfo {
  return gradientToMaxima(backend, inputs, asVolume(poolWindow(inputs.input.shape, attrs)));
}
