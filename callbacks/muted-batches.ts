import type {AnyCallback} from './callback-states.js';

const HOOKS = ['onBatchBegin', 'onBatchEnd'] as const;

/**
 * Lets callbacks see no batches, whatever class they are of.
 *
 * @returns what lets them see batches again.
 */
export function muteBatches(callbacks: readonly AnyCallback[]): () => void {
  const unmute = callbacks.flatMap(callback => HOOKS.map(hook => muted(callback, hook)));
  return () => unmute.forEach(each => each());
}

/** A property of the object's own goes before the method of its class; some callbacks have one already. */
function muted(callback: AnyCallback, hook: (typeof HOOKS)[number]): () => void {
  const own = Object.getOwnPropertyDescriptor(callback, hook);
  Object.defineProperty(callback, hook, {configurable: true, value: () => Promise.resolve()});
  return () => {
    if (own) Object.defineProperty(callback, hook, own);
    else Reflect.deleteProperty(callback, hook);
  };
}
