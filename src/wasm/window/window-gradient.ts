import type * as tf from '@tensorflow/tfjs-core';
import {addressesOf} from '../backend/heap.js';
import type {CompiledArgs} from '../backend/prefer-compiled.js';
import {describeWindow} from './describe-window.js';

/**
 * Computes a gradient through a sliding window by compiled code.
 *
 * @param factors two tensors that it is computed from.
 * @param compute gets their addresses and that of the gradient, after the window is described.
 */
export function windowGradient(
  {backend, compiled}: Pick<CompiledArgs<object>, 'backend' | 'compiled'>,
  info: tf.backend_util.Conv2DInfo,
  factors: readonly [tf.TensorInfo, tf.TensorInfo],
  shape: number[],
  compute: (left: number, right: number, gradient: number) => void,
): tf.TensorInfo {
  const gradient = backend.makeOutput(shape, 'float32');
  describeWindow(compiled, info);
  compute(...addressesOf(backend, ...factors, gradient));
  return gradient;
}
