import type * as tf from '@tensorflow/tfjs-core';
import {prunableLayers} from '../../src/layers/model-layers.js';
import {putBefore} from '../../src/optimizers/put-before.js';
import {noteStepped} from '../../src/optimizers/slots.js';
import {lendOptimizer, setInFit, type Model} from '../../src/tfjs-internals.js';

type Gradients = Parameters<tf.Optimizer['applyGradients']>[0];

/**
 * Puts a model into the state that it has in `fit`, for a user's own training loop: the optimizer trains it, and the
 * gradients of pruned weights are zero.
 *
 * @param isStepTime whether the optimizer may step the model now.
 * @returns a function that ends this state; it does nothing the second time.
 */
export function borrowModel(model: Model, optimizer: tf.Optimizer | undefined, isStepTime: () => boolean): () => void {
  freezeVariables(model);
  setInFit(model, true);
  const giveBack = [showGradients(model, optimizer)];
  if (optimizer) giveBack.push(lendOptimizer(model, optimizer), watchSteps(model, optimizer, isStepTime));
  return () => {
    if (giveBack.length === 0) return;
    setInFit(model, false); // first, so that callbacks undo their changes to the rest
    giveBack
      .splice(0)
      .reverse()
      .forEach(each => each());
  };
}

/**
 * Building a Sequential makes the variables of frozen layers trainable again; a `minimize` without a list of variables
 * would train them.
 */
function freezeVariables({nonTrainableWeights}: Model): void {
  for (const weight of nonTrainableWeights) weight.trainable = false;
}

/** Makes gradients of pruned weights zero for the user; within `minimize` only the optimizer sees them. */
function showGradients(model: Model, optimizer: tf.Optimizer | undefined): () => void {
  const weights = prunableLayers(model).flatMap(({layer}) => layer.maskedWeights);
  const show = () => weights.map(weight => weight.showGradient());
  let shown = show();
  const hide = () => shown.splice(0).forEach(each => each());
  if (!optimizer) return hide;
  const remove = putBefore(optimizer, 'minimize', minimize => (...args) => {
    hide();
    try {
      return minimize(...args);
    } finally {
      shown = show();
    }
  });
  return () => {
    remove();
    hide();
  };
}

/** Refuses steps outside of a batch, and notes which variables each step covers. */
function watchSteps(model: Model, optimizer: tf.Optimizer, isStepTime: () => boolean): () => void {
  const own = new Set(model.weights.map(({name}) => name));
  const remove = putBefore(optimizer, 'applyGradients', apply => (gradients: Gradients) => {
    const names = Array.isArray(gradients) ? gradients.map(({name}) => name) : Object.keys(gradients);
    if (names.some(name => own.has(name))) {
      if (!isStepTime()) throw outsideBatch(model);
      noteStepped(optimizer, names);
    }
    apply(gradients);
  });
  return () => {
    remove();
    noteStepped(optimizer, undefined);
  };
}

function outsideBatch({name}: Model): Error {
  return new Error(
    `The optimizer stepped "${name}" outside of a batch; make each step after \`await training.batchBegin()\` ` +
      'and before `await training.batchEnd()`',
  );
}
