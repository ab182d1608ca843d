import * as tf from '@tensorflow/tfjs-core';
import {allWeights} from '../layers/all-weights.js';
import {
  optimizerIdentity,
  optimizerState,
  putOptimizerState,
  type OptimizerState,
} from '../optimizers/optimizer-state.js';
import {assign, innerModel, steppedWeights, type Model} from '../tfjs-internals.js';
import type {Tensors} from './artifacts.js';
import {differenceAt, topologyDifference} from './topology-difference.js';

/** By what a model is known again: what must be the same for its state to be taken over. */
export interface ModelIdentity {
  readonly topology: unknown;
  readonly weights: readonly DescribedWeight[];
  /** The optimizer's settings, and which of the weights it steps, in the order of its slots. */
  readonly optimizer: Pick<OptimizerState, 'className' | 'settings'> & {readonly steps: readonly number[]};
}

interface DescribedWeight {
  readonly name: string;
  readonly shape: readonly (number | null)[];
  readonly dtype: string;
}

/** What changes of a model while it trains, beside its weights: what its optimizer counts and remembers. */
export type ModelProgress = Pick<OptimizerState, 'numbers' | 'slots'>;

/** Looks at a model that was compiled and has not been trained: training may set something on its layers. */
export function modelIdentity(model: Model): ModelIdentity {
  return throughJson({
    topology: model.toJSON(null, false),
    weights: allWeights(model).map(({name, weight: {shape, dtype}}) => ({name, shape, dtype})),
    optimizer: {...optimizerIdentity(innerModel(model).optimizer), steps: stepsOf(model)},
  });
}

/**
 * The identity of a model that training has changed: only the optimizer may be another one, where the model was
 * compiled anew.
 */
export function identityNow({optimizer: {settings}, ...identity}: ModelIdentity, model: Model): ModelIdentity {
  const {className} = optimizerIdentity(innerModel(model).optimizer);
  return {...identity, optimizer: {className, settings, steps: stepsOf(model)}};
}

/** How another model differs, in words; undefined where it does not. */
export function modelDifference(before: ModelIdentity, now: ModelIdentity): string | undefined {
  return (
    topologyDifference(before.topology, now.topology) ??
    differenceAt('the list of weights', before.weights.map(shown), now.weights.map(shown)) ??
    differenceAt('the optimizer', before.optimizer.className, now.optimizer.className) ??
    differenceAt('the optimizer', before.optimizer.settings, now.optimizer.settings) ??
    differenceAt('the list of trained weights', namesIn(before), namesIn(now))
  );
}

/** All of a model that training changes; the tensors are the live ones. */
export function modelState(model: Model): {progress: ModelProgress; tensors: Tensors} {
  const {numbers, slots, tensors} = optimizerState(innerModel(model));
  const weights = allWeights(model).map(({weight}, i) => [`weight/${i}`, weight.read()] as const);
  return {progress: {numbers, slots}, tensors: {...Object.fromEntries(weights), ...tensors}};
}

/** Lets a model of the same identity go on from a state; the tensors stay the caller's. */
export function putModelState(model: Model, {progress, tensors}: {progress: ModelProgress; tensors: Tensors}): void {
  tf.tidy(() => allWeights(model).forEach(({weight}, i) => assign(weight, tensors[`weight/${i}`]!)));
  const ofOptimizer = Object.entries(tensors).filter(([name]) => /^(slot|variable)\//.test(name));
  putOptimizerState(innerModel(model), {...progress, tensors: Object.fromEntries(ofOptimizer)});
}

function stepsOf(model: Model): number[] {
  const indices = new Map(allWeights(model).map(({weight}, i) => [weight.id, i]));
  return steppedWeights(model).map(({id}) => indices.get(id)!);
}

/** The layers' names are compared with the topologies: some are made up. */
function shown({name, shape, dtype}: DescribedWeight): string {
  return `${lastPart(name)} [${shape.join()}] of ${dtype}`;
}

function namesIn({weights, optimizer: {steps}}: ModelIdentity): string[] {
  return steps.map(i => `${i}: ${lastPart(weights[i]!.name)}`);
}

function lastPart(name: string): string {
  return name.slice(name.lastIndexOf('/') + 1);
}

/** As it comes back from where it is kept. */
function throughJson<T>(value: T): T {
  return JSON.parse(JSON.stringify(value)) as T;
}
