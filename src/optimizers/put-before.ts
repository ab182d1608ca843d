import type {Optimizer} from '@tensorflow/tfjs-core';

type Step = 'minimize' | 'applyGradients';

/**
 * Puts a function before a method of one optimizer, until the returned function is called. Several may stand before the same
 * method, and be taken away in any order.
 *
 * @param replace makes it of the method that was called so far.
 *
 * @example
 * const takeAway = putBefore(optimizer, 'applyGradients', apply => gradients => apply(clipped(gradients)));
 */
export function putBefore<K extends Step>(
  optimizer: Optimizer,
  name: K,
  replace: (method: Optimizer[K]) => Optimizer[K],
): () => void {
  // A property of the object's own goes before the method of its class, and is gone without a trace when it is deleted.
  const own = Object.getOwnPropertyDescriptor(optimizer, name);
  const before = optimizer[name].bind(optimizer) as Optimizer[K];
  let current = replace(before) as (...args: unknown[]) => unknown;
  const mine = (...args: unknown[]) => current(...args);
  Object.defineProperty(optimizer, name, {value: mine, configurable: true, writable: true});
  return () => {
    current = before as typeof current; // whoever stands before this one goes on to call it
    if ((optimizer[name] as unknown) !== mine) return;
    if (own) Object.defineProperty(optimizer, name, own);
    else Reflect.deleteProperty(optimizer, name);
  };
}
