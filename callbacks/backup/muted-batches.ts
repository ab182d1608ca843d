import {isResumable, type AnyCallback} from './callback-states.js';

const HOOKS = ['onBatchBegin', 'onBatchEnd'] as const;
/** What has a state that was given within the epoch has seen it begin; all else is to know which epoch it is. */
const HOOKS_OF_RESUMABLES = [...HOOKS, 'onEpochBegin'] as const;

/**
 * Lets callbacks see nothing that they have seen already, whatever class they are of: no batches, and the beginning of
 * the epoch only where they have no state.
 *
 * @returns what lets them see all again.
 */
export function muteBatches(callbacks: readonly AnyCallback[]): () => void {
  const unmute = callbacks.flatMap(callback =>
    (isResumable(callback) ? HOOKS_OF_RESUMABLES : HOOKS).map(hook => muted(callback, hook)),
  );
  return () => unmute.forEach(each => each());
}

/** A property of the object's own goes before the method of its class; some callbacks have one already. */
function muted(callback: AnyCallback, hook: (typeof HOOKS_OF_RESUMABLES)[number]): () => void {
  const own = Object.getOwnPropertyDescriptor(callback, hook);
  Object.defineProperty(callback, hook, {configurable: true, value: () => Promise.resolve()});
  return () => {
    if (own) Object.defineProperty(callback, hook, own);
    else Reflect.deleteProperty(callback, hook);
  };
}
