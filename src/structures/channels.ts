import {noteMakers} from '../options/makers.js';
import {eachWeight, type WeightStructure} from './each-weight.js';
import {slicesBy, type GroupArgs} from './slices.js';

/**
 * Input channels: all weights that multiply one channel; in a Dense layer, one input. A channel that no layer reads
 * need not be computed. He et al. 2017, https://arxiv.org/abs/1707.06168
 *
 * @throws TypeError or RangeError if an option is unknown or wrong.
 *
 * @example
 * new GradualPruning({schedule, structure: channels(), layers: 'conv2'});
 */
export function channels(args: GroupArgs = {}): WeightStructure {
  return eachWeight(slicesBy('channels', args, ({inputs}) => inputs));
}

noteMakers(channels);
