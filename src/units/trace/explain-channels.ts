import uniq from 'lodash/uniq.js';
import {shortList} from '../../display/short-list.js';
import {table} from '../../display/table.js';
import type {ChannelSource, ChannelTrace} from './channel-trace.js';

const HEADER = ['layer', 'together with', 'taken in by', 'channels', 'can go'];
const TEXT_COLUMNS = 3;

/**
 * A row for each layer that makes channels: how many there are and can go, with whose, and who takes them in. Below,
 * why others stay, and of which layers.
 */
export function explainChannels(
  {sources, groups}: Pick<ChannelTrace, 'sources' | 'groups'>,
  reasons: readonly (string | undefined)[],
): string {
  const rows = sources.map(({path, units}: ChannelSource) => {
    const mine = groups.filter(({layers}) => layers.includes(path));
    const others = uniq(mine.flatMap(({layers}) => layers)).filter(layer => layer !== path);
    const free = units.filter(unit => reasons[unit] === undefined).length;
    const consumers = uniq(mine.flatMap(group => group.consumers));
    return [path, shortList(others, ', '), shortList(consumers, ', '), `${units.length}`, `${free}`];
  });
  return [table(HEADER, rows, {textColumns: TEXT_COLUMNS}), ...whyOthersStay(groups)].join('\n');
}

function whyOthersStay(groups: ChannelTrace['groups']): string[] {
  const layersBy = new Map<string, string[]>();
  for (const {frozen, layers} of groups) {
    if (frozen !== undefined) layersBy.set(frozen, uniq([...(layersBy.get(frozen) ?? []), ...layers]));
  }
  return [...layersBy].map(([reason, layers]) => `stay because they ${reason}: ${shortList(layers, ', ', 60)}`);
}
