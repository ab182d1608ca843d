import * as tf from '@tensorflow/tfjs';
import {isPrunableLayer, stripPruning} from 'tfjs-pruning';
import {modelLayers} from '../../src/layers/model-layers.js';
import {copyWeights} from '../../src/layers/rebuild.js';
import {randomNumbers} from '../../src/math/random-numbers.js';
import type {ChannelAxis, ChannelTrace} from '../../src/surgery/trace/channel-trace.js';
import {assign, type LayerVariable, type Model} from '../../src/tfjs-internals.js';

/** How many words the embeddings of the test models know. */
export const VOCABULARY = 5;

/**
 * What a model must compute without some units: a copy, as large as before, in which nothing that takes one of them in heeds it,
 * since its weights for it are zero. Zeroing the filters that make a channel would be no oracle: a bias, or a batch
 * normalization behind, makes a constant of their zeros.
 */
export function zeroedConsumers(model: Model, {axes}: ChannelTrace, removed: ReadonlySet<number>): Model {
  const copy = stripPruning(model);
  const copies = new Map<number, LayerVariable>();
  copyWeights(model, copy, (from, to) => copies.set(from.id, to));
  for (const {variable, axis, role, units} of axes) {
    if (role === 'takes') zeroAlong(copies.get(variable.id)!, axis, units, removed);
  }
  return copy;
}

function zeroAlong(variable: LayerVariable, axis: number, units: Int32Array, removed: ReadonlySet<number>): void {
  const shape = variable.shape.map((_, i) => (i === axis ? units.length : 1));
  const kept = Float32Array.from(units, unit => (removed.has(unit) ? 0 : 1));
  tf.tidy(() => assign(variable, tf.mul(variable.read(), tf.tensor(kept, shape))));
}

/** Units that can go, drawn at random (each with the chance `share`), such that no axis of a weight loses all of its own. */
export function randomRemoval(trace: ChannelTrace, seed: number, share = 0.5): Set<number> {
  const free = trace.groups.filter(({frozen}) => frozen === undefined).flatMap(({units}) => [...units]);
  const draws = randomNumbers(free.length, `removal ${seed}`);
  const removed = new Set<number>();
  free.forEach((unit, i) => {
    if (draws[i]! >= share) return;
    removed.add(unit);
    if ([...trace.sources, ...trace.axes].some(({units}) => units.every(other => removed.has(other))))
      removed.delete(unit);
  });
  return removed;
}

/** What may become of a unit when a model is pruned by masks: which of its weights are zero. */
const FATES: readonly ((axis: ChannelAxis) => boolean)[] = [
  () => false,
  ({role, field}) => role === 'makes' && field !== 'bias',
  ({role}) => role === 'makes',
  ({role}) => role !== 'takes',
  ({role}) => role === 'takes',
  ({role}) => role === 'passes',
];

/** Makes weights of random units zero, in some groups of all units alike: a model that was pruned where it stands. */
export function silence({axes, groups, unitCount}: ChannelTrace, seed: number): void {
  const fates = [...randomNumbers(unitCount, `fates ${seed}`)].map(draw => FATES[Math.floor(draw * FATES.length)]!);
  const alike = randomNumbers(groups.length, `alike ${seed}`);
  groups.forEach(({units}, i) => {
    if (alike[i]! < 0.3) for (const unit of units) fates[unit] = fates[units[0]!]!;
  });
  for (const axis of axes) {
    const zeroed = new Set([...axis.units].filter(unit => fates[unit]!(axis)));
    zeroAlong(axis.variable, axis.axis, axis.units, zeroed);
  }
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
