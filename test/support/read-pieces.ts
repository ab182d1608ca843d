import type {FileWeight, ModelFile} from '../../src/wire/format/model-file.js';
import {readModelFile} from '../../src/wire/format/read-model-file.js';

/** Reads a file that comes in pieces of a size, by default at once. */
export function readPieces(bytes: Uint8Array, size = Infinity): Promise<ModelFile> {
  return readModelFile(pieces(bytes, size), (weight: FileWeight) => weight);
}

async function* pieces(bytes: Uint8Array, size: number) {
  for (let at = 0; at < bytes.length; at += size) yield Promise.resolve(bytes.subarray(at, at + size));
}
