import * as tf from '@tensorflow/tfjs-core';
import {allWeights, type NamedWeight} from '../layers/all-weights.js';
import {weightsBeside} from '../layers/weights-beside.js';
import {
  optimizerIdentity,
  optimizerState,
  putOptimizerState,
  type OptimizerState,
} from '../optimizers/optimizer-state.js';
import {assign, innerModel, steppedWeights, type Model} from '../tfjs-internals.js';
import type {Tensors} from './artifacts.js';
import {differenceAt, topologyDifference} from './topology-difference.js';

/** Identifies a model: what must be equal for its state to be restored. */
export interface ModelIdentity {
  readonly topology: unknown;
  readonly weights: readonly DescribedWeight[];
  /** The settings of the optimizer, and the weights it steps, in the order of its slots. */
  readonly optimizer: Pick<OptimizerState, 'className' | 'settings'> & {readonly steps: readonly number[]};
}

interface DescribedWeight {
  readonly name: string;
  readonly shape: readonly (number | null)[];
  readonly dtype: string;
}

/** What training changes besides weights: the counts and slots of the optimizer. */
export type ModelProgress = Pick<OptimizerState, 'numbers' | 'slots'>;

/** Identifies a compiled model before it is trained: training may change its layers. */
export function modelIdentity(model: Model): ModelIdentity {
  return throughJson({
    topology: model.toJSON(null, false),
    weights: trainedIn(model).map(({name, weight: {shape, dtype}}) => ({name, shape, dtype})),
    optimizer: {...optimizerIdentity(innerModel(model).optimizer), steps: stepsOf(model)},
  });
}

/** The identity of a model during training: only its optimizer may differ, if the model was compiled again. */
export function identityNow({optimizer: {settings}, ...identity}: ModelIdentity, model: Model): ModelIdentity {
  const {className} = optimizerIdentity(innerModel(model).optimizer);
  return {...identity, optimizer: {className, settings, steps: stepsOf(model)}};
}

/** The difference between two models, in words; undefined if there is none. */
export function modelDifference(before: ModelIdentity, now: ModelIdentity): string | undefined {
  return (
    topologyDifference(before.topology, now.topology) ??
    differenceAt('the list of weights', before.weights.map(shown), now.weights.map(shown)) ??
    differenceAt('the optimizer', before.optimizer.className, now.optimizer.className) ??
    differenceAt('the optimizer', before.optimizer.settings, now.optimizer.settings) ??
    differenceAt('the list of trained weights', namesIn(before), namesIn(now))
  );
}

/** Everything that training changes in a model; the tensors are live. */
export function modelState(model: Model): {progress: ModelProgress; tensors: Tensors} {
  const {numbers, slots, tensors} = optimizerState(innerModel(model));
  const weights = trainedIn(model).map(({weight}, i) => [`weight/${i}`, weight.read()] as const);
  return {progress: {numbers, slots}, tensors: {...Object.fromEntries(weights), ...tensors}};
}

/** Restores the state of a model with the same identity; the tensors stay the caller's. */
export function putModelState(model: Model, {progress, tensors}: {progress: ModelProgress; tensors: Tensors}): void {
  tf.tidy(() => trainedIn(model).forEach(({weight}, i) => assign(weight, tensors[`weight/${i}`]!)));
  const ofOptimizer = Object.entries(tensors).filter(([name]) => /^(slot|variable)\//.test(name));
  putOptimizerState(innerModel(model), {...progress, tensors: Object.fromEntries(ofOptimizer)});
}

/** The weights of a model, and what is trained beside it. */
function trainedIn(model: Model): NamedWeight[] {
  const beside = weightsBeside(model).map(weight => ({name: weight.originalName, weight}));
  return [...allWeights(model), ...beside];
}

function stepsOf(model: Model): number[] {
  const indices = new Map(allWeights(model).map(({weight}, i) => [weight.id, i]));
  return steppedWeights(model).map(({id}) => indices.get(id)!);
}

/** Without the names of layers, which are compared with the topologies: tf.js generates some of them. */
function shown({name, shape, dtype}: DescribedWeight): string {
  return `${lastPart(name)} [${shape.join()}] of ${dtype}`;
}

function namesIn({weights, optimizer: {steps}}: ModelIdentity): string[] {
  return steps.map(i => `${i}: ${lastPart(weights[i]!.name)}`);
}

function lastPart(name: string): string {
  return name.slice(name.lastIndexOf('/') + 1);
}

/** Copies a value through JSON, as if it had been saved. */
function throughJson<T>(value: T): T {
  return JSON.parse(JSON.stringify(value)) as T;
}
