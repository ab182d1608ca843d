import * as tf from '@tensorflow/tfjs-core';
import type {Layer} from '../tfjs-internals.js';
import {gatedNeighbors} from './gated-layers.js';
import type {WeightGate} from './weight-gate.js';

/** So that a group of zeros has a gradient. */
const TINY = 1e-24;

/** The L2 norms of the weights of each group of a gate, over all layers that make them. */
export function groupNorms(gate: WeightGate, layer: Layer): tf.Tensor {
  const made = gatedNeighbors(layer).flatMap(({maskedWeights, gatedTensors}) => {
    const own = gatedTensors.filter(({config, gates}) => config.role === 'makes' && gates.includes(gate));
    return own.map(tensor => ({
      tensor,
      weight: maskedWeights.find(({kernel}) => kernel.id === tensor.variable.id)!.masked(),
    }));
  });
  return tf.customGrad((...args) => {
    const save = args.pop() as tf.GradSaveFunc;
    const squares = made.map(({tensor}, i) => tensor.squaresOf(gate, args[i] as tf.Tensor));
    const value = tf.sqrt(tf.add(squares.reduce((a, b) => tf.add(a, b)), TINY)); // prettier-ignore
    save([value, ...(args as tf.Tensor[])]);
    const gradFunc = (dy: tf.Tensor, [norms, ...weights]: tf.Tensor[]) => {
      const slopes = tf.div(dy, norms!);
      const slopesOf = (one: WeightGate) => (one === gate ? slopes : tf.zeros([...one.shape]));
      return made.map(({tensor}, i) => tf.mul(weights[i]!, tensor.spread(slopesOf, 0)));
    };
    return {value, gradFunc};
  })(...made.map(({weight}) => weight));
}
