import {shortList} from '../../display/short-list.js';
import type {LayerSelector} from '../../layers/layer-selector.js';
import type {Model} from '../../tfjs-internals.js';
import type {ChannelTrace} from '../../units/trace/channel-trace.js';
import {channelConsumers, type ChannelConsumer} from './channel-consumers.js';
import {channelMakers, type ChannelMaker} from './channel-makers.js';

/** The kernels that make channels to score, and the weights that take these in. */
export interface WhatToScore {
  readonly makers: readonly ChannelMaker[];
  readonly consumers: readonly ChannelConsumer[];
}

/**
 * What there is to score: the chosen layers, by default all that can be.
 *
 * @throws RangeError if a chosen layer makes channels that can't be removed, or that no Dense or Conv layer takes in,
 *     or if there are no others; TypeError or RangeError if the selector has a wrong form or matches none.
 */
export function whatToScore(
  owner: string,
  model: Model,
  trace: ChannelTrace,
  selector: LayerSelector | undefined,
): WhatToScore {
  const free = new Set(trace.groups.flatMap(({frozen, units}) => (frozen === undefined ? [...units] : [])));
  const candidates = channelMakers(model, trace, selector);
  const consumers = channelConsumers(model, trace, free);
  const taken = new Set(consumers.flatMap(({units}) => units));
  const removable = ({axis}: ChannelMaker) => [...axis.units].filter(unit => free.has(unit));
  const canScore = (units: number[]) => units.length > 0 && units.every(unit => taken.has(unit));
  const makers = candidates.filter(maker => canScore(removable(maker)));
  const others = selector === undefined ? [] : candidates.filter(maker => !makers.includes(maker));
  if (others.length > 0 || makers.length === 0) throw nothingToScore(owner, model, others);
  const wanted = new Set(makers.flatMap(removable));
  return {makers, consumers: consumers.filter(({units}) => units.some(unit => wanted.has(unit)))};
}

function nothingToScore(owner: string, {name}: Model, others: readonly ChannelMaker[]): RangeError {
  const names = shortList(
    others.map(({path}) => `"${path}"`),
    ', ',
    200,
  );
  const got = others.length > 0 ? `not those of ${names}; choose others by \`layers\`` : `"${name}" has none`;
  return new RangeError(
    `${owner} scores channels that can be removed and that Dense or Conv layers take in, but ${got}; ` +
      'formatChannelTrace(traceChannels(model)) tells where channels go',
  );
}
