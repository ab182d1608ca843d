import type {Optimizer} from '@tensorflow/tfjs-core';
import {putBefore} from './put-before.js';

/** What an optimizer does with a loss at each batch; `fit` calls it once, inside a tidy. */
export type Minimize = Optimizer['minimize'];

/**
 * Does something else instead of an optimizer's steps, until the returned function is called: the optimizer keeps its
 * slots and its count of steps, and gradients that are handed to it by `applyGradients` are let go. Of several the last
 * one is done.
 *
 * @example
 * const stepAgain = insteadOfSteps(model.optimizer, loss => loss()); // the next batches are looked at, and train
 * nothing
 */
export function insteadOfSteps(optimizer: Optimizer, action: Minimize): () => void {
  const takeAway = [
    putBefore(optimizer, 'minimize', () => action),
    putBefore(optimizer, 'applyGradients', () => () => undefined),
  ];
  return () => takeAway.forEach(each => each());
}
