import type {CastAttrs, CastInputs, IdentityInputs, TensorInfo} from '@tensorflow/tfjs-core';
import {sameData} from './wasm-backend.js';
import type {KernelArgs} from './wasm-kernel.js';

/**
 * Identity (`tf.clone`) without a copy. The gradient tape clones every tensor it saves, and the stock kernel copies
 * the data each time. Safe because no kernel writes to its inputs.
 */
export function identity({inputs: {x}, backend, stock}: KernelArgs<IdentityInputs>): TensorInfo {
  return x.dtype === 'string' ? stock() : sameData(backend, x, x.shape);
}

/** Cast without a copy where the type stays what it is, as in the gradient of relu. */
export function cast({inputs: {x}, attrs, backend, stock}: KernelArgs<CastInputs, CastAttrs>): TensorInfo {
  return x.dtype === 'string' || x.dtype !== attrs.dtype ? stock() : sameData(backend, x, x.shape);
}
