import * as tf from '@tensorflow/tfjs-core';
import {serialized} from '../layers/layer-config.js';
import {layersWithin} from '../layers/inner-layers.js';
import {modelLayers} from '../layers/model-layers.js';
import {holdsPrunableLayer, isPrunableLayer} from '../layers/prunable-layer.js';
import {rebuild} from '../layers/rebuild.js';
import type {LayerSelector} from '../layers/layer-selector.js';
import {chosenWeights, type PlacedWeight} from '../masks/placed-weights.js';
import type {GroupSlices, Structure} from '../structures/structure.js';
import {
  assign,
  disposeWholly,
  fieldsOf,
  isVariable,
  type Config,
  type Layer,
  type LayerVariable,
  type Model,
  type Serialized,
} from '../tfjs-internals.js';
import type {GatedTensorConfig} from './gated-tensor.js';
import {GatedLayer, type GatingConfig, type WeightGateConfig} from './gated-layer.js';
import {gatedLayers, isGatedLayer, type LayerWithGates} from './gated-layers.js';
import {getsZeros} from './gets-zeros.js';
import {slicesOfGroups} from './group-slices.js';

/**
 * A copy of a model with wrapped layers in which gates multiply the groups of a structure.
 *
 * @throws what the structure throws; RangeError if its groups can't have gates.
 */
export function addGates<M extends Model>(
  model: M,
  gate: NamedGate,
  structure: Structure,
  layers: LayerSelector | undefined,
): M {
  const plan = planGates(model, gate, structure, chosenWeights('prunable', model, layers));
  const gated = rebuild(model, layer => gatedConfig(serialized(layer), plan.get(layer)));
  try {
    writeGroups(model, gated, plan);
    gatedLayers(gated).forEach(startKernels);
    return gated;
  } catch (error) {
    disposeWholly(gated);
    throw error;
  }
}

/** Gates as files hold them. */
export interface NamedGate {
  readonly name: string;
  readonly args: object;
}

/** What a layer's wrapper is to do. */
interface LayerPlan {
  readonly gates: WeightGateConfig[];
  readonly gated: GatedTensorConfig[];
  /** The group of each slice of the tensors in `gated`, counted through all gates that they name. */
  readonly groups: Int32Array[];
}

/** Where a variable of a model is. */
interface Place {
  /** The layer of the model's graph, and the names of the models around it. */
  readonly layer: Layer;
  readonly within: string;
  readonly inner: number;
  readonly field: string;
}

function planGates(
  model: Model,
  gate: NamedGate,
  structure: Structure,
  weights: readonly PlacedWeight[],
): Map<Layer, LayerPlan> {
  const {slices, count} = slicesOfGroups(structure, weights, model);
  const places = placesOf(model);
  for (const {variable} of slices) expectOutermost(places.get(variable.id)!);
  const owners = ownersOf(slices, count);
  const plan = new Map<Layer, LayerPlan>();
  const planOf = (layer: Layer) => {
    const own = plan.get(layer) ?? {gates: [], gated: [], groups: []};
    plan.set(layer, own);
    return own;
  };
  for (const {weight, groups} of owners.all) {
    const {layer} = places.get(weight.id)!;
    const own = slices.find(({variable, role}) => variable.id === weight.id && role === 'makes')!;
    planOf(layer).gates.push({
      weight: wrapperOf(layer).maskedWeights.findIndex(({kernel}) => kernel.id === weight.id),
      shape: isRange(own.groups, groups) ? shapeAlong(weight, own.axes) : [groups.length],
      className: gate.name,
      config: gate.args as Config,
    });
  }
  for (const slice of slices) {
    const place = places.get(slice.variable.id)!;
    const {layer, inner, field, within} = place;
    const own = planOf(layer);
    const named = owners.of(slice.groups);
    const stranger = named.find(({weight}) => places.get(weight.id)!.within !== within);
    if (stranger) throw acrossModels(slice.variable, stranger.weight);
    const groups = numbered(slice.groups, named);
    own.groups.push(groups);
    own.gated.push({
      inner,
      field,
      axes: slice.axes,
      gates: named.map(({weight}) => ({name: weight.originalName})),
      isInOrder: named.length === 1 && isRange(slice.groups, named[0]!.groups),
      role: slice.role,
      multiplies: multiplies(slice, place, weights, slices),
    });
  }
  return plan;
}

/** The first weight that makes a group holds its gate. */
interface Owner {
  readonly weight: LayerVariable;
  readonly groups: number[];
}

function ownersOf(slices: readonly GroupSlices[], count: number): {all: Owner[]; of(groups: Int32Array): Owner[]} {
  const owner: (Owner | undefined)[] = Array.from({length: count});
  const all: Owner[] = [];
  for (const {variable: weight, groups, role} of slices) {
    if (role !== 'makes') continue;
    const own: Owner = {weight, groups: []};
    for (const group of groups) {
      if (group < 0 || owner[group]) continue;
      owner[group] = own;
      own.groups.push(group);
    }
    if (own.groups.length > 0) all.push(own);
  }
  return {all, of: groups => [...new Set([...groups].filter(group => group >= 0).map(group => owner[group]!))]};
}

/** The place of each group among those of some owners, one after the other; the number after the last for none. */
function numbered(groups: Int32Array, owners: readonly Owner[]): Int32Array {
  const places = new Map(owners.flatMap(({groups: own}) => own).map((group, place) => [group, place]));
  return groups.map(group => places.get(group) ?? places.size);
}

function isRange(slices: Int32Array, groups: readonly number[]): boolean {
  return slices.length === groups.length && groups.every((group, i) => slices[i] === group);
}

/**
 * A batch normalization divides out any factor of the kernel before it, so its scale and shift carry the gate in place
 * of the kernel and its bias. What takes a closed channel in multiplies, too, if the channel may not be 0 there.
 */
function multiplies(
  {variable, role}: GroupSlices,
  {layer}: Place,
  weights: readonly PlacedWeight[],
  slices: readonly GroupSlices[],
): boolean {
  if (role === 'takes') return !getsZeros(layer, new Set(slices.map(slice => slice.variable.id)));
  const isOwn = ({id}: LayerVariable) => id === variable.id;
  const own = weights.filter(({kernel, vectors}) => {
    return isOwn(kernel) || (isIn(layer, kernel) && vectors?.all.some(isOwn));
  });
  const scaled = new Set(slices.filter(slice => slice.role === 'vector').map(slice => slice.variable.id));
  return own.every(({vectors}) => vectors?.scale === undefined || !scaled.has(vectors.scale.id));
}

function isIn(layer: Layer, variable: LayerVariable): boolean {
  return layer.weights.some(({id}) => id === variable.id);
}

function placesOf(model: Model): Map<number, Place> {
  const places = new Map<number, Place>();
  for (const {layer, within} of modelLayers(model)) {
    const base = isPrunableLayer(layer) ? layer.layer : layer;
    [base, ...layersWithin(base)].forEach((one, inner) => {
      for (const [field, value] of Object.entries(fieldsOf(one))) {
        if (isVariable(value)) places.set(value.id, {layer, within, inner, field});
      }
    });
  }
  return places;
}

function wrapperOf(layer: Layer): GatedLayer {
  return layer as GatedLayer;
}

function shapeAlong(weight: LayerVariable, axes: readonly number[]): number[] {
  return (weight.shape as number[]).map((size, axis) => (axes.includes(axis) ? size : 1));
}

function gatedConfig({className, config}: Serialized, plan: LayerPlan | undefined): Serialized {
  if (!plan) return {className, config};
  if (className === GatedLayer.className) {
    throw new TypeError(
      `Expected layers without gates, but "${config['name'] as string}" has some; choose others by \`layers\``,
    );
  }
  const wrapped = 'layer' in config && 'gradient' in config ? config : {layer: {className, config}};
  const gating: GatingConfig = {gates: plan.gates, gated: plan.gated};
  return {className: GatedLayer.className, config: {...wrapped, ...gating} as unknown as Config};
}

/** Writes the groups of slices into the variables that hold them. */
function writeGroups(model: Model, gated: Model, plan: ReadonlyMap<Layer, LayerPlan>): void {
  const layers = modelLayers(gated);
  modelLayers(model).forEach(({layer}, i) => {
    const groups = plan.get(layer)?.groups ?? [];
    const {layer: target} = layers[i]!;
    if (!isGatedLayer(target)) return;
    target.gatedTensors.forEach(({groups: to}, t) => {
      if (to) tf.tidy(() => assign(to, tf.tensor(Float32Array.from(groups[t]!), to.shape as number[])));
    });
  });
}

/** Gives kernels the values that their gates ask for. */
function startKernels({maskedWeights, gatedTensors}: LayerWithGates): void {
  for (const {kernel} of maskedWeights) {
    const tensor = gatedTensors.find(({variable, config}) => variable.id === kernel.id && config.role === 'makes');
    tf.tidy(() => {
      const value = tensor?.gates[0]!.start(kernel.read());
      if (value) assign(kernel, value);
    });
  }
}

/** A wrapper inside another layer can't hold gates: the other layer's call does not pass through it. */
function expectOutermost({layer}: Place): void {
  if (isPrunableLayer(layer) || !holdsPrunableLayer(layer)) return;
  throw new TypeError(
    `Expected wrappers around whole layers, but "${layer.name}" (${layer.getClassName()}) has one inside; build it ` +
      'of layers that are not wrapped, and wrap it with prunable(model, {gate})',
  );
}

function acrossModels({originalName}: LayerVariable, weight: LayerVariable): RangeError {
  return new RangeError(
    `"${originalName}" shares gates with "${weight.originalName}", which is in another of the models that are nested ` +
      'in each other; choose `layers` within one of them, or build the model without nesting',
  );
}
