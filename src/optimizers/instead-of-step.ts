import type {Optimizer} from '@tensorflow/tfjs-core';
import {putBefore} from './put-before.js';

/** An optimizer's step on the loss of a batch; `fit` calls it once per batch, inside a tidy. */
export type Minimize = Optimizer['minimize'];

/**
 * Replaces the steps of an optimizer by `action` until the returned function is called. The optimizer keeps its slots
 * and its step count, and gradients passed to `applyGradients` are ignored. Of several replacements the last one runs.
 *
 * @example
 * const stepAgain = insteadOfSteps(model.optimizer, loss => loss()); // the next batches train nothing
 */
export function insteadOfSteps(optimizer: Optimizer, action: Minimize): () => void {
  const removals = [
    putBefore(optimizer, 'minimize', () => action),
    putBefore(optimizer, 'applyGradients', () => () => undefined),
  ];
  return () => removals.forEach(remove => remove());
}
