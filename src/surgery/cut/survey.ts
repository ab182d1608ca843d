import {layersWithin} from '../../layers/prunable-weights.js';
import type {Model} from '../../tfjs-internals.js';
import {sweepChannels, type ChannelSweep} from '../../units/trace/channel-sweep.js';
import type {ChannelAxis, ChannelTrace} from '../../units/trace/channel-trace.js';
import type {TracedTensor} from '../../layers/cards/layer-use.js';
import {traceOf, unitsOfChannels} from '../../units/trace/trace-channels.js';
import {constantChannels, type ConstantChannels} from './constant-channels.js';
import {vanishedBranches, type TensorFate, type VanishedBranches} from './vanished-branches.js';

/** What is known of a model, whatever goes. */
export interface Survey {
  readonly model: Model;
  readonly sweep: ChannelSweep;
  readonly trace: ChannelTrace;
  readonly constants: ConstantChannels;
  readonly unitOf: Int32Array;
}

/** Sweeps over a model once. */
export function surveyOf(model: Model): Survey {
  const sweep = sweepChannels(model);
  const {unitOf} = unitsOfChannels(sweep);
  const known = new Set(layersWithin(model));
  return {model, sweep, trace: traceOf(sweep), constants: constantChannels(sweep, layer => known.has(layer)), unitOf};
}

/** Whether a channel is one of some units. */
export function isGoneIn({unitOf}: Pick<Survey, 'unitOf'>, units: ReadonlySet<number>): (channel: number) => boolean {
  return channel => units.has(unitOf[channel]!);
}

/** The branches that are gone with some units. */
export function branchesOf(
  {model, sweep, unitOf}: Survey,
  units: ReadonlySet<number>,
  fate: Omit<TensorFate, 'isEmpty'>,
): VanishedBranches {
  const isGone = isGoneIn({unitOf}, units);
  const isEmpty = ({channels}: TracedTensor) => channels.length > 0 && channels.every(isGone);
  return vanishedBranches(model, sweep, {...fate, isEmpty});
}

/**
 * A weight of a layer that stays, a number of channels in its configuration, or one of its outputs, of which nothing
 * would be left.
 */
export function emptied(
  {sweep, trace: {axes}, unitOf}: Pick<Survey, 'sweep' | 'trace' | 'unitOf'>,
  removed: ReadonlySet<number>,
  {dead}: VanishedBranches,
): Pick<ChannelAxis, 'layer' | 'units'> | undefined {
  // What only moves values does without those in front of a slice
  const moving = new Set(sweep.calls.filter(({moves}) => moves).map(({layer}) => layer));
  const sized = sweep.sizes.filter(({kind, layer}) => kind === 'made' || (kind === 'passing' && !moving.has(layer)));
  const parts = sweep.calls.flatMap(({layer, outputs}) =>
    outputs.length > 1 ? outputs.map(({channels}) => ({layer, channels})) : [],
  );
  const numbers = [...sized, ...parts].filter(({channels}) => channels.length > 0);
  const places = numbers.map(({layer, channels}) => ({layer, units: channels.map(channel => unitOf[channel]!)}));
  return [...axes, ...places].find(({layer, units}) => units.every(unit => removed.has(unit)) && !dead.has(layer));
}
