import {readFile} from 'node:fs/promises';
import {UsageError} from './exit-codes.js';
import type {FileArrays} from './number-array.js';
import {readJsonArrays} from './read-json-arrays.js';
import {isNpy, readNpy} from './read-npy.js';
import {isZip, readNpz} from './read-npz.js';
import {usable} from './usable.js';

/** Reads arrays from a .npy, .npz or JSON file. @throws UsageError if there is none, or it holds something else. */
export async function readArrays(file: string): Promise<FileArrays> {
  const bytes = await contentOf(file);
  return usable(() => {
    if (isNpy(bytes)) return readNpy(bytes, file);
    if (isZip(bytes)) return readNpz(bytes, file);
    return readJsonArrays(new TextDecoder().decode(bytes), file);
  });
}

async function contentOf(file: string): Promise<Uint8Array> {
  try {
    return await readFile(file);
  } catch (error) {
    throw new UsageError(`${file} can't be read: ${(error as Error).message}`);
  }
}
