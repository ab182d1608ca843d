import * as tf from '@tensorflow/tfjs-core';
import type {LayerVariable} from '../tfjs-internals.js';
import {sumTo} from './sum-to.js';
import type {WeightGate} from './weight-gate.js';

/** How a layer's configuration describes a tensor with slices in gated groups. */
export interface GatedTensorConfig {
  /** The layer that has it: 0 for the wrapped one, then those inside, in their order. */
  readonly inner: number;
  /** The field of that layer: `kernel`, `bias`, `gamma`. */
  readonly field: string;
  /** The axes along which its slices differ. */
  readonly axes: readonly number[];
  /** The weights that hold the gates of these slices, by their names. */
  readonly gates: readonly {readonly name: string}[];
  /** Whether slice `i` is in group `i`; otherwise a variable holds the groups. */
  readonly isInOrder: boolean;
  /** Whether the slices make what the groups give, take it in, or are a vector. */
  readonly role: 'makes' | 'takes' | 'vector';
  /** Whether the layer computes with the product; otherwise a batch normalization behind it does. */
  readonly multiplies: boolean;
}

/** The slices of one tensor of a layer that are in gated groups. */
export class GatedTensor {
  readonly config: GatedTensorConfig;
  readonly variable: LayerVariable;
  /**
   * The group of each slice, counted through all gates of `config.gates`; the number after the last is a slice that is
   * always open. Undefined if slices are in order.
   */
  readonly groups: LayerVariable | undefined;
  readonly #gates: () => readonly WeightGate[];

  /** @param gates finds the gates of `config.gates`. */
  constructor(
    config: GatedTensorConfig,
    variable: LayerVariable,
    groups: LayerVariable | undefined,
    gates: () => readonly WeightGate[],
  ) {
    this.config = config;
    this.variable = variable;
    this.groups = groups;
    this.#gates = gates;
  }

  get gates(): readonly WeightGate[] {
    return this.#gates();
  }

  /**
   * The factor of each slice, broadcastable to the tensor, from the values of each gate.
   *
   * @param ungated that of slices in no group.
   */
  spread(valuesOf: (gate: WeightGate) => tf.Tensor, ungated = 1): tf.Tensor {
    const values = this.gates.map(valuesOf);
    if (!this.groups) return inShape(values[0]!, this.#shape);
    const all = tf.concat([...values.map(each => inShape(each, [-1])), tf.tensor1d([ungated])]);
    return tf.reshape(tf.gather(all, this.#numbers()), this.#shape);
  }

  /** The sum of the squares of the tensor's values over each group of one of its gates, in the gate's shape. */
  squaresOf(gate: WeightGate, values: tf.Tensor): tf.Tensor {
    const slices = sumTo(tf.square(values), this.#shape);
    if (!this.groups) return inShape(slices, [...gate.shape]);
    const counts = this.gates.map(({count}) => count);
    const first = counts.slice(0, this.gates.indexOf(gate)).reduce((a, b) => a + b, 0);
    const total = counts.reduce((a, b) => a + b, 0);
    const sums = tf.unsortedSegmentSum(tf.reshape(slices, [-1]), this.#numbers(), total + 1);
    return tf.reshape(tf.slice(sums, first, gate.count), [...gate.shape]);
  }

  #numbers(): tf.Tensor1D {
    return tf.reshape(tf.cast(this.groups!.read(), 'int32'), [-1]);
  }

  get #shape(): number[] {
    return (this.variable.shape as number[]).map((size, axis) => (this.config.axes.includes(axis) ? size : 1));
  }
}

/** The tensor itself if it has the shape already, as gates of filters and single weights do. */
function inShape(tensor: tf.Tensor, shape: number[]): tf.Tensor {
  return tf.util.arraysEqual(tensor.shape, shape) ? tensor : tf.reshape(tensor, shape);
}
