import type {Grid, KernelMatrix} from './quantize.js';
import {nearestExponent, scaleOf} from '../../math/scales.js';

/** The level that the smallest weight of a column may have. */
const MOST_FACTOR = 127;
const MOST_LEVEL = 32767;

/** The grid that weights are on, exactly, if they are on one: a scale a column, or one of all. */
export function findGrid({values, rows, columns}: KernelMatrix): Grid | undefined {
  const exponents = new Int16Array(columns);
  let known: number | undefined;
  for (let column = 0; column < columns; column++) {
    const exponent = gridOfColumn(values, column, rows * columns, columns, known);
    if (exponent === undefined) return undefined;
    if (exponent !== 'zeros') known = exponent;
    exponents[column] = known ?? 0;
  }
  const isOne = exponents.every(exponent => exponent === exponents[0]);
  const levels = Int16Array.from(values, (value, i) => Math.round(value / scaleOf(exponents[i % columns]!)));
  return {levels, exponents: isOne ? exponents.slice(0, 1) : exponents};
}

/** The exponent of a column, 'zeros' if any would do, or undefined. @param likely is tried first. */
function gridOfColumn(
  values: Float32Array,
  first: number,
  end: number,
  step: number,
  likely: number | undefined,
): number | 'zeros' | undefined {
  let least = Infinity;
  for (let i = first; i < end; i += step) {
    const size = Math.abs(values[i]!);
    if (size > 0 && size < least) least = size;
  }
  if (least === Infinity) return 'zeros';
  if (likely !== undefined && isOnGrid(values, first, end, step, scaleOf(likely))) return likely;
  for (let factor = 1; factor <= MOST_FACTOR; factor++) {
    const exponent = nearestExponent(least / factor);
    if (isOnGrid(values, first, end, step, scaleOf(exponent))) return exponent;
  }
  return undefined;
}

function isOnGrid(values: Float32Array, first: number, end: number, step: number, scale: number): boolean {
  for (let i = first; i < end; i += step) {
    const level = Math.round(values[i]! / scale);
    if (Math.abs(level) > MOST_LEVEL || Math.fround(level * scale) !== values[i]) return false;
  }
  return true;
}
