import {afterBit, counters, HALF} from './counter.js';
import type {BitCoder} from './range-coder.js';

/** The bits that are modelled: sign, exponent and the first of the fraction; the others are as good as random. */
const MODELLED = 12;
const LIMIT = 60;
const EVEN = 1 << 15;
const [LEAST, MOST] = [64, 65472];

/** Codes numbers of 16 or 32 bits: those of one array have similar exponents. */
export class NumberModel {
  readonly #tree = counters(1 << MODELLED, HALF, 0);

  /** Codes a number by its bits. */
  code(coder: BitCoder, value: number, bits: 16 | 32): number {
    let coded = 0;
    for (let bit = bits - 1, node = 1; bit >= 0; bit--) {
      const isModelled = node < 1 << MODELLED;
      const chance = isModelled ? Math.min(MOST, Math.max(LEAST, this.#tree[node]! >>> 16)) : EVEN;
      const one = coder.code((value >>> bit) & 1, chance);
      if (isModelled) {
        this.#tree[node] = afterBit(this.#tree[node]!, one, LIMIT);
        node = 2 * node + one;
      }
      coded = ((coded << 1) | one) >>> 0;
    }
    return coded;
  }
}
