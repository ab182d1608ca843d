import type {Optimizer} from '@tensorflow/tfjs-core';

/** The methods by which an optimizer steps. */
type Step = 'minimize' | 'applyGradients';
type Method = (...args: never[]) => unknown;
type Replace = (method: Method) => Method;

/** What stands before a method of an optimizer, the last one foremost, and what removes all of it. */
interface Stack {
  readonly replacements: Set<Replace>;
  readonly remove: () => void;
  /** Whether the optimizer had a method of its own already, as one has that a user has patched. */
  readonly isOverOwn: boolean;
}

const stacks: Record<Step, WeakMap<Optimizer, Stack>> = {minimize: new WeakMap(), applyGradients: new WeakMap()};

/**
 * Puts a function before a method of one optimizer, until the returned function is called. Several may stand before the
 * same method, and be taken away in any order.
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
  const stack = stacks[name].get(optimizer) ?? putStack(optimizer, name);
  const mine: Replace = method => replace(method as Optimizer[K]);
  stack.replacements.add(mine);
  return () => {
    stack.replacements.delete(mine);
    if (stack.replacements.size === 0 && stacks[name].get(optimizer) === stack) stack.remove();
  };
}

/**
 * Whether a method is one of the optimizer's own, and not its class', but for what stands before it by {@link
 * putBefore}.
 */
export function isPatched(optimizer: Optimizer, name: Step): boolean {
  return stacks[name].get(optimizer)?.isOverOwn ?? Object.hasOwn(optimizer, name);
}

function putStack(optimizer: Optimizer, name: Step): Stack {
  // A property of the object's own goes before the method of its class, and is gone without a trace when it is deleted.
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
