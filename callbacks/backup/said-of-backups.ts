import type * as tf from '@tensorflow/tfjs-core';
import * as tfl from '@tensorflow/tfjs-layers';
import {backendName} from '../../src/backup/backend.js';
import {say, sayOnce} from '../../src/display/say.js';
import {unsavedFields} from '../../src/optimizers/optimizer-state.js';
import type {CallbackTraits} from '../parts/callback-state.js';
import type {AnyCallback} from './callback-states.js';

const OWNER = 'BackupAndRestore';

/** EarlyStopping, the one callback of tf.js with state, resets it when a `fit` begins. */
export function sayWhatIsLost(callbacks: readonly AnyCallback[]): void {
  if (!callbacks.some(callback => callback instanceof tfl.EarlyStopping)) return;
  say(
    OWNER,
    'EarlyStopping has no state to save; when the training is resumed, its best value and its patience start over',
  );
}

/** Another backend, or another build of one, rounds differently. */
export async function sayIfElsewhere(place: string, backend: string): Promise<void> {
  const here = await backendName();
  if (backend === here) return;
  say(
    OWNER,
    `the backup in ${place} was made on ${backend} and is resumed on ${here}; results may differ in their last bits`,
  );
}

/** Says why a resumed training will not be equal bit by bit; once per subject. */
export function sayUnrepeatable(subject: object, reasons: readonly string[]): void {
  if (reasons.length === 0) return;
  sayOnce(
    subject,
    OWNER,
    `a training that is resumed will not be equal bit by bit to one that never stopped: ${reasons.join('; ')}`,
  );
}

/**
 * tf.js numbers unnamed layers in the order they are made in a process, and some callbacks draw random numbers by name.
 */
export function sayIfRenamed(
  before: readonly {name: string}[],
  now: readonly {name: string}[],
  callbacks: readonly AnyCallback[],
): void {
  const renamed = before.findIndex(({name}, i) => name !== now[i]!.name);
  const drawing = callbacks.find(each => (each as CallbackTraits).drawsByName === true);
  if (renamed < 0 || !drawing) return;
  say(
    OWNER,
    `"${before[renamed]!.name}" is named "${now[renamed]!.name}" now, and ${drawing.constructor.name} draws by ` +
      'names: it will draw others; name your layers, as tf.js numbers unnamed ones in the order they are made',
  );
}

/** Says which state of an optimizer can't be saved, as it has another form than in tf.js; once per subject. */
export function sayIfForgetful(subject: object, optimizer: tf.Optimizer): void {
  const fields = unsavedFields(optimizer);
  if (fields.length === 0) return;
  sayOnce(
    subject,
    OWNER,
    `optimizer "${optimizer.getClassName()}" remembers tensors in ${fields.map(field => `\`${field}\``).join(', ')} ` +
      "that can't be saved; a training that is resumed continues without them. Keep them as the optimizers of " +
      'tf.js do, in lists of {originalName, variable}',
  );
}
