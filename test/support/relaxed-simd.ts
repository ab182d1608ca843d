import {setFlagsFromString} from 'node:v8';
import {RELAXED_BINARY} from '../../src/runtime/kernels/relaxed-binary.js';
import {bytesOfText} from '../../src/math/bytes-of-text.js';

/**
 * Has this process know relaxed SIMD, which Node 20 does behind a flag alone.
 *
 * @returns what undoes it, for the tests of other files.
 */
export function allowRelaxedSimd(): () => void {
  if (WebAssembly.validate(bytesOfText(RELAXED_BINARY))) return () => undefined;
  setFlagsFromString('--experimental-wasm-relaxed-simd');
  return () => setFlagsFromString('--no-experimental-wasm-relaxed-simd');
}
