import type {ModelCallback} from './model-callback.js';

/** The callbacks of each fit, by the parameters object that tf.js gives to all of them, and to each fit another one. */
const lists = new WeakMap<object, ModelCallback[]>();

/** A callback is in the list of a fit, as often as it is told of its parameters. */
export function joinList(params: object, callback: ModelCallback): void {
  lists.set(params, [...listOf(params), callback]);
}

/** Those of this library that are in the list of a fit, in their order; all are known before the first one begins. */
export function listOf(params: object): readonly ModelCallback[] {
  return lists.get(params) ?? [];
}
