import uniq from 'lodash/uniq.js';
import uniqBy from 'lodash/uniqBy.js';
import {sizeOf} from '../../math/size-of.js';
import type {Model} from '../../tfjs-internals.js';
import {axesByWeight} from '../../units/trace/axes-by-weight.js';
import type {ChannelAxis, ChannelTrace} from '../../units/trace/channel-trace.js';
import {linearLayers, type LinearWeight} from '../linear-weight.js';

/** A weight that takes channels in. */
export interface ChannelConsumer {
  readonly weight: LinearWeight;
  /** The units that it takes in, each once. */
  readonly units: readonly number[];
  /** For each of its inputs, where the unit that it comes from is in `units`. */
  readonly channels: Int32Array;
}

/** The weights of Dense and Conv layers that take in any of the given units; a shared one counts once. */
export function channelConsumers(
  model: Model,
  trace: Pick<ChannelTrace, 'axes'>,
  wanted: ReadonlySet<number>,
): ChannelConsumer[] {
  const axesOf = axesByWeight(trace);
  const weights = linearLayers(model).flatMap(layer => layer.weights);
  return uniqBy(weights, 'variable.id').flatMap(weight => {
    const taken = axesOf[weight.variable.id]?.find(({role}) => role === 'takes');
    return taken?.units.some(unit => wanted.has(unit)) ? [consumer(weight, taken)] : [];
  });
}

function consumer(weight: LinearWeight, {axis, units}: ChannelAxis): ChannelConsumer {
  const {order} = weight.steps[weight.index]!;
  const {shape} = weight.variable;
  const stride = sizeOf(order.slice(order.indexOf(axis) + 1, -1).map(each => shape[each]!));
  const distinct = uniq(units);
  const slotOf = new Map(distinct.map((unit, slot) => [unit, slot]));
  const channelAt = (input: number) => slotOf.get(units[Math.floor(input / stride) % units.length]!)!;
  return {weight, units: distinct, channels: Int32Array.from({length: weight.inputs}, (_, input) => channelAt(input))};
}
