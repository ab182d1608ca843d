import type {Optimizer} from '@tensorflow/tfjs-core';

/** The methods with which an optimizer steps. */
type Step = 'minimize' | 'applyGradients';
type Method = (...args: never[]) => unknown;
type Replace = (method: Method) => Method;

/** The replacements of a method, the last one first, and a function that removes them all. */
interface Stack {
  readonly replacements: Set<Replace>;
  readonly remove: () => void;
  /** Whether the optimizer object had the method before, because a user has patched it. */
  readonly isOverOwn: boolean;
}

const stacks: Record<Step, WeakMap<Optimizer, Stack>> = {minimize: new WeakMap(), applyGradients: new WeakMap()};

/**
 * Replaces a method of one optimizer until the returned function is called. Several replacements of the same method
 * nest, and can be removed in any order.
 *
 * @param replace makes the new method from the current one.
 *
 * @example
 * const remove = putBefore(optimizer, 'applyGradients', apply => gradients => apply(clipped(gradients)));
 */
export function putBefore<K extends Step>(
  optimizer: Optimizer,
  name: K,
  replace: (method: Optimizer[K]) => Optimizer[K],
): () => void {
  const stack = stacks[name].get(optimizer) ?? putStack(optimizer, name);
  const mine: Replace = method => replace(method as Optimizer[K]);
  stack.replacements.add(mine);
  return () => {
    stack.replacements.delete(mine);
    if (stack.replacements.size === 0 && stacks[name].get(optimizer) === stack) stack.remove();
  };
}

/** Whether a method belongs to the optimizer object instead of its class, not counting {@link putBefore}. */
export function isPatched(optimizer: Optimizer, name: Step): boolean {
  return stacks[name].get(optimizer)?.isOverOwn ?? Object.hasOwn(optimizer, name);
}

function putStack(optimizer: Optimizer, name: Step): Stack {
  // an own property shadows the method of the class, and leaves no trace when deleted
  const own = Object.getOwnPropertyDescriptor(optimizer, name);
  const first: Method = optimizer[name].bind(optimizer);
  const replacements = new Set<Replace>();
  const value = (...args: never[]) => [...replacements].reduce((method, replace) => replace(method), first)(...args);
  Object.defineProperty(optimizer, name, {value, configurable: true, writable: true});
  const remove = () => {
    stacks[name].delete(optimizer);
    if (optimizer[name] !== value) return;
    if (own) Object.defineProperty(optimizer, name, own);
    else Reflect.deleteProperty(optimizer, name);
  };
  const stack = {replacements, remove, isOverOwn: own !== undefined};
  stacks[name].set(optimizer, stack);
  return stack;
}
