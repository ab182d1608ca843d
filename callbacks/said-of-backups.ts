import * as tfl from '@tensorflow/tfjs-layers';
import {backendName} from '../src/backup/backend.js';
import {say} from '../src/report/say.js';
import type {AnyCallback} from './callback-states.js';

const OWNER = 'BackupAndRestore';

/** tf.js' own callback that remembers something forgets it whenever a `fit` begins. */
export function sayWhatIsLost(callbacks: readonly AnyCallback[]): void {
  if (!callbacks.some(callback => callback instanceof tfl.EarlyStopping)) return;
  say(
    OWNER,
    'EarlyStopping has no state to save; when the training is resumed, its best value and its patience begin anew',
  );
}

/** Another backend, or another build of one, rounds in another way. */
export async function sayIfElsewhere(place: string, backend: string): Promise<void> {
  const here = await backendName();
  if (backend === here) return;
  say(
    OWNER,
    `the backup in ${place} was made on ${backend} and is resumed on ${here}; results may differ in their last bits`,
  );
}

/** Who counts on equal bits must know why there will be none. */
export function sayUnrepeatable(reasons: readonly string[]): void {
  if (reasons.length === 0) return;
  say(
    OWNER,
    `a training that is resumed will not be equal bit by bit to one that never stopped: ${reasons.join('; ')}`,
  );
}
