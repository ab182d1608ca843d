import type {MaxPoolGradAttrs, MaxPoolGradInputs, TensorInfo} from '@tensorflow/tfjs-core';
import {backend_util} from '@tensorflow/tfjs-core';
import {addressOf, areFloats} from './prefer-compiled.js';
import type {CompiledArgs} from './prefer-compiled.js';
import {describeWindow} from './window.js';

type Args = CompiledArgs<MaxPoolGradInputs, MaxPoolGradAttrs>;

/** MaxPoolGrad (see ../assembly/max-pool.ts). */
export function maxPoolGrad({inputs, attrs, backend, kernels, composed}: Args): TensorInfo {
  const {dy, input} = inputs;
  const {filterSize, strides, pad, dimRoundingMode} = attrs;
  if (!areFloats(dy, input)) return composed();
  const shape = input.shape as [number, number, number, number];
  const info = backend_util.computePool2DInfo(shape, filterSize, strides, 1, pad, dimRoundingMode);
  const out = backend.makeOutput(shape, 'float32');
  describeWindow(kernels, info);
  kernels.maxPoolGrad(addressOf(backend, input), addressOf(backend, dy), addressOf(backend, out));
  return out;
}
