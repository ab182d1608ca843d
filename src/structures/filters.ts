import * as tf from '@tensorflow/tfjs-core';
import {eachWeight, type WeightStructure} from './each-weight.js';
import {slicesBy, type GroupArgs} from './slices.js';
import type {GroupedWeight, VectorValue} from './structure.js';

/**
 * Whole units: the filters of a convolution, the neurons of a Dense layer. An output of which nothing is kept takes its
 * bias along, and the scale and shift of a batch normalization that alone follows the layer, so that the unit gives 0
 * (before its activation) and can be cut out of the model without a change of its outputs.
 *
 * In a depthwise convolution each pair of input and multiplier is a filter. In an LSTM or GRU the gates of a unit are
 * pruned together; its kernel and its recurrent kernel are two tensors, each pruned for itself, and its bias is kept.
 * With `regrowth` only the masks change. Li et al. 2017, https://arxiv.org/abs/1608.08710
 *
 * @throws TypeError or RangeError if an option is unknown or wrong.
 *
 * @example
 * new GradualPruning({schedule, structure: filters(), criterion: magnitude({norm: 2}), layers: /conv/});
 */
export function filters(args: GroupArgs = {}): WeightStructure {
  return eachWeight({...slicesBy('filters', args, ({outputs}) => outputs), withoutGone: withoutGoneOutputs});
}

/**
 * The vectors of a weight's outputs, zero where the mask keeps nothing of the output: `vector * max(mask, all other
 * axes)`. It is computed from the mask itself, so that an output counts as removed for whatever reason it was masked.
 */
function withoutGoneOutputs(mask: tf.Tensor, {layout, vectors}: GroupedWeight): VectorValue[] {
  const others = layout.shape.map((_, axis) => axis).filter(axis => !layout.outputAxes.includes(axis));
  const zeroed = (vector: tf.Tensor) => tf.mul(vector, tf.reshape(tf.max(mask, others), vector.shape));
  return (vectors?.all ?? []).map(vector => [vector, zeroed(vector.read())]);
}
