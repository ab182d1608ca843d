import {received} from '../../src/options/expect.js';
import type {AnyCallback} from './callback-states.js';

/** Expects an instance, at an index of a list of callbacks. */
export function expectCallback(callback: AnyCallback, index: number): void {
  if (typeof (callback as Partial<AnyCallback> | null | undefined)?.setParams === 'function') return;
  throw new TypeError(
    `Expected callbacks that are instances, got ${received(callback)} at ${index}; wrap plain objects as new tf.CustomCallback({...})`,
  );
}

/** The error for a list of callbacks that is not the one to be. */
export function misplaced(what: string): TypeError {
  return new TypeError(
    `BackupAndRestore expects to be the last callback of fit, behind those that restore() was given, but ${what}; write ` +
      '`callbacks: [...callbacks, backup]`, and `backup.restore(makeModel, callbacks)` before',
  );
}

/** The error for a fit that no `restore` has come before. */
export function noTraining(): Error {
  return new Error(
    'BackupAndRestore expects restore() before each training, also after a fit that failed: `const {model, initialEpoch} = await ' +
      'backup.restore(() => newCompiledModel, callbacks)`, then fit this model with `initialEpoch` and `callbacks: [...callbacks, backup]`',
  );
}
