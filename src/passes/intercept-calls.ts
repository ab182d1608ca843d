import * as tf from '@tensorflow/tfjs-core';
import type {Layer} from '../tfjs-internals.js';

type Output = ReturnType<Layer['call']>;

/**
 * Replaces the call of a layer, until the returned function is called.
 *
 * @param call is given the first input, and the original call, which takes changes of the arguments. It runs in a tidy.
 *
 * @example
 * const stop = interceptCalls(layer, (_input, callAsItIs) => tf.mul([callAsItIs()].flat()[0]!, 2));
 */
export function interceptCalls(
  layer: Layer,
  call: (input: tf.Tensor, callAsItIs: (changed?: object) => Output) => Output,
): () => void {
  const own = Object.getOwnPropertyDescriptor(layer, 'call'); // of a layer that its user has patched
  const original = layer.call.bind(layer);
  layer.call = (inputs, kwargs) =>
    tf.tidy(() => call([inputs].flat()[0]!, changed => original(inputs, {...kwargs, ...changed})));
  return () => {
    if (own) Object.defineProperty(layer, 'call', own);
    else Reflect.deleteProperty(layer, 'call'); // uncovers the method of the class
  };
}
