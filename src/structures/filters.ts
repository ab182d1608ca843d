import * as tf from '@tensorflow/tfjs-core';
import {noteMakers} from '../options/makers.js';
import {eachWeight, type WeightStructure} from './each-weight.js';
import {slicesBy, type GroupArgs} from './slices.js';
import type {GroupedWeight, VectorValue} from './structure.js';

/**
 * Whole units: the filters of a convolution, the neurons of a Dense layer. A unit that is pruned entirely loses its
 * bias too, and the scale and shift of a batch normalization that follows this layer alone. It then gives 0 (before its
 * activation), so cutting it out of the model does not change the outputs.
 *
 * In a depthwise convolution, each pair of input and multiplier is a filter. In an LSTM or GRU, the gates of a unit are
 * pruned together; the kernel and the recurrent kernel are two tensors, pruned separately, and the bias is kept. With
 * `regrowth` only the masks change. Li et al. 2017, https://arxiv.org/abs/1608.08710
 *
 * @throws TypeError or RangeError if an option is unknown or wrong.
 *
 * @example
 * new GradualPruning({schedule, structure: filters(), criterion: magnitude({norm: 2}), layers: /conv/});
 */
export function filters(args: GroupArgs = {}): WeightStructure {
  return eachWeight({...slicesBy('filters', args, ({outputs}) => outputs), withoutGone: withoutGoneOutputs});
}

noteMakers(filters);

/**
 * The vectors of a weight's outputs, zero where the mask keeps nothing of an output: `vector * max(mask, all other
 * axes)`. Computed from the mask itself, so that an output counts as removed however it came to be masked.
 */
function withoutGoneOutputs(mask: tf.Tensor, {layout, vectors}: GroupedWeight): VectorValue[] {
  const others = layout.shape.map((_, axis) => axis).filter(axis => !layout.outputAxes.includes(axis));
  const zeroed = (vector: tf.Tensor) => tf.mul(vector, tf.reshape(tf.max(mask, others), vector.shape));
  return (vectors?.all ?? []).map(vector => [vector, zeroed(vector.read())]);
}
