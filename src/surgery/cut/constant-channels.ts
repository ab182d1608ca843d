import {fieldsOf, type Layer, type LayerVariable} from '../../tfjs-internals.js';
import type {ChannelSweep} from '../../units/trace/channel-sweep.js';
import type {TracedTensor} from '../../units/trace/layer-use.js';
import {
  unknown,
  valuesOfChannels,
  type ConstantCall,
  type ConstantRule,
  type Constants,
  type Intake,
} from './constants/constant-call.js';
import {biasOf} from './folded-biases.js';
import {demandsOf, type Demand} from './constants/demand.js';
import {KERNEL_CONSTANTS} from './constants/kernels.js';
import {MERGE_CONSTANTS} from './constants/merges.js';
import {PASS_THROUGH_CONSTANTS} from './constants/pass-through.js';
import {RECURRENT_CONSTANTS} from './constants/recurrent.js';
import {viewKernel} from './constants/kernel-view.js';

const RULES: Record<string, ConstantRule | undefined> = {
  ...KERNEL_CONSTANTS,
  ...RECURRENT_CONSTANTS,
  ...PASS_THROUGH_CONSTANTS,
  ...MERGE_CONSTANTS,
};

/** What is constant in a model. */
export interface ConstantChannels {
  /** For each kernel that channels run into, by the id of its variable. */
  readonly intakes: ReadonlyMap<number, Intake>;
  /** What else takes channels in: layers without a weight for it, and weights of classes that only their rules know. */
  readonly demands: readonly Demand[];
  /** The value of each channel of a tensor; NaN where it is not constant. */
  readonly valuesOf: (tensor: TracedTensor) => Float32Array;
}

/**
 * Follows channels that are constant through a model: those of a kernel that is all zeros hold the bias, and what
 * becomes of it.
 *
 * @param mayGetBias whether a bias can be given to a layer that has none: not where only a layer of a user's own knows
 *     of it.
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
    const intake: ConstantCall['intake'] = (field, inputAxis, values, absorbs, layer = call.layer) => {
      const kernel = fieldsOf(layer)[field] as LayerVariable;
      const before = intakes.get(kernel.id);
      const view = before?.view ?? viewKernel(kernel, inputAxis);
      const known = values.length === view.inputs ? values : new Float32Array(view.inputs).fill(NaN);
      const merged = before ? same(before.values, known) : known;
      const outputAxis = 2 * kernel.shape.length - 3 - inputAxis; // the other one of the last two
      const hasPlace = biasOf(layer) !== undefined || mayGetBias(layer);
      const alwaysAbsorbs = absorbs && hasPlace && (before?.absorbs ?? true);
      intakes.set(kernel.id, {layer, field, kernel, outputAxis, view, values: merged, absorbs: alwaysAbsorbs});
      return view;
    };
    const constantCall = {...call, values: call.inputs.map(valuesOf), intake, valuesOf};
    const outputs = call.moves ? moved(constantCall) : RULES[call.layer.getClassName()]?.(constantCall);
    demands.push(...demandsOf(constantCall, intakes));
    call.outputs.forEach((output, i) => {
      const values = outputs?.[i];
      known.set(output, values?.length === output.channels.length ? values : unknown(output));
    });
  }
  return {intakes, demands, valuesOf};
}

function moved(call: ConstantCall): Constants[] {
  return call.outputs.map(({channels}) => valuesOfChannels(call, channels));
}

/** What is the same in two uses of a layer. */
function same(a: Constants, b: Constants): Constants {
  return a.map((value, i) => (value === b[i] ? value : NaN));
}
