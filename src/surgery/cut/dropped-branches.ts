import isEqual from 'lodash/isEqual.js';
import {channelCardOf} from '../../layers/cards/channel-card-of.js';
import {passCardOf} from '../../layers/cards/pass-card-of.js';
import type {TracedTensor} from '../../layers/cards/layer-use.js';
import {layersWithin} from '../../layers/inner-layers.js';
import {fieldsOf, isModel, type Layer, type Model} from '../../tfjs-internals.js';
import type {ChannelSweep, TracedCall} from '../../units/trace/channel-sweep.js';
import {modelCalls} from '../../units/trace/model-calls.js';
import type {Removal} from './removal.js';

/** What is known of a tensor before the model is cut. */
export interface TensorFate {
  /** Whether all of its channels are removed. */
  readonly isEmpty: (tensor: TracedTensor) => boolean;
  /** Whether it is 0 everywhere, for every example. */
  readonly isZero: (tensor: TracedTensor) => boolean;
  /** Whether a layer without any input left gives nothing, as a plan wants, rather than its bias. */
  readonly starves: boolean;
}

/**
 * Finds the branches that are removed with their channels: a sum drops inputs that are zero or starved, a concatenation
 * those that are empty, and layers that no output depends on any more are dead.
 */
export function droppedBranches(model: Model, sweep: ChannelSweep, fate: TensorFate): Omit<Removal, 'units'> {
  const {dropped, starved} = droppedInputs(sweep, fate);
  const torn = [...dropped.keys()].filter(join => breaks(model, join, dropped));
  for (const join of torn) dropped.delete(join);
  const dead = dropped.size === 0 ? new Set<Layer>() : deadLayers(model, dropped);
  return {dropped, dead, starved: starved ?? (fate.starves ? torn[0] : undefined)};
}

function droppedInputs(
  {calls, outputs}: ChannelSweep,
  fate: TensorFate,
): {dropped: Map<Layer, ReadonlySet<number>>; starved: Layer | undefined} {
  const uses = new Map<Layer, UseWithout[]>();
  const silent = new Set<TracedTensor>();
  const masked = new Set<TracedTensor>();
  const isGone = (tensor: TracedTensor): boolean =>
    silent.has(tensor) || fate.isEmpty(tensor) || (tensor.of !== undefined && isGone(tensor.of));
  for (const call of calls) {
    const gone = [...call.inputs.keys()].filter(i => isGone(call.inputs[i]!));
    if (makesMask(call.layer) || call.inputs.some(input => masked.has(input))) addAll(masked, call.outputs);
    if (call.outputs.every(fate.isEmpty)) continue;
    if (call.outputs.every(output => isKnown(output) && fate.isZero(output))) addAll(silent, call.outputs);
    const isWholly = gone.length > 0 && gone.length === call.inputs.length;
    const isSilent = isWholly && (fate.starves || call.outputs.every(output => silent.has(output)));
    if (isSilent) addAll(silent, call.outputs);
    const lacks = !isSilent && gone.some(i => fate.starves || fate.isEmpty(call.inputs[i]!));
    const canDrop = !isSilent && !masked.has(call.outputs[0]!) && canDropFrom(call, gone, fate);
    uses.set(call.layer, [...(uses.get(call.layer) ?? []), {gone, lacks, canDrop}]);
  }
  const {dropped, starved} = agreed(uses);
  return {dropped, starved: starved ?? (fate.starves && outputs.some(isGone) ? calls.at(-1)!.layer : undefined)};
}

/** A use of a layer, some of whose inputs are removed. */
interface UseWithout {
  readonly gone: readonly number[];
  /** Whether the layer works without them. */
  readonly canDrop: boolean;
  /** Whether it has to. */
  readonly lacks: boolean;
}

/** A layer that is used several times drops the same inputs in all of its uses, or none. */
function agreed(uses: ReadonlyMap<Layer, readonly UseWithout[]>): {
  dropped: Map<Layer, ReadonlySet<number>>;
  starved: Layer | undefined;
} {
  const dropped = new Map<Layer, ReadonlySet<number>>();
  let starved: Layer | undefined;
  for (const [layer, own] of uses) {
    const {gone} = own[0]!;
    const agrees = own.every(use => use.canDrop && isEqual(use.gone, gone));
    if (agrees && gone.length > 0) dropped.set(layer, new Set(gone));
    if (!agrees && own.some(({lacks}) => lacks)) starved ??= layer;
  }
  return {dropped, starved};
}

/** Nothing is known of a tensor whose number of channels is unknown. */
function isKnown({channels}: TracedTensor): boolean {
  return channels.length > 0;
}

function addAll(set: Set<TracedTensor>, tensors: readonly TracedTensor[]): void {
  for (const tensor of tensors) set.add(tensor);
}

/** A join merges the time-step masks of all its inputs: without one of them, the mask would change. */
function makesMask(layer: Layer): boolean {
  return channelCardOf(layer).masksSteps === true || fieldsOf(layer)['maskZero'] === true;
}

function canDropFrom(
  {layer, inputs, outputs: [output]}: TracedCall,
  gone: readonly number[],
  {isEmpty}: TensorFate,
): boolean {
  return channelCardOf(layer).canDrop?.({layer, inputs, output: output!, gone, isEmpty}) === true;
}

function deadLayers(model: Model, dropped: Removal['dropped']): Set<Layer> {
  const live = liveLayers(model, dropped);
  const dead = allLayers(model).filter(layer => !live.has(layer) && !passCardOf(layer).isInput);
  // The layers of a nested model are listed apart from it: they may be alive in another.
  return new Set(dead.flatMap(layer => (isModel(layer) ? [layer] : [layer, ...layersWithin(layer)])));
}

function liveLayers(model: Model, dropped: Removal['dropped']): Set<Layer> {
  const calls = modelCalls(model, heeds(dropped));
  const layers = new Set(calls.map(({layer}) => layer));
  for (const layer of [...layers]) if (isModel(layer)) liveLayers(layer, dropped).forEach(inner => layers.add(inner));
  return layers;
}

function allLayers(model: Model): Layer[] {
  return model.layers.flatMap(layer => (isModel(layer) ? [layer, ...allLayers(layer)] : [layer]));
}

/** Whether a layer still takes an input. */
function heeds(dropped: Removal['dropped']): (layer: Layer, input: number) => boolean {
  return (layer, input) => !dropped.get(layer)?.has(input);
}

/** Whether tf.js could not build and run the rest of the model that a join is in. */
function breaks(model: Model, join: Layer, dropped: Removal['dropped']): boolean {
  const models = [model, ...allLayers(model).filter(isModel)];
  const home = models.find(({layers}) => layers.includes(join));
  return !home || isUsedByHalf(home, dropped) || doublesInput(home, dropped);
}

/** Configurations refer to the uses of a layer by number, which would change if a layer lost some of its uses. */
function isUsedByHalf(home: Model, dropped: Removal['dropped']): boolean {
  const before = countOfUses(modelCalls(home));
  const after = countOfUses(modelCalls(home, heeds(dropped)));
  return [...after].some(([layer, uses]) => uses !== before.get(layer));
}

/**
 * Whether a layer would take the same tensor twice because a join in between is dropped: tf.js disposes such a tensor
 * too soon if other layers take it, too.
 */
function doublesInput(home: Model, dropped: Removal['dropped']): boolean {
  const isHeeded = heeds(dropped);
  const instead = new Map<number, number>();
  return modelCalls(home, isHeeded).some(({layer, inputs, outputs: [output]}) => {
    const taken = inputs.filter((_, i) => isHeeded(layer, i)).map(({id}) => id);
    const given = taken.map(id => instead.get(id) ?? id);
    if (dropped.has(layer) && given.length === 1) instead.set(output!.id, given[0]!);
    return given.some((id, i) => id !== taken[i] && given.indexOf(id) !== given.lastIndexOf(id));
  });
}

function countOfUses(calls: readonly {readonly layer: Layer}[]): Map<Layer, number> {
  const counts = new Map<Layer, number>();
  for (const {layer} of calls) counts.set(layer, (counts.get(layer) ?? 0) + 1);
  return counts;
}
