import {received} from '../options/expect.js';
import type {Config} from '../tfjs-internals.js';
import type {MakeGate} from './gate.js';

/** Makes gates by the options that a file holds. */
type FromArgs = (args: object) => {readonly make: MakeGate};

const declared = new Map<string, FromArgs>();

/** Remembers gates by the name under which files hold them. */
export function rememberGate(name: string, fromArgs: FromArgs): void {
  if (typeof name !== 'string' || name === '') throw new TypeError(`declareGate expects a name, got ${received(name)}`);
  declared.set(name, fromArgs);
}

/**
 * The gates that a layer's configuration names.
 *
 * @throws TypeError if they are not declared.
 */
export function gateNamed(name: string, args: Config): MakeGate {
  const fromArgs = declared.get(name);
  if (fromArgs) return fromArgs(args).make;
  throw new TypeError(
    `Expected the gate "${name}" to be declared; call declareGate('${name}', ...), or import what does, before the ` +
      'model is loaded',
  );
}
