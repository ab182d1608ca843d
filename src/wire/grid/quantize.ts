import {exponentAbove, scaleOf} from '../../math/scales.js';

/** A kernel as a matrix of inputs by outputs, row major. */
export interface KernelMatrix {
  readonly values: Float32Array;
  readonly rows: number;
  readonly columns: number;
}

/** Weights on equally spaced values: level x scale. */
export interface Grid {
  readonly levels: Int16Array;
  /** Of each column, or one of all: see {@link scaleOf}. */
  readonly exponents: Int16Array;
}

/** How far below the scale that clips nothing others are tried: three octaves. */
const TRIED = 24;

/**
 * The nearest weights on a grid through zero. The scale of a column is the one with the least squared error; the
 * largest weights may be clipped to it. Zeros stay zero.
 *
 * @param most levels to each side of zero.
 * @param perChannel whether each column has a scale of its own.
 */
export function quantize(matrix: KernelMatrix, most: number, perChannel: boolean): Grid {
  const {values, rows, columns} = matrix;
  const levels = new Int16Array(values.length);
  const exponents = new Int16Array(perChannel ? columns : 1);
  for (let column = 0; column < exponents.length; column++) {
    const [first, step] = perChannel ? [column, columns] : [0, 1];
    const last = perChannel ? rows * columns : values.length;
    exponents[column] = bestExponent(values, first, last, step, most);
    const scale = scaleOf(exponents[column]!);
    for (let i = first; i < last; i += step) levels[i] = nearest(values[i]!, scale, most);
  }
  return {levels, exponents};
}

/** The weights of a grid. */
export function valuesOfGrid({levels, exponents}: Grid): Float32Array {
  const scales = Float32Array.from(exponents, scaleOf);
  const values = new Float32Array(levels.length);
  for (let first = 0; first < levels.length; first += scales.length) {
    for (let i = 0; i < scales.length; i++) values[first + i] = levels[first + i]! * scales[i]!;
  }
  return values;
}

function nearest(value: number, scale: number, most: number): number {
  return Math.max(-most, Math.min(most, Math.round(value / scale)));
}

function bestExponent(values: Float32Array, first: number, last: number, step: number, most: number): number {
  let largest = 0;
  for (let i = first; i < last; i += step) largest = Math.max(largest, Math.abs(values[i]!));
  if (largest === 0) return 0;
  const highest = exponentAbove(largest / most);
  let [best, least] = [highest, Infinity];
  for (let exponent = highest; exponent > highest - TRIED; exponent--) {
    const error = squaredError(values, first, last, step, scaleOf(exponent), most);
    if (error < least) [best, least] = [exponent, error];
  }
  return best;
}

function squaredError(
  values: Float32Array,
  first: number,
  last: number,
  step: number,
  scale: number,
  most: number,
): number {
  let sum = 0;
  for (let i = first; i < last; i += step) {
    const value = values[i]!;
    if (value === 0) continue;
    const error = value - scale * nearest(value, scale, most);
    sum += error * error;
  }
  return sum;
}
