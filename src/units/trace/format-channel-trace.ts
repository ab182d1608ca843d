import uniq from 'lodash/uniq.js';
import {shortList} from '../../display/short-list.js';
import {areRows, table} from '../../display/table.js';
import {isList, received} from '../../options/expect.js';
import type {ChannelGroup, ChannelSource, ChannelTrace} from './channel-trace.js';

const HEADER = ['layer', 'together with', 'taken in by', 'channels', 'removable'];
const TEXT_COLUMNS = 3;

/** @inline */
type Traced = Pick<ChannelTrace, 'sources' | 'groups'>;

/**
 * A trace as a table for the terminal. Each layer that makes channels has a row: which other layers make the same
 * channels, which take them in, how many there are, and how many can be removed. Below the table: why the others are
 * kept.
 *
 *     layer  together with  taken in by  channels  removable
 *     -----  -------------  -----------  --------  ---------
 *     stem   b              a, head             4          4
 *     a                     b                   6          6
 *     ...
 *     kept because they are the model's outputs: head
 *
 * @throws TypeError if `trace` is not what `traceChannels` returns.
 *
 * @example
 * console.log(formatChannelTrace(traceChannels(model)));
 */
export function formatChannelTrace(trace: Traced): string {
  const {sources, groups} = expectTrace(trace);
  const rows = sources.map(source => rowOf(source, groups));
  return [table(HEADER, rows, {textColumns: TEXT_COLUMNS}), ...whyOthersStay(groups)].join('\n');
}

function expectTrace(trace: Traced): Traced {
  const {sources, groups} = Object(trace) as Traced;
  const areSources = areRows(sources, ['path'], []) && sources.every(({units}) => isUnits(units));
  const areGroups = areRows(groups, ['name'], []) && groups.every(isGroup);
  if (areSources && areGroups) return {sources, groups};
  throw new TypeError(`formatChannelTrace expects what traceChannels(model) returns, got ${received(trace)}`);
}

function isGroup({layers, consumers, units}: ChannelGroup): boolean {
  return isList(layers) && isList(consumers) && isUnits(units);
}

function isUnits(units: unknown): boolean {
  return units instanceof Int32Array;
}

function rowOf({path, units}: ChannelSource, groups: ChannelTrace['groups']): string[] {
  const mine = groups.filter(({layers}) => layers.includes(path));
  const others = uniq(mine.flatMap(({layers}) => layers)).filter(layer => layer !== path);
  const free = new Set(mine.flatMap(group => (group.frozen === undefined ? [...group.units] : [])));
  const count = units.filter(unit => free.has(unit)).length;
  const consumers = uniq(mine.flatMap(group => group.consumers));
  return [path, shortList(others, ', '), shortList(consumers, ', '), `${units.length}`, `${count}`];
}

function whyOthersStay(groups: ChannelTrace['groups']): string[] {
  const layersBy = new Map<string, string[]>();
  for (const {frozen, layers} of groups) {
    if (frozen !== undefined) layersBy.set(frozen, uniq([...(layersBy.get(frozen) ?? []), ...layers]));
  }
  return [...layersBy].map(([reason, layers]) => `kept because they ${reason}: ${shortList(layers, ', ', 60)}`);
}
