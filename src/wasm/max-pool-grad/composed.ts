import type {MaxPoolGradAttrs, MaxPoolGradInputs, TensorInfo} from '@tensorflow/tfjs-core';
import {backend_util} from '@tensorflow/tfjs-core';
import type {KernelArgs} from '../backend/install-kernel.js';
import {asVolume, gradientToMaxima} from '../window/maxima.js';

/** The gradient of each output goes to the largest value of its window, to the first of equal ones. */
export function maxPoolGrad({inputs, attrs, backend}: KernelArgs<MaxPoolGradInputs, MaxPoolGradAttrs>): TensorInfo {
  const {filterSize, strides, pad, dimRoundingMode} = attrs;
  const shape = inputs.input.shape as [number, number, number, number];
  const info = backend_util.computePool2DInfo(shape, filterSize, strides, 1, pad, dimRoundingMode);
  return gradientToMaxima(backend, inputs, asVolume(info));
}
