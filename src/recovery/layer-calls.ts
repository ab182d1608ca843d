import * as tf from '@tensorflow/tfjs-core';
import {interceptCalls} from '../passes/intercept-calls.js';
import type {Layer} from '../tfjs-internals.js';

/** Ends a pass early. */
const ENOUGH = new Error('The pass has been seen');

/** The calls of a layer in passes through its model, each of which ends as soon as the last call is seen. */
export class LayerCalls {
  readonly #layer: Layer;
  #expected = Infinity; // until a whole pass was seen

  constructor(layer: Layer) {
    this.#layer = layer;
  }

  /**
   * Runs a pass, and calls `see` with the input of each call of the layer, in a tidy.
   *
   * @returns how many calls there were.
   */
  during(pass: () => void, see: (input: tf.Tensor, call: number) => void): number {
    let count = 0;
    const stop = interceptCalls(this.#layer, (input, callAsItIs) => {
      see(input, count++);
      if (count === this.#expected) throw ENOUGH;
      return callAsItIs();
    });
    try {
      tf.tidy(pass);
    } catch (error) {
      if (error !== ENOUGH) throw error;
    } finally {
      stop();
    }
    this.#expected = count;
    return count;
  }
}
