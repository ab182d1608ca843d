import {sizeOf} from '../math/size-of.js';
import {isPlainObject} from '../options/expect.js';
import {MOST_DIMENSIONS, type FileArrays, type NumberArray} from './number-array.js';

/**
 * Reads nested arrays of numbers, or an object of them by name.
 *
 * @param what names the file in errors.
 * @throws TypeError or RangeError if it is something else, or rows differ in length.
 */
export function readJsonArrays(text: string, what: string): FileArrays {
  const json = parsed(text, what);
  if (!isPlainObject(json)) return arrayOf(json, what, text.length);
  const entries = Object.entries(json as object);
  return new Map(entries.map(([name, value]) => [name, arrayOf(value, `"${name}" in ${what}`, text.length)]));
}

function parsed(text: string, what: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new TypeError(`Expected ${what} to be .npy, .npz or JSON, but ${(error as Error).message}`);
  }
}

/** @param most how many values there can be. */
function arrayOf(value: unknown, what: string, most: number): NumberArray {
  const shape: number[] = [];
  for (let inner = value; Array.isArray(inner) && shape.length <= MOST_DIMENSIONS; inner = inner[0] as unknown) {
    shape.push(inner.length);
  }
  if (shape.length === 0 || shape.length > MOST_DIMENSIONS) {
    throw new TypeError(`Expected ${what} to be arrays of numbers, nested at most ${MOST_DIMENSIONS} times`);
  }
  const uneven = () =>
    new RangeError(`Expected ${what} to have rows of equal lengths; its first ones are [${shape.join()}]`);
  if (sizeOf(shape) > most) throw uneven();
  const values = new Float32Array(sizeOf(shape));
  let at = 0;
  const fill = (part: unknown, axis: number): void => {
    if (axis === shape.length) {
      if (typeof part !== 'number')
        throw new TypeError(`Expected ${what} to hold numbers, got ${JSON.stringify(part)}`);
      values[at++] = part;
    } else if (Array.isArray(part) && part.length === shape[axis]) {
      for (const each of part as unknown[]) fill(each, axis + 1);
    } else {
      throw uneven();
    }
  };
  fill(value, 0);
  return {shape, values};
}
