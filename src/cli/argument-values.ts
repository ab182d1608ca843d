import {UsageError} from './exit-codes.js';
import {usableNow} from './usable.js';

/** A number that an argument gives; undefined without it. @param expect throws if it is out of range. */
export function numberOf(
  name: string,
  text: string | undefined,
  expect: (name: string, value: number) => number,
): number | undefined {
  if (text === undefined) return undefined;
  const value = text.trim() === '' ? NaN : Number(text);
  if (Number.isNaN(value)) throw new UsageError(`Expected ${name} to be a number, got "${text}"`);
  return usableNow(() => expect(name, value));
}

/** One of some names that an argument gives. */
export function oneOfNames<T extends string>(name: string, text: string, names: readonly T[]): T {
  const found = names.find(each => each === text);
  if (found !== undefined) return found;
  throw new UsageError(`Expected ${name} to be one of ${names.join(', ')}, got "${text}"`);
}

/** Layers: `conv1,conv2` or `/^conv/`. */
export function layersOf(name: string, text: string | undefined): (string | RegExp)[] | undefined {
  if (text === undefined) return undefined;
  const [, pattern] = /^\/(.+)\/$/.exec(text) ?? [];
  if (pattern !== undefined) return [usableNow(() => new RegExp(pattern))];
  const names = text.split(',').filter(part => part !== '');
  if (names.length > 0) return names;
  throw new UsageError(`Expected ${name} to name layers, as in conv1,conv2 or /^conv/, got nothing`);
}

/** Sizes of inputs, without the batch: `224x224x3`, and more of them after commas. */
export function shapesOf(text: string | undefined): number[][] | undefined {
  if (text === undefined) return undefined;
  if (/^\d+(x\d+)*(,\d+(x\d+)*)*$/.test(text)) return text.split(',').map(shape => shape.split('x').map(Number));
  throw new UsageError(`Expected --input-shapes as in 224x224x3 or 224x224x3,10, got "${text}"`);
}
