import {expectModel} from '../../layers/model-layers.js';
import type {Model} from '../../tfjs-internals.js';
import {groupUnits} from './channel-groups.js';
import {sweepChannels, type ChannelSweep} from './channel-sweep.js';
import type {ChannelSource, ChannelTrace} from './channel-trace.js';
import type {SizedConfig} from './channel-labels.js';

/**
 * Follows every output channel of every layer through a model: which layers share it, which take it in, and, if it
 * can't be removed, why.
 *
 * Channels that meet in a sum, or in a layer that is used twice, form one **unit**: they are kept or removed together.
 * Units that reach the model's input or output are kept, as are those that a layer mixes (softmax, layer normalization
 * over them), and those that go through a layer whose class has no channel rule (see {@link declareLayer}). All layers
 * of tf.js that channels reach have one. Takes time nearly linear in the number of channels.
 *
 * @throws TypeError if `model` is not a model; Error if it was disposed, or is a `tf.Sequential` without shapes yet.
 *
 * @example
 * console.log(formatChannelTrace(traceChannels(model)));
 */
export function traceChannels(model: Model): ChannelTrace {
  return traceOf(sweepChannels(expectBuilt('traceChannels', model)));
}

/** Expects a model with known shapes. */
export function expectBuilt(owner: string, model: Model): Model {
  if ((expectModel(owner, model).outputs as unknown[] | undefined)?.length) return model;
  throw new Error(
    `${owner} expects a model that is built, but "${model.name}" is not; give its first layer an inputShape`,
  );
}

/** Numbers the units that a sweep has found. */
export function traceOf(sweep: ChannelSweep): ChannelTrace {
  const {unitOf, reasons} = unitsOfChannels(sweep);
  const unitsOf = (channels: Int32Array) => channels.map(channel => unitOf[channel]!);
  const paths = new Set<string>();
  const sources = sweep.sizes
    .filter(({kind}) => kind === 'made')
    .map((made): ChannelSource => ({
      path: newPath(pathOf(made), paths),
      home: made.path,
      layer: made.layer,
      units: unitsOf(made.channels),
    }));
  const axes = sweep.axes.map(({channels, ...tied}) => ({...tied, units: unitsOf(channels)}));
  const takers = sweep.takers.map(({path, channels}) => ({path, units: unitsOf(channels)}));
  const parts = sweep.sizes.filter(({kind}) => kind === 'passing').map(({channels}) => unitsOf(channels));
  const groups = groupUnits({sources, axes, takers, parts, reasons});
  return {unitCount: reasons.length, sources, axes, groups};
}

/** The path of a list of channels that a layer makes. */
function pathOf({path, name}: SizedConfig): string {
  return name === undefined ? path : `${path}/${name}`;
}

/** Appends a number if an earlier list has the same path. */
function newPath(path: string, taken: Set<string>): string {
  let free = path;
  for (let number = 2; taken.has(free); number++) free = `${path}/${number}`;
  taken.add(free);
  return free;
}

/** The unit of each channel, numbered in the order in which they were met, and why each unit is frozen. */
export function unitsOfChannels({sets}: ChannelSweep): {unitOf: Int32Array; reasons: (string | undefined)[]} {
  const unitOf = new Int32Array(sets.count);
  const reasons: (string | undefined)[] = [];
  for (let channel = 0; channel < sets.count; channel++) {
    const root = sets.find(channel);
    // The channel that represents a set is its first.
    if (root === channel) reasons.push(sets.reasonOf(root));
    unitOf[channel] = root === channel ? reasons.length - 1 : unitOf[root]!;
  }
  return {unitOf, reasons};
}
