import {isResumable, type AnyCallback} from './callback-states.js';

const HOOKS = ['onBatchBegin', 'onBatchEnd'] as const;
/** A callback with state has seen the epoch begin; others still need to know which epoch it is. */
const HOOKS_OF_RESUMABLES = [...HOOKS, 'onEpochBegin'] as const;

/**
 * Hides from callbacks what they have seen already: batches, and the beginning of the epoch if they have state.
 *
 * @returns a function that undoes it.
 */
export function muteBatches(callbacks: readonly AnyCallback[]): () => void {
  const unmute = callbacks.flatMap(callback =>
    (isResumable(callback) ? HOOKS_OF_RESUMABLES : HOOKS).map(hook => muted(callback, hook)),
  );
  return () => unmute.forEach(each => each());
}

/** An own property hides the method of the class; some callbacks have one already. */
function muted(callback: AnyCallback, hook: (typeof HOOKS_OF_RESUMABLES)[number]): () => void {
  const own = Object.getOwnPropertyDescriptor(callback, hook);
  Object.defineProperty(callback, hook, {configurable: true, value: () => Promise.resolve()});
  return () => {
    if (own) Object.defineProperty(callback, hook, own);
    else Reflect.deleteProperty(callback, hook);
  };
}
