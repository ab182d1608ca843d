import type {CastAttrs, CastInputs, IdentityInputs, Tensor, TensorInfo} from '@tensorflow/tfjs-core';
import {notEqual, tidy} from '@tensorflow/tfjs-core';
import {sameData} from './wasm-backend.js';
import type {KernelArgs} from './wasm-kernel.js';

/**
 * Identity (`tf.clone`) without a copy. The gradient tape clones every tensor it saves, and the stock kernel copies
 * the data each time. Safe because no kernel writes to its inputs.
 */
export function identity({inputs: {x}, backend, stock}: KernelArgs<IdentityInputs>): TensorInfo {
  return x.dtype === 'string' ? stock() : sameData(backend, x, x.shape);
}

/**
 * Cast without a copy where the type stays what it is, as in the gradient of relu. And to bool all that is not 0 is
 * true, 0.5 and 256 too, which the stock kernel stores in a byte as they are: as 0.
 */
export function cast({inputs: {x}, attrs, backend, stock}: KernelArgs<CastInputs, CastAttrs>): TensorInfo {
  if (x.dtype === 'string') return stock();
  if (x.dtype === attrs.dtype) return sameData(backend, x, x.shape);
  return attrs.dtype === 'bool' ? tidy(() => notEqual(x as Tensor, 0)) : stock();
}
