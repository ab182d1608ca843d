import * as tf from '@tensorflow/tfjs-core';
import {received} from '../options/expect.js';

/** Tensors for the inputs or outputs of a model: one, a list in their order, or an object by their names. */
export type Tensors = tf.Tensor | readonly tf.Tensor[] | Readonly<Record<string, tf.Tensor>>;

/** An input or output of a model; null in a shape is any size. */
export interface Slot {
  readonly name: string;
  /** The shapes that a tensor may have; errors name the first. */
  readonly shapes: readonly (readonly (number | null)[])[];
}

/**
 * The tensors in the order of their slots. A vector becomes a column if the slot needs one, as in `fit`.
 *
 * @param what names the tensors in errors.
 * @throws TypeError if they are not tensors; RangeError if there are more or fewer than slots, or a shape does not fit.
 */
export function listTensors(what: string, tensors: Tensors | undefined, slots: readonly Slot[]): tf.Tensor[] {
  const list = inOrder(what, tensors, slots);
  return slots.map(({name, shapes}, i) => {
    const tensor = list[i];
    if (!((tensor as unknown) instanceof tf.Tensor)) {
      throw new TypeError(`Expected ${what} to hold a tensor for "${name}", got ${received(tensor)}`);
    }
    if (shapes.some(shape => fits(tensor!.shape, shape))) return tensor!;
    if (shapes.some(shape => shape.length === 2 && fits([...tensor!.shape, 1], shape)))
      return tf.expandDims(tensor!, 1);
    throw new RangeError(
      `Expected ${what} to have the shape [${['batch', ...shapes[0]!.slice(1)].map(size => size ?? 'any').join()}] ` +
        `for "${name}", got [${tensor!.shape.join()}]`,
    );
  });
}

function inOrder(
  what: string,
  tensors: Tensors | undefined,
  slots: readonly Slot[],
): readonly (tf.Tensor | undefined)[] {
  const names = slots.map(({name}) => name);
  if (typeof tensors !== 'object' || (tensors as object | null) === null) {
    throw new TypeError(`Expected ${what} to be tensors for "${names.join('", "')}", got ${received(tensors)}`);
  }
  if (!(tensors instanceof tf.Tensor) && !Array.isArray(tensors)) {
    const byName = tensors as Readonly<Record<string, tf.Tensor>>;
    const unknown = Object.keys(byName).filter(name => !names.includes(name));
    if (unknown.length === 0) return names.map(name => byName[name]);
    throw new RangeError(`Expected ${what} to be named "${names.join('", "')}", got "${unknown.join('", "')}"`);
  }
  const list = [tensors].flat() as tf.Tensor[];
  if (list.length === slots.length) return list;
  throw new RangeError(`Expected ${what} to be ${slots.length} tensors ("${names.join('", "')}"), got ${list.length}`);
}

function fits(shape: readonly number[], slot: readonly (number | null)[]): boolean {
  return (
    shape.length === slot.length && slot.every((size, axis) => axis === 0 || size === null || size === shape[axis])
  );
}
