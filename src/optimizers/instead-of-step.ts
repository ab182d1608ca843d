import type {Optimizer} from '@tensorflow/tfjs-core';

/** What an optimizer does with a loss at each batch; `fit` calls it once, inside a tidy. */
export type Minimize = Optimizer['minimize'];

/**
 * Does something else instead of an optimizer's next step, once: the optimizer itself is called for nothing, and keeps its
 * slots and its count of steps. Whatever happens there, the step after it is one again.
 *
 * @example
 * insteadOfStep(model.optimizer, loss => loss()); // the next batch is looked at, and trains nothing
 */
export function insteadOfStep(optimizer: Optimizer, action: Minimize): void {
  // A property of the object's own goes before the method of its class, and is gone without a trace when it is deleted.
  const own = optimizer as Partial<Optimizer>;
  own.minimize = (...args) => {
    delete own.minimize;
    return action(...args);
  };
}
