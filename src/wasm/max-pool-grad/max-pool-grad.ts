import type * as tf from '@tensorflow/tfjs-core';
import {areFloats} from '../backend/heap.js';
import {preferCompiled, type CompiledArgs} from '../backend/prefer-compiled.js';
import {poolWindow} from '../window/shape-of-window.js';
import {windowGradient} from '../window/window-gradient.js';
import * as composed from './composed.js';

type Args = CompiledArgs<tf.MaxPoolGradInputs, tf.MaxPoolGradAttrs>;

/** MaxPoolGrad, wrong in tf.js where a window has no positive value (see ../window/maxima.ts). */
function maxPoolGrad({inputs: {input, dy}, attrs, fallback, ...wasm}: Args): tf.TensorInfo {
  if (!areFloats(dy, input)) return fallback();
  return windowGradient(wasm, poolWindow(input.shape, attrs), [input, dy], input.shape, wasm.compiled.maxPoolGrad);
}

export const kernels = {MaxPoolGrad: preferCompiled(maxPoolGrad, composed.maxPoolGrad)};
