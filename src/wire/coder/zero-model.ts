import {afterBit, chanceOf, counter, counters, logitOf} from './counter.js';
import {clamp, squash} from './logistic.js';
import {Mixer} from './mixer.js';
import type {BitCoder} from './range-coder.js';

const PATTERNS = 243;
const WEIGHTS = [52429, 52429, -52429, 19661];
const [COLUMN_LIMIT, LIMIT] = [150, 1000];
const [COLUMN_COUNT, ROW_COUNT, LAYER_COUNT] = [8, 30, 50];
/** Bounds of the logit, and of the probability that is coded. */
const BOUND = 2047;
const [LEAST, MOST] = [24, 65512];

/** Whether a weight is zero, by how many are in its row, its column, its layer, and around it. */
export class ZeroModel {
  /** The logit of the last weight that was coded: how likely it was not zero. */
  logit = 0;
  readonly #first: number;
  readonly #patterns: Int32Array;
  readonly #mixer = new Mixer(WEIGHTS, 1, 17);
  readonly #logits = new Int32Array(WEIGHTS.length);
  #layer = 0;
  #row = 0;
  #columns: Int32Array = new Int32Array(0);
  #before: {layer: number; columns: Int32Array} = {layer: 0, columns: new Int32Array(0)};

  /** @param density of all weights, in 22 bits. */
  constructor(density: number) {
    this.#first = density;
    this.#patterns = counters(PATTERNS, density, 1);
  }

  /** Begins a layer. */
  startLayer(columns: number): void {
    this.#before = {layer: this.#layer, columns: this.#columns};
    this.#layer = counter(this.#first, LAYER_COUNT);
    this.#columns = counters(columns, this.#first, COLUMN_COUNT);
  }

  /** Begins a row. @param input the column of the layer before that makes this input, or -1. */
  startRow(input: number): void {
    const {layer, columns} = this.#before;
    const change = input < 0 ? undefined : logitOf(columns[input]!) - logitOf(layer);
    const density = change === undefined ? chanceOf(this.#layer) : squash(logitOf(this.#layer) + change) << 6;
    this.#row = counter(density, ROW_COUNT);
  }

  /** @param pattern of the neighbors, or -1 if the layer has none. */
  code(coder: BitCoder, bit: number, column: number, pattern: number): number {
    const logits = this.#logits;
    logits[0] = logitOf(this.#row);
    logits[1] = logitOf(this.#columns[column]!);
    logits[2] = logitOf(this.#layer);
    logits[3] = pattern < 0 ? 0 : logitOf(this.#patterns[pattern]!);
    this.logit = clamp(this.#mixer.mix(0, logits), BOUND);
    const chance = squash(this.logit);
    const coded = coder.code(bit, Math.min(MOST, Math.max(LEAST, chance)));
    this.#mixer.learn(0, logits, (coded << 16) - chance);
    this.#row = afterBit(this.#row, coded, LIMIT);
    this.#columns[column] = afterBit(this.#columns[column]!, coded, COLUMN_LIMIT);
    this.#layer = afterBit(this.#layer, coded, LIMIT);
    if (pattern >= 0) this.#patterns[pattern] = afterBit(this.#patterns[pattern]!, coded, LIMIT);
    return coded;
  }
}
