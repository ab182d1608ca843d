import uniq from 'lodash/uniq.js';
import {table} from '../../report/table.js';
import type {ChannelSource, ChannelTrace} from './channel-trace.js';

/** A row for each layer that makes channels: how many there are and can go, with whose, who takes them in, and why others stay. */
export function explainChannels(
  {sources, groups}: Pick<ChannelTrace, 'sources' | 'groups'>,
  reasons: readonly (string | undefined)[],
): string {
  const rows = sources.map(({path, units}: ChannelSource) => {
    const mine = groups.filter(({layers}) => layers.includes(path));
    const others = uniq(mine.flatMap(({layers}) => layers)).filter(layer => layer !== path);
    const free = units.filter(unit => reasons[unit] === undefined).length;
    const why = uniq([...units].map(unit => reasons[unit]).filter(reason => reason !== undefined));
    const consumers = uniq(mine.flatMap(group => group.consumers));
    return [path, list(others), list(consumers), why.join('; '), `${units.length}`, `${free}`];
  });
  const header = ['layer', 'together with', 'taken in by', 'why others stay', 'channels', 'can go'];
  return table(header, rows, {textColumns: 4});
}

/** The first few of many. */
function list(names: readonly string[]): string {
  const shown = names.slice(0, 3).join(', ');
  return names.length > 3 ? `${shown} and ${names.length - 3} more` : shown;
}
