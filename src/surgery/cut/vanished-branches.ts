import isEqual from 'lodash/isEqual.js';
import uniq from 'lodash/uniq.js';
import {fieldsOf, isModel, type Layer, type Model} from '../../tfjs-internals.js';
import type {ChannelSweep, TracedCall} from '../trace/channel-sweep.js';
import type {TracedTensor} from '../trace/layer-use.js';
import {modelCalls} from '../trace/model-calls.js';

/** Branches of a model that are gone: what joined them to the others does without them. */
export interface VanishedBranches {
  /** For each layer that joins branches, which of its inputs it no longer takes. */
  readonly dropped: ReadonlyMap<Layer, ReadonlySet<number>>;
  /** The layers, and nested models, that outputs no longer depend on. */
  readonly dead: ReadonlySet<Layer>;
  /** A layer that can't do without what is gone; undefined where all goes well. */
  readonly starved: Layer | undefined;
}

/** What can be known of a tensor before it is cut. */
export interface TensorFate {
  /** Whether all of its channels are removed. */
  readonly isEmpty: (tensor: TracedTensor) => boolean;
  /** Whether it is 0 everywhere, for every example. */
  readonly isZero: (tensor: TracedTensor) => boolean;
  /** Whether a layer of which all input is removed gives nothing, either: it is what a plan asks for. Else it gives its bias. */
  readonly starves: boolean;
}

/** Joins that can do without a branch, if another is left. */
const JOINS = ['Add', 'Concatenate'];

/**
 * Finds the branches that are gone with their channels: a sum drops what is zero or starved, a concatenation what is empty, and
 * what nobody heeds any longer is dead.
 */
export function vanishedBranches(model: Model, sweep: ChannelSweep, fate: TensorFate): VanishedBranches {
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
  const dropped = new Map<Layer, ReadonlySet<number>>();
  const silent = new Set<TracedTensor>();
  const isGone = (tensor: TracedTensor): boolean =>
    silent.has(tensor) || fate.isEmpty(tensor) || (tensor.of !== undefined && isGone(tensor.of));
  let starved: Layer | undefined;
  for (const call of calls) {
    const gone = [...call.inputs.keys()].filter(i => isGone(call.inputs[i]!));
    if (call.outputs.every(fate.isEmpty)) continue;
    if (call.outputs.every(fate.isZero)) call.outputs.forEach(output => silent.add(output));
    if (gone.length === 0) continue;
    if (gone.length === call.inputs.length && (fate.starves || call.outputs.every(output => silent.has(output)))) {
      call.outputs.forEach(output => silent.add(output));
    } else if (canDrop(call, gone, fate) && agrees(dropped.get(call.layer), gone)) {
      dropped.set(call.layer, new Set(gone));
    } else if (gone.some(i => fate.starves || fate.isEmpty(call.inputs[i]!))) {
      starved ??= call.layer;
    }
  }
  if (fate.starves && outputs.some(isGone)) starved ??= calls.at(-1)!.layer;
  return {dropped, starved};
}

/** What is left must have the shape that all had together, and of a concatenation nothing that holds its place may go. */
function canDrop(
  {layer, inputs, outputs: [output]}: TracedCall,
  gone: readonly number[],
  {isEmpty}: TensorFate,
): boolean {
  if (!JOINS.includes(layer.getClassName())) return false;
  const left = inputs.filter((_, i) => !gone.includes(i));
  if (layer.getClassName() === 'Add') return left.some(({shape}) => isEqual(shape, output!.shape));
  const axis = fieldsOf(layer)['axis'] as number;
  const isAlongChannels = (axis < 0 ? axis + output!.shape.length : axis) === output!.axis;
  return isAlongChannels && gone.every(i => isEmpty(inputs[i]!));
}

function agrees(before: ReadonlySet<number> | undefined, gone: readonly number[]): boolean {
  return !before || (before.size === gone.length && gone.every(i => before.has(i)));
}

function deadLayers(model: Model, dropped: VanishedBranches['dropped']): Set<Layer> {
  const live = liveLayers(model, dropped);
  return new Set(allLayers(model).filter(layer => !live.has(layer) && layer.getClassName() !== 'InputLayer'));
}

function liveLayers(model: Model, dropped: VanishedBranches['dropped']): Set<Layer> {
  const calls = modelCalls(model, (layer, input) => !dropped.get(layer)?.has(input));
  const layers = new Set(calls.map(({layer}) => layer));
  for (const layer of [...layers]) if (isModel(layer)) liveLayers(layer, dropped).forEach(inner => layers.add(inner));
  return layers;
}

function allLayers(model: Model): Layer[] {
  return model.layers.flatMap(layer => (isModel(layer) ? [layer, ...allLayers(layer)] : [layer]));
}

/** Whether what would be left of the model that a join is in is none that tf.js can build and run. */
function breaks(model: Model, join: Layer, dropped: VanishedBranches['dropped']): boolean {
  const models = [model, ...allLayers(model).filter(isModel)];
  const home = models.find(({layers}) => layers.includes(join));
  return !home || isUsedByHalf(home, dropped) || doublesInput(home, dropped);
}

/** A use that falls away of a layer that is used elsewhere would change the numbers under which the configuration knows its uses. */
function isUsedByHalf(home: Model, dropped: VanishedBranches['dropped']): boolean {
  const before = countOfUses(modelCalls(home));
  const after = countOfUses(modelCalls(home, (layer, input) => !dropped.get(layer)?.has(input)));
  return [...after].some(([layer, uses]) => uses !== before.get(layer));
}

/**
 * Whether a layer would take the same tensor twice, since a join between them is left out: tf.js disposes such a tensor too soon,
 * where others take it, too.
 */
function doublesInput(home: Model, dropped: VanishedBranches['dropped']): boolean {
  const heeds = (layer: Layer, input: number) => !dropped.get(layer)?.has(input);
  const instead = new Map<number, number>();
  return modelCalls(home, heeds).some(({layer, inputs, outputs: [output]}) => {
    const taken = inputs.filter((_, i) => heeds(layer, i)).map(({id}) => id);
    const given = taken.map(id => instead.get(id) ?? id);
    if (dropped.has(layer) && given.length === 1) instead.set(output!.id, given[0]!);
    return uniq(given).length < uniq(taken).length;
  });
}

function countOfUses(calls: readonly {readonly layer: Layer}[]): Map<Layer, number> {
  const counts = new Map<Layer, number>();
  for (const {layer} of calls) counts.set(layer, (counts.get(layer) ?? 0) + 1);
  return counts;
}
