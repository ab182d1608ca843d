import * as tf from '@tensorflow/tfjs-core';
import type {Layer} from '../tfjs-internals.js';

type Output = ReturnType<Layer['call']>;

/** What a layer is called with. */
export interface GivenCall {
  readonly inputs: readonly tf.Tensor[];
  /** Whether it is a call in training. */
  readonly training: boolean;
}

/**
 * Replaces the call of a layer, until the returned function is called.
 *
 * @param call is given the first input, the original call, which takes changes of the arguments, and all that the layer
 *     was called with. It runs in a tidy.
 *
 * @example
 * const stop = interceptCalls(layer, (_input, callAsItIs) => tf.mul([callAsItIs()].flat()[0]!, 2));
 */
export function interceptCalls(
  layer: Layer,
  call: (input: tf.Tensor, callAsItIs: (changed?: object) => Output, given: GivenCall) => Output,
): () => void {
  const own = Object.getOwnPropertyDescriptor(layer, 'call'); // of a layer that its user has patched
  const original = layer.call.bind(layer);
  layer.call = (inputs, kwargs) => {
    const given = {inputs: [inputs].flat(), training: kwargs['training'] === true};
    return tf.tidy(() => call(given.inputs[0]!, changed => original(inputs, {...kwargs, ...changed}), given));
  };
  return () => {
    if (own) Object.defineProperty(layer, 'call', own);
    else Reflect.deleteProperty(layer, 'call'); // uncovers the method of the class
  };
}
