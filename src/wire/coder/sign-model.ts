import {afterBit, counters, HALF, logitOf} from './counter.js';
import {clamp, squash} from './logistic.js';
import {Mixer} from './mixer.js';
import type {Neighbors} from './neighbors.js';
import type {BitCoder} from './range-coder.js';

const PATTERNS = 243;
const WEIGHTS = [18000, 14000, 9000];
const LIMIT = 255;
const EVEN = 1 << 15;
const [LEAST, MOST] = [2048, 63488];

/** Whether a weight is negative, by the signs around it and those of its column. */
export class SignModel {
  readonly #isRaw: boolean;
  readonly #patterns = counters(PATTERNS, HALF, 1);
  readonly #mixer = new Mixer(WEIGHTS, 1, 13);
  readonly #logits = new Int32Array(WEIGHTS.length);
  /** The drift of each column: positive where its last weights were. */
  #drifts = new Int32Array(0);

  /** @param isRaw whether signs are not modelled. */
  constructor(isRaw: boolean) {
    this.#isRaw = isRaw;
  }

  /** Begins a layer. */
  startLayer(columns: number): void {
    this.#drifts = new Int32Array(columns);
  }

  /** @param pull what the neighbors sum to, over the mean magnitude of all. */
  code(coder: BitCoder, bit: number, column: number, neighbors: Neighbors, pull: number): number {
    const coded = this.#isRaw ? coder.code(bit, EVEN) : this.#mixed(coder, bit, column, neighbors, pull);
    const drift = this.#drifts[column]!;
    this.#drifts[column] = drift + (((coded ? -1024 : 1024) - drift) >> 2);
    return coded;
  }

  #mixed(coder: BitCoder, bit: number, column: number, {signs}: Neighbors, pull: number): number {
    const logits = this.#logits;
    logits[0] = logitOf(this.#patterns[signs]!);
    logits[1] = -(clamp(pull, 15) << 6);
    logits[2] = -(this.#drifts[column]! >> 1);
    const chance = squash(this.#mixer.mix(0, logits));
    const coded = coder.code(bit, Math.min(MOST, Math.max(LEAST, chance)));
    this.#mixer.learn(0, logits, (coded << 16) - chance);
    this.#patterns[signs] = afterBit(this.#patterns[signs]!, coded, LIMIT);
    return coded;
  }
}
