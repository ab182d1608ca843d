import {slicesBy, type GroupArgs} from './slices.js';
import type {Structure} from './structure.js';

/**
 * Input channels: all weights that one channel (of a Dense layer: one input) is multiplied by. What a layer does not
 * read need not be computed before it. He et al. 2017, https://arxiv.org/abs/1707.06168
 *
 * @throws TypeError or RangeError where an option is unknown or wrong.
 *
 * @example
 * new GradualPruning({schedule, structure: channels(), layers: 'conv2'});
 */
export function channels(args: GroupArgs = {}): Structure {
  return slicesBy('channels', args, ({inputs}) => inputs);
}
