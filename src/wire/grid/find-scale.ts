/** Weights of one scale: `level x scale`, computed in double precision. */
export interface ScaledWeights {
  readonly levels: Int32Array;
  readonly scale: number;
}

/** The level that the smallest weight may have. */
const MOST_FACTOR = 64;

/**
 * The scale that all weights are whole multiples of, exactly, if there is one: that of a model which was quantized
 * before, as the converter of tf.js does, and maybe pruned since.
 *
 * @param most how many levels there may be between the least and the largest weight.
 */
export function findScale(values: Float32Array, most: number): ScaledWeights | undefined {
  const sizes = distinctSizes(values, most);
  if (sizes === undefined) return undefined;
  if (sizes.length === 0) return {levels: new Int32Array(values.length), scale: 1};
  for (let factor = 1; factor <= MOST_FACTOR; factor++) {
    const scale = scaleOf(sizes, factor);
    if (scale === undefined) continue;
    const levels = Int32Array.from(values, value => Math.round(value / scale));
    const isExact = values.every((value, i) => Math.fround(levels[i]! * scale) === value);
    if (isExact && span(levels) <= most) return {levels, scale};
  }
  return undefined;
}

/** The sizes of weights that are not zero, ascending; undefined if they are too many or not finite. */
function distinctSizes(values: Float32Array, most: number): Float64Array | undefined {
  const found = new Set<number>();
  for (const value of values) {
    if (!Number.isFinite(value)) return undefined;
    if (value !== 0 && found.add(Math.abs(value)).size > most) return undefined;
  }
  return Float64Array.from(found).sort();
}

/**
 * The scale at which the least size has this level. Each size bounds it: a 32-bit float is within half a unit in its
 * last place of what was rounded to it.
 */
function scaleOf(sizes: Float64Array, factor: number): number | undefined {
  let [low, high] = [0, Infinity];
  for (const size of sizes) {
    const level = high === Infinity ? factor : Math.round((2 * size) / (low + high));
    const half = 2 ** (Math.floor(Math.log2(size)) - 24);
    low = Math.max(low, (size - half) / level);
    high = Math.min(high, (size + half) / level);
    if (low > high) return undefined;
  }
  return (low + high) / 2;
}

function span(levels: Int32Array): number {
  let [least, largest] = [0, 0];
  for (const level of levels) {
    least = Math.min(least, level);
    largest = Math.max(largest, level);
  }
  return largest - least;
}
