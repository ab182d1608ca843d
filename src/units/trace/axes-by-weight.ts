import groupBy from 'lodash/groupBy.js';
import type {ChannelAxis, ChannelTrace} from './channel-trace.js';

/**
 * The axes of each weight that channels run along, by the `id` of its variable, which a wrapper's view of a kernel
 * shares.
 */
export function axesByWeight({axes}: Pick<ChannelTrace, 'axes'>): Readonly<Record<number, readonly ChannelAxis[]>> {
  return groupBy(axes, ({variable}) => variable.id);
}
