import {findScale} from './find-scale.js';

/** Weights as tf.js stores them: `stored x scale + min`. */
export interface AffineWeights {
  readonly stored: Uint8Array | Uint16Array;
  readonly scale: number;
  /** A whole multiple of the scale, so that zero is exact. */
  readonly min: number;
}

const MOST_OF_BYTE = 255;
/** Ranges that are tried: all of it, and less and less. */
const TRIED = 32;
const NARROWER = 0.97;

/**
 * The nearest weights that tf.js can store, with exact zeros: on the scale that they are on already, or on the one of
 * least squared error; weights outside of its range are clipped to it.
 *
 * @param steps from the least value to the largest: up to 255 are stored in 8 bits, up to 65535 in 16.
 */
export function quantizeAffine(values: Float32Array, steps: number): AffineWeights {
  const found = findScale(values, steps);
  if (found) {
    const below = found.levels.reduce((least, level) => Math.min(least, level), 0);
    return affine(values, found.scale, -below, steps);
  }
  const [low, high] = rangeOf(values);
  let best = {scale: 1, zero: 0, error: Infinity};
  for (let trial = 0, part = 1; trial < TRIED; trial++, part *= NARROWER) {
    const scale = (part * (high - low)) / steps;
    const zero = Math.min(steps, Math.max(0, Math.round((-part * low) / scale)));
    const error = squaredError(values, scale, zero, steps);
    if (error < best.error) best = {scale, zero, error};
  }
  return affine(values, best.scale, best.zero, steps);
}

function affine(values: Float32Array, scale: number, zero: number, steps: number): AffineWeights {
  const stored = steps <= MOST_OF_BYTE ? new Uint8Array(values.length) : new Uint16Array(values.length);
  for (const [i, value] of values.entries()) stored[i] = storedOf(value, scale, zero, steps);
  return {stored, scale, min: zero === 0 ? 0 : -zero * scale};
}

function storedOf(value: number, scale: number, zero: number, steps: number): number {
  return Math.min(steps, Math.max(0, Math.round(value / scale) + zero));
}

/** The least and the largest weight; 0 is always within. */
function rangeOf(values: Float32Array): [low: number, high: number] {
  let [low, high] = [0, 0];
  for (const value of values) {
    low = Math.min(low, value);
    high = Math.max(high, value);
  }
  return [low, high];
}

function squaredError(values: Float32Array, scale: number, zero: number, steps: number): number {
  let sum = 0;
  for (const value of values) {
    if (value === 0) continue;
    const error = value - (storedOf(value, scale, zero, steps) - zero) * scale;
    sum += error * error;
  }
  return sum;
}
