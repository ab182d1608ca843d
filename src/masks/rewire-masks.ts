import * as tf from '@tensorflow/tfjs-core';
import type {MaskedWeight} from '../layers/masked-weight.js';
import {countOf} from '../math/count-of.js';
import type {Slot} from '../optimizers/slots.js';
import type {LayerVariable} from '../tfjs-internals.js';
import {maskOf} from './update-masks.js';
import type {ZeroCount} from './zero-count.js';

/** How the connections of one weight tensor move: three masks of its size. */
export interface Rewiring {
  readonly weight: MaskedWeight;
  /** What was kept before. */
  readonly kept: Uint8Array;
  /** What is kept and not dropped. */
  readonly survivors: Uint8Array;
  /** What is newly kept: no survivors, but perhaps weights that were dropped just now. */
  readonly grown: Uint8Array;
  /** The start values of the grown weights, one for each place. Defaults to zero. */
  readonly startValues?: Float32Array | undefined;
}

/** The new values of a weight. */
interface Rewired {
  readonly weight: MaskedWeight;
  readonly mask: tf.Tensor;
  readonly isDense: boolean;
  readonly kernel: tf.Tensor;
  readonly slots: readonly [tf.Variable, tf.Tensor][];
}

/**
 * Moves connections, all or none: masks change, dropped weights become zero, grown weights get their start values, and
 * the optimizer's slots of both are reset. Survivors, biases and their slots do not change.
 *
 * @param slots what the optimizer remembers of each kernel.
 * @returns the zeros among the given weights afterwards.
 */
export function rewireMasks(
  rewirings: readonly Rewiring[],
  slots: ReadonlyMap<LayerVariable, readonly Slot[]>,
): ZeroCount {
  tf.tidy(() => {
    const rewired = rewirings.flatMap(rewiring => rewire(rewiring, slots.get(rewiring.weight.kernel) ?? []));
    for (const {weight, mask, isDense, kernel, slots: emptied} of rewired) {
      weight.setMask(mask, {isDense, maskedKernel: kernel});
      for (const [variable, value] of emptied) variable.assign(value);
    }
  });
  return {
    weights: rewirings.reduce((sum, {kept}) => sum + kept.length, 0),
    zeros: rewirings.reduce((sum, {survivors, grown}) => sum + countOf(survivors, 0) - countOf(grown, 1), 0),
  };
}

/** The new values; none for a weight in which nothing moves. */
function rewire({weight, kept, survivors, grown, startValues}: Rewiring, slots: readonly Slot[]): Rewired[] {
  const moved = kept.map((bit, i) => (bit | grown[i]!) & ~survivors[i]!);
  if (countOf(moved, 1) === 0) return [];
  const mask = survivors.map((bit, i) => bit | grown[i]!);
  return [
    {
      weight,
      mask: maskOf(mask, weight.layout),
      isDense: countOf(mask, 0) === 0,
      kernel: tf.add(keepWhere(survivors, weight.kernel.read(), 0), startOf(grown, startValues, weight)),
      slots: slots.map(({variable, initial}) => [
        variable,
        keepWhere(
          moved.map(bit => 1 - bit),
          variable,
          initial,
        ),
      ]),
    },
  ];
}

function startOf(grown: Uint8Array, values: Float32Array | undefined, {layout}: MaskedWeight): tf.Tensor {
  const start = values?.map((value, i) => value * grown[i]!);
  return start ? tf.tensor(start, [...layout.shape]) : tf.scalar(0);
}

/** Selects instead of multiplying: a product would turn an infinite slot into NaN. */
function keepWhere(bits: Uint8Array, tensor: tf.Tensor, otherwise: number): tf.Tensor {
  return tf.where(tf.tensor(bits, tensor.shape, 'bool'), tensor, tf.fill(tensor.shape, otherwise));
}
