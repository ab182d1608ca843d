import type {MaxPoolGradAttrs, MaxPoolGradInputs, TensorInfo} from '@tensorflow/tfjs-core';
import {backend_util} from '@tensorflow/tfjs-core';
import {addressesOf, areFloats} from '../backend/heap.js';
import {preferCompiled} from '../backend/prefer-compiled.js';
import type {CompiledArgs} from '../backend/prefer-compiled.js';
import {describeWindow} from '../window/describe-window.js';
import * as composed from './composed.js';

type Args = CompiledArgs<MaxPoolGradInputs, MaxPoolGradAttrs>;

/** MaxPoolGrad, wrong in tf.js where a window has no positive value (see ../window/maxima.ts). */
function maxPoolGrad({inputs, attrs, backend, compiled, fallback}: Args): TensorInfo {
  const {dy, input} = inputs;
  const {filterSize, strides, pad, dimRoundingMode} = attrs;
  if (!areFloats(dy, input)) return fallback();
  const shape = input.shape as [number, number, number, number];
  const info = backend_util.computePool2DInfo(shape, filterSize, strides, 1, pad, dimRoundingMode);
  const out = backend.makeOutput(shape, 'float32');
  describeWindow(compiled, info);
  compiled.maxPoolGrad(...addressesOf(backend, input, dy, out));
  return out;
}

export const kernels = {MaxPoolGrad: preferCompiled(maxPoolGrad, composed.maxPoolGrad)};
