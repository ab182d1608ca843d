import type {ChannelTrace} from './trace/channel-trace.js';

/**
 * The kinds of layers that a unit runs through, in the order in which data flows, and what each does with it:
 * `Conv2D kernel makes, BatchNormalization gamma passes, ...`. Two units with equal chains play the same part.
 */
export function chainsIn({axes}: Pick<ChannelTrace, 'axes'>): (unit: number) => string {
  const chains = new Map<number, string[]>();
  for (const {layer, field, role, units} of axes) {
    for (const unit of new Set(units)) {
      const link = `${layer.getClassName()} ${field} ${role}`;
      const chain = chains.get(unit);
      if (chain) chain.push(link);
      else chains.set(unit, [link]);
    }
  }
  return unit => (chains.get(unit) ?? []).join(', ');
}
