import {bytesOfText} from '../../math/bytes-of-text.js';
import type {Decoder} from './decoder.js';
import {DECODER_BINARY, type DecoderExports} from './decoder-binary.js';
import {FastDecoder} from './fast-decoder.js';

/** A compiled decoder with a memory of its own, or its twin in JavaScript where a page forbids compilation. */
export async function startDecoder(): Promise<Decoder> {
  const exports = await compiled();
  return exports ? new FastDecoder(exports) : (await import('./plain-decoder.js')).PLAIN_DECODER;
}

let compiling: Promise<WebAssembly.Module> | undefined;

async function compiled(): Promise<(DecoderExports & {readonly memory: WebAssembly.Memory}) | undefined> {
  if (typeof WebAssembly === 'undefined') return undefined;
  try {
    compiling ??= WebAssembly.compile(bytesOfText(DECODER_BINARY));
    return (await WebAssembly.instantiate(await compiling)).exports as never;
  } catch (error) {
    compiling = undefined;
    if (error instanceof WebAssembly.CompileError || error instanceof EvalError) return undefined;
    throw error;
  }
}
