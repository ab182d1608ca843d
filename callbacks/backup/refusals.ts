import {received} from '../../src/options/expect.js';
import type {Place} from '../../src/backup/backup.js';
import type {AnyCallback} from './callback-states.js';

/** Expects an entry of a list of callbacks to be an instance. */
export function expectCallback(callback: AnyCallback, index: number): void {
  if (typeof (callback as Partial<AnyCallback> | null | undefined)?.setParams === 'function') return;
  throw new TypeError(
    `Expected callbacks that are instances, got ${received(callback)} at ${index}; ` +
      'wrap plain objects as new tf.CustomCallback({...})',
  );
}

/** The error for a list of callbacks that differs from the one given to `restore`, with BackupAndRestore at its end. */
export function misplaced(what: string): TypeError {
  return new TypeError(
    'BackupAndRestore expects to be the last callback of fit, behind those that restore() was given, but ' +
      `${what}; write \`callbacks: [...callbacks, backup]\`, and call \`backup.restore(makeModel, callbacks)\` before`,
  );
}

/** The error for a fit without a `restore` before it. */
export function noTraining(): Error {
  return new Error(
    'BackupAndRestore expects restore() before each training, also after a fit that failed: `const {model, ' +
      'initialEpoch} = await backup.restore(() => newCompiledModel, callbacks)`, then fit this model with ' +
      '`initialEpoch` and `callbacks: [...callbacks, backup]`',
  );
}

/** The error for projections of a distillation that came or went after `restore`. */
export function anotherDistillation(): TypeError {
  return new TypeError(
    'BackupAndRestore expects projections of distill() to be there when restore() runs, and to stay; call distill in ' +
      'the function that makes the model, and remove() it only after the training',
  );
}

/** The error for a training that is not the one in the backup. */
export function anotherTraining({name}: Pick<Place, 'name'>, difference: string): RangeError {
  return new RangeError(
    `BackupAndRestore can't go on with the training in ${name}: ${difference}. Go on with what the backup was made ` +
      'with, or keep the backups of another training in another place',
  );
}
