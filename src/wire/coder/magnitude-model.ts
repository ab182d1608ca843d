import {afterBit, counters, HALF, logitOf} from './counter.js';
import {squash} from './logistic.js';
import {Mixer} from './mixer.js';
import type {BitCoder} from './range-coder.js';

/** Magnitudes are coded in unary, of which the first places have tables of their own. */
const PLACES = 24;
const [AROUND, OTHERS] = [64, 32];
const WEIGHTS = [18000, 18000, 18000, 18000, 3000];
const BIAS = 256;
const LIMIT = 500;
const [LEAST, MOST] = [64, 65472];
/** The low bits that are modelled; those below are even chances. */
const MODELLED_BITS = 4;
const LOW_LIMIT = 255;
const EVEN = 1 << 15;
/** The end of an endless sequence of ones, in a file that was altered. */
const UNARY_BOUND = 128;
const NEVER = 0xffff;

/** How large a weight is that is not zero: its magnitude less one. */
export class MagnitudeModel {
  readonly #shift: number;
  /** A table of counters for each input: what is around, the column's mean, the density, the column's least. */
  readonly #tables = [AROUND, OTHERS, OTHERS, OTHERS].map(size => counters(PLACES * size, HALF, 0));
  readonly #low = counters(PLACES << MODELLED_BITS, HALF, 1);
  readonly #mixer = new Mixer(WEIGHTS, PLACES, 15);
  readonly #logits = new Int32Array(WEIGHTS.length).fill(BIAS);
  readonly #contexts = new Int32Array(this.#tables.length);
  /** The mean of all, in 1/256. */
  #mean: number;
  #means = new Int32Array(0);
  #least = new Int32Array(0);

  /**
   * @param shift how many low bits are coded apart from the unary part.
   * @param mean of all, in 1/256.
   */
  constructor(shift: number, mean: number) {
    this.#shift = shift;
    this.#mean = mean;
  }

  /** Begins a layer. */
  startLayer(columns: number): void {
    this.#means = new Int32Array(columns).fill(-1);
    this.#least = new Int32Array(columns).fill(NEVER);
  }

  /** What levels sum to, in half of the mean magnitude. */
  relative(sum: number): number {
    return Math.imul(sum, Math.trunc((1 << 25) / Math.max(this.#mean, 77))) >> 16;
  }

  /** How many low bits are coded apart. */
  get shift(): number {
    return this.#shift;
  }

  /**
   * @param around a number below 48: the magnitudes around it, and whether their signs agree.
   * @param logit how likely the weight was not zero.
   */
  code(coder: BitCoder, value: number, column: number, around: number, logit: number): number {
    this.#look(column, around, logit);
    const shift = this.#shift;
    const high = this.#unary(coder, value >> shift);
    const coded = this.#lowBits(coder, value, high);
    this.#update(column, coded);
    return coded;
  }

  #look(column: number, around: number, logit: number): void {
    const shift = this.#shift;
    const mean = this.#means[column]! < 0 ? this.#mean : this.#means[column]!;
    const least = this.#least[column]!;
    this.#contexts[0] = around;
    this.#contexts[1] = Math.min(31, (3 * mean) >> (8 + shift));
    this.#contexts[2] = (logit + 2048) >> 7;
    this.#contexts[3] = least === NEVER ? 31 : Math.min(30, least >> shift);
  }

  #unary(coder: BitCoder, value: number): number {
    let coded = 0;
    while (coded < UNARY_BOUND && this.#more(coder, value > coded ? 1 : 0, Math.min(coded, PLACES - 1))) coded++;
    return coded;
  }

  /** Codes whether the magnitude goes on beyond a place. */
  #more(coder: BitCoder, bit: number, place: number): number {
    const logits = this.#logits;
    const contexts = this.#contexts;
    for (let i = 0; i < contexts.length; i++) logits[i] = logitOf(this.#tables[i]![this.#index(i, place)]!);
    const chance = squash(this.#mixer.mix(place, logits));
    const coded = coder.code(bit, Math.min(MOST, Math.max(LEAST, chance)));
    this.#mixer.learn(place, logits, (coded << 16) - chance);
    for (let i = 0; i < contexts.length; i++) {
      const at = this.#index(i, place);
      this.#tables[i]![at] = afterBit(this.#tables[i]![at]!, coded, LIMIT);
    }
    return coded;
  }

  #index(table: number, place: number): number {
    return place * (table === 0 ? AROUND : OTHERS) + this.#contexts[table]!;
  }

  #lowBits(coder: BitCoder, value: number, high: number): number {
    const place = Math.min(high, PLACES - 1);
    let coded = high;
    for (let bit = this.#shift - 1, node = 1; bit >= 0; bit--) {
      const isModelled = node < 1 << MODELLED_BITS;
      const at = (place << MODELLED_BITS) + node;
      const chance = isModelled ? Math.min(MOST, Math.max(LEAST, this.#low[at]! >>> 16)) : EVEN;
      const one = coder.code((value >> bit) & 1, chance);
      if (isModelled) this.#low[at] = afterBit(this.#low[at]!, one, LOW_LIMIT);
      node = 2 * node + one;
      coded = 2 * coded + one;
    }
    return coded;
  }

  #update(column: number, value: number): void {
    const scaled = value << 8;
    const mean = this.#means[column]!;
    this.#least[column] = Math.min(this.#least[column]!, value);
    this.#means[column] = mean < 0 ? (26 * scaled + 38 * this.#mean) >> 6 : mean + ((scaled - mean) >> 3);
    this.#mean += (scaled - this.#mean) >> 6;
  }
}
