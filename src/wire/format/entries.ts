import {sizeOf} from '../../math/size-of.js';
import {CompressedFileError} from './compressed-file-error.js';
import {matrixOf, type Json} from './model-file.js';

/** What the text of a file says of a weight. */
export interface WeightEntry {
  readonly name: string;
  readonly shape: readonly number[];
  readonly coding: 'grid' | 'codebook' | 'float32' | 'float16' | 'int32' | 'bool';
  /** Of a grid: what the exponents are counted from. */
  readonly middle: number;
  /** Of a grid: how many exponents there are. */
  readonly scales: number;
  /** Of a codebook: how many values it has, and which of them is level 0. */
  readonly values: number;
  readonly zero: number;
}

const CODINGS = new Set(['grid', 'codebook', 'float32', 'float16', 'int32', 'bool']);
const MOST_DIMENSIONS = 8;
const MOST_LEVELS = 65536;
const MOST_EXPONENT = 8192;

/** Reads what is said of the weights. @throws CompressedFileError if it can't be. */
export function readEntries(weights: Json | undefined): WeightEntry[] {
  if (!Array.isArray(weights)) throw new CompressedFileError('it has no list of weights');
  return (weights as readonly Json[]).map(readEntry);
}

function readEntry(entry: Json): WeightEntry {
  const [name, shape, coding, first = 0, second = 0] = (Array.isArray(entry) ? entry : []) as Json[];
  const isRight = typeof name === 'string' && isShape(shape) && CODINGS.has(coding as string);
  if (!isRight) throw new CompressedFileError(`it has a weight of ${JSON.stringify(entry).slice(0, 100)}`);
  const kind = coding as WeightEntry['coding'];
  const {columns} = matrixOf(shape);
  const of = (what: string, value: Json, least: number, most: number) => {
    if (Number.isInteger(value) && (value as number) >= least && (value as number) <= most) return value as number;
    throw new CompressedFileError(`${what} of ${name} is ${JSON.stringify(value)}`);
  };
  const isGrid = kind === 'grid';
  const isCodebook = kind === 'codebook';
  const values = isCodebook ? of('the codebook', first, sizeOf(shape) === 0 ? 0 : 1, MOST_LEVELS) : 0;
  return {
    name,
    shape,
    coding: kind,
    middle: isGrid ? of('the exponent', first, -MOST_EXPONENT, MOST_EXPONENT) : 0,
    scales: !isGrid ? 0 : of('the number of scales', second, 0, 1) === 1 ? 1 : columns,
    values,
    zero: isCodebook ? of('the zero', second, 0, Math.max(0, values - 1)) : 0,
  };
}

function isShape(shape: Json | undefined): shape is number[] {
  const isSize = (size: Json) => Number.isInteger(size) && (size as number) >= 0;
  if (!Array.isArray(shape) || shape.length > MOST_DIMENSIONS || !(shape as Json[]).every(isSize)) return false;
  return sizeOf(shape as number[]) < 2 ** 31;
}
