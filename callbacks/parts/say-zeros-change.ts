import {sayOnce} from '../../src/display/say.js';
import {percent} from '../../src/display/table.js';
import type {UnmaskedZeros} from './unmasked-zeros.js';

/** Says that training will change zeros that are not masked, and what keeps them. */
export function sayZerosChange(subject: object, found: readonly UnmaskedZeros[]): void {
  const shares = found.map(({name, share}) => `${percent(share)} of "${name}"`);
  sayOnce(
    subject,
    subject.constructor.name,
    `many weights are zero, but not masked, and training will change them: ${shares.join(', ')}. ` +
      'To keep the zeros, call `await maskZeros(model)` before the training',
  );
}
