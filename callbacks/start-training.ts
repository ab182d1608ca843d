import * as tf from '@tensorflow/tfjs-core';
import * as tfl from '@tensorflow/tfjs-layers';
import {expectModel} from '../src/layers/model-layers.js';
import {isList, isPlainObject, received} from '../src/options/expect.js';
import {integer, option} from '../src/options/option.js';
import {read} from '../src/options/read.js';
import type {Args} from '../src/options/table.js';
import {builtInnerModel, isInFit, type Model} from '../src/tfjs-internals.js';
import type {CallbackTraits} from './parts/callback-state.js';
import {HOOKS} from './parts/fit-guard.js';
import {TrainingLoop, type Training} from './loop/training-loop.js';

const OPTIONS = {
  /**
   * The optimizer that your loop steps with. Defaults to the one that the model was compiled with, and takes its place.
   * Required if the model is not compiled and a callback works on the optimizer: on its slots (`RigL`,
   * `SparseEvolutionaryTraining`, `SparseMomentum`, `IterativePruning` that rewinds weights), on its learning rate
   * (`ProximalPenalty`, `IterativePruning` with `learningRate`), or in place of its steps (`PruneAtInitialization` by
   * batches).
   */
  optimizer: option(expectOptimizer, undefined),
  /** The maximum number of epochs, including those before `initialEpoch`; at least 1. */
  epochs: integer({min: 1}),
  /** The maximum number of batches per epoch, at least 1. Leave it out for a dataset of unknown length. */
  batchesPerEpoch: integer({min: 1}, undefined),
  /** The number of the first epoch, to continue a training. Defaults to 0. */
  initialEpoch: integer({}, 0),
};

/** Options of {@link startTraining}. */
export type StartTrainingArgs = Args<typeof OPTIONS>;

/** Callbacks, of this library or any other, and plain objects with hooks. */
export type TrainingCallbacks = TrainingCallback | readonly TrainingCallback[];
/** @inline */
type TrainingCallback = tfl.Callback | tfl.CustomCallback | tfl.CustomCallbackArgs;

/**
 * Runs callbacks in a training loop of your own: for gradient clipping or accumulation, distillation, GANs,
 * reinforcement learning, and whatever else `fit` can't do. It drives callbacks exactly as `fit` does; the resulting
 * weights are the same, bit by bit.
 *
 * Call the model with `{training: true}`, compute the loss, add `penalty()`, and step the optimizer: with `minimize`,
 * or with `tf.variableGrads` and `applyGradients`. There may be any number of passes and steps between `batchBegin` and
 * `batchEnd`; a criterion sees the sum of their gradients. A step outside of a batch is refused. To
 * train several models (the halves of a GAN, a policy and its value), start a training for each one that has callbacks,
 * with its own optimizer, and pass its variables to `minimize`: `model.trainableWeights.map(weight => weight.read())`.
 *
 * Until it ends, `fit` and a second `startTraining` refuse the model. If a hook throws, because a callback fails or the
 * call is out of turn, the training ends; if your own code may throw, call `abandon()` in a `finally`. Scalars in logs
 * stay yours. The logs of an epoch are those you pass: batches are not averaged.
 *
 * @param model compiled or not; if the loop trains several models, the one that the callbacks are for.
 * @throws TypeError or RangeError if `model` is not a model, an option is unknown or wrong, or an entry of `callbacks`
 *     is not a callback; Error if the model is being trained already, or a callback needs the `optimizer`; and what the
 *     callbacks throw when `fit` begins.
 *
 * @example
 * const callbacks = [new RigL({sparsity: 0.9, endStep})];
 * const training = await startTraining(model, callbacks, {optimizer, epochs, batchesPerEpoch});
 * for (let epoch = 0; epoch < epochs; epoch++) {
 *   await training.epochBegin();
 *   for (const {x, y} of batches) {
 *     await training.batchBegin();
 *     optimizer.minimize(() => tf.add(lossOf(y, model.apply(x, {training: true})), training.penalty()));
 *     await training.batchEnd();
 *   }
 *   await training.epochEnd();
 * }
 * await training.end();
 */
export async function startTraining(
  model: Model,
  callbacks: TrainingCallbacks,
  args: StartTrainingArgs,
): Promise<Training> {
  const {optimizer: given, ...length} = read('startTraining', args, OPTIONS);
  expectModel('startTraining', model);
  const list = expectCallbacks(callbacks);
  const trained = expectIdle(builtInnerModel(model));
  const optimizer = optimizerOf(given, trained, list);
  const loop = new TrainingLoop(trained, optimizer, list, length);
  await loop.start();
  return loop;
}

/** Callbacks and plain objects in one list; `fit` only accepts one kind at a time. */
function expectCallbacks(callbacks: TrainingCallbacks): tfl.Callback[] {
  const list: unknown[] = isList(callbacks) ? [...(callbacks as readonly unknown[])] : [callbacks];
  return list.map(each => {
    if (typeof (each as tfl.Callback | null | undefined)?.setParams === 'function') return each as tfl.Callback;
    // A CustomCallback is not an instance of Callback, but has all of its hooks.
    if (hasHooks(each)) return new tfl.CustomCallback(each) as unknown as tfl.Callback;
    throw new TypeError(
      `startTraining expects callbacks, or plain objects with hooks such as onEpochEnd, got ${received(each)} among ` +
        'them',
    );
  });
}

function hasHooks(value: unknown): value is tfl.CustomCallbackArgs {
  return isPlainObject(value) && [...HOOKS, 'onYield'].some(hook => hook in (value as object));
}

function expectIdle(model: Model): Model {
  if (!isInFit(model)) return model;
  throw new Error(
    `startTraining expects a model that is not being trained, but "${model.name}" is, by fit or by a loop of its ` +
      'own; await the end of the fit, or call end() or abandon() of the other loop',
  );
}

function expectOptimizer(name: string, optimizer: tf.Optimizer): tf.Optimizer {
  // The instanceof of tf.js fails on null.
  if (Object(optimizer) instanceof tf.Optimizer) return optimizer;
  throw new TypeError(
    `Expected \`${name}\` to be an optimizer, such as tf.train.adam(), got ${received(optimizer)}; it must be the ` +
      'one that steps',
  );
}

/** The optimizer that steps, if it is known. */
function optimizerOf(
  optimizer: tf.Optimizer | undefined,
  model: Model,
  callbacks: readonly tfl.Callback[],
): tf.Optimizer | undefined {
  const ofModel = model.optimizer as tf.Optimizer | undefined;
  const inNeed = callbacks.find(each => (each as CallbackTraits).needsOptimizer === true);
  if (optimizer ?? ofModel ?? !inNeed) return optimizer ?? ofModel;
  throw new Error(
    `${inNeed.constructor.name} works on the optimizer that trains the model, and "${model.name}" was not compiled ` +
      'with one; pass the one that your loop steps with: startTraining(model, callbacks, {optimizer, ...})',
  );
}
