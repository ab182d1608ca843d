import type {TracedTensor} from '../../layers/cards/layer-use.js';
import type {Layer} from '../../tfjs-internals.js';
import {droppedBranches, type TensorFate} from './dropped-branches.js';
import type {Removal} from './removal.js';
import type {Survey} from './survey.js';

/** The removal of some units, with the branches that are empty without them. */
export function removalOf(survey: Survey, units: ReadonlySet<number>, fate: Omit<TensorFate, 'isEmpty'>): Removal {
  const isRemoved = channelsOf(survey, units);
  const isEmpty = ({channels}: TracedTensor) => channels.length > 0 && channels.every(isRemoved);
  return {units, ...droppedBranches(survey.model, survey.sweep, {...fate, isEmpty})};
}

/** Whether a channel is one of some units. */
export function channelsOf({unitOf}: Pick<Survey, 'unitOf'>, units: ReadonlySet<number>): (channel: number) => boolean {
  return channel => units.has(unitOf[channel]!);
}

/** A layer that is kept, and the units of a place in it that a removal would leave empty. */
export interface EmptyPlace {
  readonly layer: Layer;
  readonly units: Int32Array;
}

/**
 * The first place that a removal leaves empty in a layer that is kept: a weight, a number of channels in the
 * configuration, or an output. Undefined if there is none.
 */
export function emptyPlace(
  {sweep, trace: {axes}, unitOf}: Pick<Survey, 'sweep' | 'trace' | 'unitOf'>,
  {units: removed, dead}: Removal,
): EmptyPlace | undefined {
  // A layer that only moves values, such as a slice, works without channels that it drops.
  const moving = new Set(sweep.calls.filter(({moves}) => moves).map(({layer}) => layer));
  const sized = sweep.sizes.filter(({kind, layer}) => kind === 'made' || (kind === 'passing' && !moving.has(layer)));
  const parts = sweep.calls.flatMap(({layer, outputs}) =>
    outputs.length > 1 ? outputs.map(({channels}) => ({layer, channels})) : [],
  );
  const numbers = [...sized, ...parts].filter(({channels}) => channels.length > 0);
  const places = numbers.map(({layer, channels}) => ({layer, units: channels.map(channel => unitOf[channel]!)}));
  return [...axes, ...places].find(({layer, units}) => units.every(unit => removed.has(unit)) && !dead.has(layer));
}
