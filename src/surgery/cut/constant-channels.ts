import {channelCardOf} from '../../layers/cards/channel-card-of.js';
import {carriedTogether, unknown, type ConstantCall, type Constants} from '../../layers/cards/constants.js';
import {viewKernel} from '../../layers/cards/kernel-view.js';
import type {TracedTensor} from '../../layers/cards/layer-use.js';
import {fieldsOf, type Layer, type LayerVariable} from '../../tfjs-internals.js';
import type {ChannelSweep, TracedCall} from '../../units/trace/channel-sweep.js';
import {biasOf} from './bias-of.js';
import {demandsOf, type Demand} from './demand.js';
import type {Intake} from './intake.js';

/** What is constant in a model. */
export interface ConstantChannels {
  /** For each kernel that channels run into, by the id of its variable. */
  readonly intakes: ReadonlyMap<number, Intake>;
  /** The layers without a kernel for it that take in channels, and weights that only channel rules know. */
  readonly demands: readonly Demand[];
  /** The value of each channel of a tensor; NaN if it is not constant. */
  readonly valuesOf: (tensor: TracedTensor) => Constants;
}

/**
 * Follows constant channels through a model: a channel of a kernel of zeros holds its bias, and later layers turn that
 * into other constants.
 *
 * @param mayGetBias whether a layer without a bias can be given one: not if only a user's own layer holds it.
 */
export function constantChannels(
  {calls, crossed}: ChannelSweep,
  mayGetBias: (layer: Layer) => boolean,
): ConstantChannels {
  const intakes = new Map<number, Intake>();
  const demands: Demand[] = [];
  const known = new Map<TracedTensor, Constants>();
  const valuesOf = (tensor: TracedTensor): Constants => {
    if (crossed.has(tensor)) return unknown(tensor);
    return known.get(tensor) ?? (tensor.of ? valuesOf(tensor.of) : unknown(tensor));
  };
  for (const call of calls) {
    const intake: ConstantCall['intake'] = ({field, inputAxis, values, absorbs, layer = call.layer}) => {
      const kernel = fieldsOf(layer)[field] as LayerVariable;
      const before = intakes.get(kernel.id);
      const view = before?.view ?? viewKernel(kernel, inputAxis);
      const given = values.length === view.inputs ? values : new Float32Array(view.inputs).fill(NaN);
      const outputAxis = 2 * kernel.shape.length - 3 - inputAxis; // the other one of the last two
      const hasPlace = biasOf(layer) !== undefined || mayGetBias(layer);
      intakes.set(kernel.id, {
        layer,
        field,
        kernel,
        inputAxis,
        outputAxis,
        view,
        values: before ? same(before.values, given) : given,
        absorbs: absorbs && hasPlace && (before?.absorbs ?? true),
      });
      return view;
    };
    const values = call.inputs.map(valuesOf);
    const outputs = constantsMade(call, {...call, values, intake, valuesOf});
    demands.push(...demandsOf({...call, values}, intakes));
    call.outputs.forEach((output, i) => {
      const made = outputs[i];
      known.set(output, made?.length === output.channels.length ? made : unknown(output));
    });
  }
  return {intakes, demands, valuesOf};
}

function constantsMade({moves, joined}: TracedCall, call: ConstantCall): Constants[] {
  return moves
    ? carriedTogether(call, channel => joined.find(channel))
    : (channelCardOf(call.layer).constants?.(call) ?? []);
}

/** The values that two uses of a layer have in common. */
function same(a: Constants, b: Constants): Constants {
  return a.map((value, i) => (value === b[i] ? value : NaN));
}
