import type {Optimizer} from '@tensorflow/tfjs-core';

/** What an optimizer does with a loss at each batch; `fit` calls it once, inside a tidy. */
export type Minimize = Optimizer['minimize'];

/** What was in the place of each such step. */
const replaced = new WeakMap<Minimize, PropertyDescriptor | undefined>();

/**
 * Does something else instead of an optimizer's next step, once: the optimizer itself is called for nothing, and keeps its
 * slots and its count of steps. Whatever happens there, the step after it is one again. Of several the last one is done.
 *
 * @returns what takes it back, where that step has not come.
 *
 * @example
 * insteadOfStep(model.optimizer, loss => loss()); // the next batch is looked at, and trains nothing
 */
export function insteadOfStep(optimizer: Optimizer, action: Minimize): () => void {
  // A property of the object's own goes before the method of its class, and is gone without a trace when it is deleted.
  const own = optimizer as Partial<Optimizer>;
  const before = ownMinimize(optimizer);
  const takeBack = () => {
    if (own.minimize !== instead) return;
    delete own.minimize;
    if (before) Object.defineProperty(optimizer, 'minimize', before);
  };
  const instead: Minimize = (...args) => {
    takeBack();
    return action(...args);
  };
  replaced.set(instead, before);
  own.minimize = instead;
  return takeBack;
}

/** A `minimize` that someone else has given the optimizer. */
function ownMinimize(optimizer: Optimizer): PropertyDescriptor | undefined {
  const found = Object.getOwnPropertyDescriptor(optimizer, 'minimize');
  const minimize = found?.value as Minimize | undefined;
  return minimize && replaced.has(minimize) ? replaced.get(minimize) : found;
}
