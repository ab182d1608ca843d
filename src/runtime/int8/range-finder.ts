import type {Range} from './levels.js';

/** 32-bit floats by their upper halves: sign, exponent, and so much of the mantissa that neighbours are 1 % apart. */
const CLASSES = 65_536;
const NEGATIVE = CLASSES / 2;

/**
 * Finds the range of numbers that come one after the other: from the least to the greatest, or what holds a percentile
 * of the positive ones, and of the negative ones, up to 1 % more. Zeros do not count: they are met exactly.
 */
export class RangeFinder {
  readonly #percentile: number;
  readonly #counts: Uint32Array | undefined;
  #low = Infinity;
  #high = -Infinity;

  constructor(percentile: number) {
    this.#percentile = percentile;
    if (percentile < 100) this.#counts = new Uint32Array(CLASSES);
  }

  add(numbers: Float32Array): void {
    for (const number of numbers) {
      if (number < this.#low) this.#low = number;
      if (number > this.#high) this.#high = number;
    }
    if (this.#counts) count(numbers, this.#counts);
  }

  get range(): Range {
    const [low, high] = [this.#low, this.#high];
    if (!this.#counts) return {low, high};
    return {low: Math.max(low, -this.#boundOf(NEGATIVE)), high: Math.min(high, this.#boundOf(0))};
  }

  /** How far from zero the percentile of the numbers of a sign reach. */
  #boundOf(sign: number): number {
    const counts = this.#counts!.subarray(sign, sign + NEGATIVE);
    // The first class is what is too small to be told from zero.
    const all = counts.subarray(1).reduce((sum, count) => sum + count, 0);
    let left = Math.ceil((this.#percentile / 100) * all);
    if (left === 0) return 0;
    for (let i = 1; i < NEGATIVE; i++) {
      left -= counts[i]!;
      if (left <= 0) return firstOf(i + 1);
    }
    return Infinity;
  }
}

function count(numbers: Float32Array, counts: Uint32Array): void {
  const {buffer, byteOffset, length} = numbers;
  for (const bits of new Uint32Array(buffer, byteOffset, length)) counts[bits >>> 16]!++;
}

/** The least number of a class. */
function firstOf(index: number): number {
  return new Float32Array(Uint32Array.of(index << 16).buffer)[0]!;
}
