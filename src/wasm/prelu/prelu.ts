import type {PreluInputs, Tensor, TensorInfo} from '@tensorflow/tfjs-core';
import {greater, mul, tidy, where} from '@tensorflow/tfjs-core';
import type {KernelArgs} from '../backend/install-kernel.js';

/**
 * Prelu, `x > 0 ? x : alpha x`. If alpha is broadcast along inner axes, as in tf.layers.prelu with `sharedAxes`, the
 * stock kernel silently takes the wrong alphas.
 */
function prelu({inputs, stock}: KernelArgs<PreluInputs>): TensorInfo {
  const [x, alpha] = [inputs.x as Tensor, inputs.alpha as Tensor];
  if (repeatsAsAWhole(alpha.shape, x.shape)) return stock();
  return tidy(() => where(greater(x, 0), x, mul(x, alpha)));
}

/** Whether broadcasting `shape` to `target` repeats it as a whole, so that element i meets element i mod size. */
function repeatsAsAWhole(shape: readonly number[], target: readonly number[]): boolean {
  const core = shape.slice(shape.findIndex(length => length !== 1));
  return core.every((length, i) => length === target[target.length - core.length + i]);
}

export const kernels = {Prelu: prelu};
