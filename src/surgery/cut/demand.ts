import {valuesOfChannels, type ConstantCall, type Constants} from '../../layers/cards/constants.js';
import {sizeOf} from '../../math/size-of.js';
import {valuesNow, type Layer} from '../../tfjs-internals.js';
import type {TracedCall} from '../../units/trace/channel-sweep.js';
import type {WeightAxis} from '../../units/trace/traced-use.js';
import type {Intake} from './intake.js';

/** A use of a layer, with the constants that come in. */
type KnownCall = TracedCall & Pick<ConstantCall, 'values'>;

/** Channels that a layer takes in, and that can be removed only if they are zero. */
export interface Demand {
  readonly layer: Layer;
  readonly channels: Int32Array;
  /** The value of each channel that is taken in; NaN if it is not constant. */
  readonly values: Constants;
  /** Whether the layer would return something else without a channel. */
  readonly needs: (position: number) => boolean;
}

/** What one use of a layer takes in, except by kernels with a known intake. */
export function demandsOf(call: KnownCall, intakes: ReadonlyMap<number, Intake>): Demand[] {
  return call.intaken.flatMap(({factors, by, isInferred = false}) => {
    if (by && intakes.has(by.variable.id)) return [];
    const values = factors
      .map(channels => (by || isInferred ? valuesOfChannels(call, channels) : valuesTaken(call, channels)))
      .reduce(product);
    const isUsed = by ? usedAlong(by) : () => true;
    const needs = (position: number) => values[position] !== 0 && isUsed(position);
    return factors.map(channels => ({layer: call.layer, channels, values, needs}));
  });
}

/** Channels that the layer itself makes and takes in without a weight are zero if everything that makes them is. */
function valuesTaken(call: KnownCall, channels: Int32Array): Constants {
  const values = valuesOfChannels(call, channels);
  const [made, fed] = [new Set<number>(), new Set<number>()];
  for (const making of call.making) {
    const isUsed = usedAlong(making.by);
    making.channels.forEach((channel, position) => (isUsed(position) ? fed : made).add(channel));
  }
  return values.map((value, i) => (made.has(channels[i]!) && !fed.has(channels[i]!) ? 0 : value));
}

/** Zero times anything is zero, even if that is not constant. */
function product(a: Constants, b: Constants): Constants {
  return a.map((value, i) => (value === 0 || b[i] === 0 ? 0 : value * b[i]!));
}

/** Tells at which positions of an axis a weight has non-zeros. */
function usedAlong({variable, axis}: WeightAxis): (position: number) => boolean {
  const {shape} = variable;
  const [size, inner] = [shape[axis]!, sizeOf(shape.slice(axis + 1))];
  const used = new Uint8Array(size);
  valuesNow(() => variable.read()).forEach((value, i) => {
    if (value !== 0) used[Math.floor(i / inner) % size] = 1;
  });
  return position => used[position] === 1;
}
