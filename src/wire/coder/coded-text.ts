import {CompressedFileError} from '../format/compressed-file-error.js';
import {RangeDecoder, RangeEncoder, type BitCoder} from './range-coder.js';
import {TextModel} from './text-model.js';
import {TYPICAL} from './typical-text.js';

const LEARNING: BitCoder = {code: bit => bit};

let taught: TextModel | undefined;

/** A model that knows what is typical. */
function experienced(): TextModel {
  taught ??= taughtModel();
  return taught.copy();
}

function taughtModel(): TextModel {
  const model = new TextModel();
  for (const byte of new TextEncoder().encode(TYPICAL)) model.code(LEARNING, byte);
  return model;
}

/** Codes a text. */
export function encodeText(text: string): Uint8Array {
  const range = new RangeEncoder();
  const model = experienced();
  for (const byte of new TextEncoder().encode(text)) model.code(range, byte);
  return range.finish();
}

/**
 * Reads what {@link encodeText} wrote.
 *
 * @param length in bytes.
 * @throws CompressedFileError if there is not so much.
 */
export function decodeText(bytes: Uint8Array, length: number): string {
  const range = new RangeDecoder(bytes);
  const model = experienced();
  const next = () => {
    if (range.isSpent) throw new CompressedFileError('its text ends too early');
    return model.code(range, 0);
  };
  return new TextDecoder().decode(Uint8Array.from({length}, next));
}
