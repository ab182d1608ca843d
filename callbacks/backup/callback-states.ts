import * as tf from '@tensorflow/tfjs-core';
import type * as tfl from '@tensorflow/tfjs-layers';
import type {Tensors} from '../../src/backup/artifacts.js';
import type {SavedCallback} from '../../src/backup/backup.js';
import {expectJson} from '../../src/backup/expect-json.js';
import {differenceAt} from '../../src/backup/topology-difference.js';
import type {CallbackState, ResumableCallback} from '../parts/callback-state.js';

/**
 * A callback as `fit` takes it, resumable or not.
 *
 * @inline
 */
export type AnyCallback = tfl.Callback | tfl.CustomCallback;

/** Whether a callback has `state()` and `restore()`. */
export function isResumable(callback: object): callback is ResumableCallback {
  const {state, restore} = callback as Partial<ResumableCallback>;
  return typeof state === 'function' && typeof restore === 'function';
}

/** How callbacks differ from those in a backup; undefined if they agree. */
export function callbackDifference(
  saved: readonly SavedCallback[],
  callbacks: readonly AnyCallback[],
): string | undefined {
  const nameOf = (className: string, hasState: boolean) => (hasState ? className : `${className}, which has no state`);
  const before = saved.map(({className, json}) => nameOf(className, json !== undefined));
  const now = callbacks.map(callback => nameOf(callback.constructor.name, isResumable(callback)));
  return differenceAt('the list of callbacks', before, now);
}

/** Reads the states of all callbacks; the tensors belong to the caller. */
export async function callbackStates(
  callbacks: readonly AnyCallback[],
): Promise<{saved: SavedCallback[]; tensors: Tensors}> {
  const tensors: Record<string, tf.Tensor> = {};
  const saved: SavedCallback[] = [];
  try {
    for (const [i, callback] of callbacks.entries()) {
      const className = callback.constructor.name;
      if (!isResumable(callback)) {
        saved.push({className});
        continue;
      }
      const state = await callback.state();
      Object.values(state.tensors).forEach((tensor, k) => (tensors[`callback/${i}/${k}`] = tensor));
      const json = expectJson(`the state of callbacks[${i}] (${className})`, state.json);
      saved.push({className, json, tensors: Object.keys(state.tensors)});
    }
    return {saved, tensors};
  } catch (error) {
    tf.dispose(tensors);
    throw error;
  }
}

/** Restores the states of callbacks and does something else: all of it, or nothing if any part throws. */
export async function putCallbackStates(
  callbacks: readonly AnyCallback[],
  saved: readonly SavedCallback[],
  tensors: Tensors,
  besides: () => void | Promise<void>,
): Promise<void> {
  const before: {callback: ResumableCallback; state: CallbackState}[] = [];
  try {
    for (const [i, callback] of callbacks.entries()) {
      if (!isResumable(callback)) continue;
      before.push({callback, state: await callback.state()});
      const {json = {}, tensors: names = []} = saved[i]!;
      const own = names.map((name, k) => [name, tensors[`callback/${i}/${k}`]!] as const);
      await callback.restore({json, tensors: Object.fromEntries(own)});
    }
    await besides();
  } catch (error) {
    for (const {callback, state} of before) await callback.restore(state);
    throw error;
  } finally {
    tf.dispose(before.map(({state}) => state.tensors));
  }
}
