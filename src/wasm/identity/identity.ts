import type {CastAttrs, CastInputs, IdentityInputs, Tensor, TensorInfo} from '@tensorflow/tfjs-core';
import {notEqual, tidy} from '@tensorflow/tfjs-core';
import {sameData} from '../backend/heap.js';
import type {KernelArgs} from '../backend/install-kernel.js';

/**
 * Identity (`tf.clone`) without a copy. The gradient tape clones every tensor it saves, and the stock kernel copies
 * the data each time. This is safe because no kernel writes to its inputs.
 */
function identity({inputs: {x}, backend, stock}: KernelArgs<IdentityInputs>): TensorInfo {
  return x.dtype === 'string' ? stock() : sameData(backend, x, x.shape);
}

/**
 * Cast, without a copy if the type does not change, as in the gradient of relu. Cast to bool, every number but 0 is
 * true. The stock kernel stores 0.5 and 256 in a byte, which makes them 0.
 */
function cast({inputs: {x}, attrs, backend, stock}: KernelArgs<CastInputs, CastAttrs>): TensorInfo {
  if (x.dtype === 'string') return stock();
  if (x.dtype === attrs.dtype) return sameData(backend, x, x.shape);
  return attrs.dtype === 'bool' ? tidy(() => notEqual(x as Tensor, 0)) : stock();
}

export const kernels = {Cast: cast, Identity: identity};
