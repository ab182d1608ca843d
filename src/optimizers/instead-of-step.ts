import type {Optimizer} from '@tensorflow/tfjs-core';
import {putBefore} from './put-before.js';

/** What an optimizer does with a loss at each batch, inside a tidy. */
export type Minimize = Optimizer['minimize'];

/**
 * Does something else instead of an optimizer's steps, until the returned function is called: the optimizer keeps its slots and
 * its count of steps, and gradients that are handed to it by `applyGradients` are let go.
 *
 * @param isOver whether it should not be there any more: then it takes itself away, and the step is made.
 *
 * @example
 * const again = insteadOfSteps(model.optimizer, loss => loss(), () => !isBeingTrained(model)); // looked at, not trained
 */
export function insteadOfSteps(optimizer: Optimizer, action: Minimize, isOver: () => boolean): () => void {
  const takeAway = [
    putBefore(optimizer, 'minimize', minimize => unlessOver(minimize, action)),
    putBefore(optimizer, 'applyGradients', apply => unlessOver(apply, () => undefined)),
  ];
  const stop = () => takeAway.forEach(each => each());
  return stop;

  function unlessOver<M extends (...args: never[]) => unknown>(step: M, instead: M): M {
    return ((...args) => {
      if (!isOver()) return instead(...args);
      stop();
      return step(...args);
    }) as M;
  }
}
