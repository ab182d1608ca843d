import * as tf from '@tensorflow/tfjs-core';
import {fieldsOf, viewOf, type Layer, type LayerVariable} from '../tfjs-internals.js';

interface Drafted {
  readonly layer: Layer;
  readonly field: string;
  readonly value: tf.Tensor;
}

/**
 * New values of a model's weights, which layers compute with only while an action of ours runs: at any other moment the
 * model is as it was, until all values are final.
 */
export class Draft {
  readonly #drafted: Drafted[] = [];

  /** Drafts the value that a layer computes with instead of that in one of its fields. Takes the tensor over. */
  set(layer: Layer, field: string, value: tf.Tensor): void {
    this.#drafted.push({layer, field, value: tf.keep(value)});
  }

  /** Runs an action with all drafted values. */
  during<T>(action: () => T): T {
    const before = this.#drafted.map(({layer, field}) => fieldsOf(layer)[field] as LayerVariable);
    this.#drafted.forEach(({layer, field, value}, i) => (fieldsOf(layer)[field] = viewOf(before[i]!, () => value)));
    try {
      return action();
    } finally {
      this.#drafted.forEach(({layer, field}, i) => (fieldsOf(layer)[field] = before[i]));
    }
  }

  /** The drafted value of a field; undefined if there is none. */
  of(layer: Layer, field: string): tf.Tensor | undefined {
    return this.#drafted.find(each => each.layer === layer && each.field === field)?.value;
  }

  dispose(): void {
    tf.dispose(this.#drafted.map(({value}) => value));
  }
}
