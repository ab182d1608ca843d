import {slicesBy, type GroupArgs} from './slices.js';
import type {Structure} from './structure.js';

/**
 * Whole units: the filters of a convolution, the neurons of a Dense layer. An output of which nothing is kept takes its
 * bias along, and the scale and shift of a batch normalization that stands alone behind the layer, so that the unit
 * gives 0 (before its activation) and can be cut out of the model without a change of its outputs.
 *
 * In a depthwise convolution each pair of input and multiplier is a filter. In an LSTM or GRU a unit's gates fall
 * together; its kernel and its recurrent kernel are two tensors, pruned each by itself, and its bias stays. With
 * `regrowth` nothing but the masks changes. Li et al. 2017, https://arxiv.org/abs/1608.08710
 *
 * @throws TypeError or RangeError where an option is unknown or wrong.
 *
 * @example
 * new GradualPruning({schedule, structure: filters(), criterion: magnitude({norm: 2}), layers: /conv/});
 */
export function filters(args: GroupArgs = {}): Structure {
  return {...slicesBy('filters', args, ({outputs}) => outputs), wholeUnits: true};
}
