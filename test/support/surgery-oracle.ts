import * as tf from '@tensorflow/tfjs';
import isEqual from 'lodash/isEqual.js';
import {isPrunableLayer, stripPruning} from 'tfjs-pruning';
import {modelLayers} from '../../src/layers/model-layers.js';
import {copyWeights} from '../../src/layers/rebuild.js';
import {randomNumbers} from '../../src/math/random-numbers.js';
import type {ChannelAxis, ChannelTrace} from '../../src/units/trace/channel-trace.js';
import {sweepChannels} from '../../src/units/trace/channel-sweep.js';
import type {TracedTensor} from '../../src/layers/cards/layer-use.js';
import {unitsOfChannels} from '../../src/units/trace/trace-channels.js';
import {assign, type Layer, type LayerVariable, type Model} from '../../src/tfjs-internals.js';

/** How many words the embeddings of the test models know. */
export const VOCABULARY = 5;

/**
 * What a model must compute without some units: a copy, as large as before, in which nothing that takes one of them in
 * heeds it, since its weights for it are zero. Zeroing the filters that make a channel would be no oracle: a bias, or a
 * batch normalization behind, makes a constant of their zeros.
 */
export function zeroedConsumers(model: Model, {axes}: ChannelTrace, removed: ReadonlySet<number>): Model {
  const copy = stripPruning(model);
  const copies = new Map<number, LayerVariable>();
  copyWeights(model, copy, (from, to) => copies.set(from.id, to));
  for (const {variable, axis, role, units} of axes) {
    if (role === 'takes') zeroAlong(copies.get(variable.id)!, axis, units, removed);
  }
  gateWeightless(copy, removed);
  return copy;
}

/**
 * What takes units in without a weight gets zeros for them; where it makes them itself, all that makes them is zero.
 */
function gateWeightless(copy: Model, removed: ReadonlySet<number>): void {
  const sweep = sweepChannels(copy);
  const {unitOf} = unitsOfChannels(sweep);
  const gates = new Map<Layer, Float32Array[]>();
  for (const {layer, inputs, intaken, making} of sweep.calls) {
    const weightless = intaken.filter(({by}) => !by).flatMap(({factors}) => factors);
    if (weightless.length === 0) continue;
    const taken = new Set(weightless.flatMap(channels => [...channels]));
    const isGone = (channel: number) => taken.has(channel) && removed.has(unitOf[channel]!);
    const own = inputs.map(({channels}) => Float32Array.from(channels, channel => (isGone(channel) ? 0 : 1)));
    const others = gates.get(layer) ?? own;
    if (!isEqual(others, own)) throw new Error(`"${layer.name}" would need another gate at each of its uses`);
    if (!gates.has(layer)) gate(layer, inputs, own);
    gates.set(layer, own);
    for (const {channels, by} of making) {
      const gone = new Set([...channels].filter(isGone));
      zeroAlong(by.variable, by.axis, channels, gone);
    }
  }
}

function gate(layer: Layer, inputs: readonly TracedTensor[], gates: readonly Float32Array[]): void {
  const call = layer.call.bind(layer);
  layer.call = (given, kwargs) => {
    const gated = [given].flat().map((input, i) => {
      const shape = inputs[i]!.shape.map((_, axis) => (axis === inputs[i]!.axis ? gates[i]!.length : 1));
      return gates[i]!.length === 0 ? input : tf.mul(input, tf.tensor(gates[i]!, shape));
    });
    return call(Array.isArray(given) ? gated : gated[0]!, kwargs);
  };
}

function zeroAlong(variable: LayerVariable, axis: number, units: Int32Array, removed: ReadonlySet<number>): void {
  const shape = variable.shape.map((_, i) => (i === axis ? units.length : 1));
  const kept = Float32Array.from(units, unit => (removed.has(unit) ? 0 : 1));
  tf.tidy(() => assign(variable, tf.mul(variable.read(), tf.tensor(kept, shape))));
}

/**
 * Units that can go, drawn at random (each with the chance `share`), such that no axis of a weight loses all of its
 * own.
 */
export function randomRemoval(trace: ChannelTrace, seed: number, share = 0.5): Set<number> {
  const free = trace.groups.filter(({frozen}) => frozen === undefined).flatMap(({units}) => [...units]);
  const draws = randomNumbers(free.length, `removal ${seed}`);
  const removed = new Set<number>();
  free.forEach((unit, i) => {
    if (draws[i]! >= share) return;
    removed.add(unit);
    if ([...trace.sources, ...trace.axes, ...trace.groups].some(({units}) => units.every(other => removed.has(other))))
      removed.delete(unit);
  });
  return removed;
}

/** What may become of a unit when a model is pruned by masks: which of its weights are zero. */
type Fate = (axis: ChannelAxis) => boolean;

/** It holds a constant: its bias, if it has one, and what becomes of that. */
const DEAD: Fate = ({role, field}) => role === 'makes' && field !== 'bias';

const FATES: readonly Fate[] = [
  () => false,
  DEAD,
  ({role}) => role === 'makes',
  ({role}) => role !== 'takes',
  ({role}) => role === 'takes',
  ({role}) => role === 'passes',
];

/** Makes weights of random units zero, in some groups of all units alike: a model that was pruned where it stands. */
export function silence({axes, groups, unitCount}: ChannelTrace, seed: number, among = FATES): void {
  const fates = [...randomNumbers(unitCount, `fates ${seed}`)].map(draw => among[Math.floor(draw * among.length)]!);
  const alike = randomNumbers(groups.length, `alike ${seed}`);
  groups.forEach(({units}, i) => {
    if (alike[i]! < 0.3) for (const unit of units) fates[unit] = fates[units[0]!]!;
  });
  for (const axis of axes) {
    const zeroed = new Set([...axis.units].filter(unit => fates[unit]!(axis)));
    zeroAlong(axis.variable, axis.axis, axis.units, zeroed);
  }
}

/** Lets most units hold constants, some of them zeros. */
export function deaden(trace: ChannelTrace, seed: number): void {
  silence(trace, seed, [() => false, DEAD, DEAD, ({role}) => role === 'makes']);
}

/** The plan that removes these units. */
export function removalOf({sources}: ChannelTrace, removed: ReadonlySet<number>): Record<string, number[]> {
  const channelsOf = (units: Int32Array) => [...units.keys()].filter(channel => removed.has(units[channel]!));
  return Object.fromEntries(sources.map(({path, units}) => [path, channelsOf(units)]));
}

/** Inputs that fit a model: words where it looks them up, normally distributed numbers elsewhere. */
export function randomInputs(model: Model, batch = 2, seed = 1): tf.Tensor[] {
  const embeddings = modelLayers(model).filter(({layer}) => {
    return (isPrunableLayer(layer) ? layer.layer : layer).getClassName() === 'Embedding';
  });
  const words = new Set(embeddings.flatMap(({layer}) => layer.inboundNodes.flatMap(node => node.inputTensors)));
  return model.inputs.map((input, i) => {
    const shape = [batch, ...input.shape.slice(1).map(size => size ?? 4)];
    if (!words.has(input)) return tf.randomNormal(shape, 0, 1, 'float32', seed + i);
    return tf.randomUniformInt(shape, 0, VOCABULARY, seed + i);
  });
}

/** Expects two models to compute the same, up to the rounding of sums in another order. */
export function expectSameOutputs(a: Model, b: Model, inputs: tf.Tensor[]): void {
  const {error, scale} = difference(a, b, inputs);
  expect(error).toBeLessThanOrEqual(1e-5 * scale + 1e-6);
}

/** The largest difference between the outputs of two models, and the largest of those outputs. */
export function difference(a: Model, b: Model, inputs: tf.Tensor[]): {error: number; scale: number} {
  const [as, bs] = [outputsOf(a, inputs), outputsOf(b, inputs)];
  expect(as.map(({length}) => length)).toEqual(bs.map(({length}) => length));
  const errors = as.flatMap((output, i) => [...output.map((value, j) => Math.abs(value - bs[i]![j]!))]);
  return {error: Math.max(...errors), scale: Math.max(...as.flatMap(output => [...output.map(Math.abs)]))};
}

function outputsOf(model: Model, inputs: tf.Tensor[]): Float32Array[] {
  return tf.tidy(() => [model.predict(inputs)].flat().map(output => output.dataSync<'float32'>()));
}
