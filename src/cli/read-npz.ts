import {unzipSync} from 'fflate';
import {MOST_VALUES, type NumberArray} from './number-array.js';
import {readNpy} from './read-npy.js';

/** Deflate makes a file smaller by at most so many times: what says more lies. */
const MOST_SMALLER = 1032;

/** Whether bytes begin as a zip file. */
export function isZip(bytes: Uint8Array): boolean {
  return bytes[0] === 0x50 && bytes[1] === 0x4b && bytes[2] === 3 && bytes[3] === 4;
}

/**
 * Reads the arrays that `numpy.savez` or `savez_compressed` wrote, by their names.
 *
 * @param what names the file in errors.
 * @throws RangeError or TypeError if it is truncated, or holds something else than numbers.
 */
export function readNpz(bytes: Uint8Array, what: string): Map<string, NumberArray> {
  const entries = Object.entries(unzipped(bytes, what));
  if (entries.length === 0) throw new TypeError(`Expected ${what} to hold arrays as .npy files, but it holds none`);
  return new Map(
    entries.map(([name, content]) => [name.replace(/\.npy$/, ''), readNpy(content, `${name} in ${what}`)]),
  );
}

function unzipped(bytes: Uint8Array, what: string): Record<string, Uint8Array> {
  try {
    return unzipSync(bytes, {
      filter({name, size, originalSize}) {
        if (!name.endsWith('.npy')) return false;
        const isPossible = size <= bytes.length && originalSize <= Math.min(MOST_VALUES, MOST_SMALLER * size + 64);
        if (isPossible) return true;
        throw new RangeError(`it says that ${name} has ${originalSize} bytes in ${size}`);
      },
    });
  } catch (error) {
    throw new TypeError(`Expected ${what} to be a .npz file, but ${(error as Error).message}; it is damaged`);
  }
}
