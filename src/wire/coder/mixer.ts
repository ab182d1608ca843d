import {clamp} from './logistic.js';

const BOUND = (1 << 17) - 1;

/**
 * Mixes the logits of several models into one, and learns how much each deserves: online gradient descent on the code
 * length (logistic mixing, Mahoney 2005). Weights have 16 bits behind the point.
 */
export class Mixer {
  readonly #weights: Int32Array;
  readonly #count: number;
  readonly #shift: number;

  /**
   * @param start the first weights of each set.
   * @param sets how many sets there are.
   * @param shift of the rate of learning: 2^-shift.
   */
  constructor(start: readonly number[], sets: number, shift: number) {
    this.#weights = Int32Array.from({length: sets * start.length}, (_, i) => start[i % start.length]!);
    this.#count = start.length;
    this.#shift = shift;
  }

  /** Takes over the weights of another one. */
  learnFrom(other: Mixer): void {
    this.#weights.set(other.#weights);
  }

  /** The mixed logit. */
  mix(set: number, logits: Int32Array): number {
    let sum = 0;
    for (let i = 0, at = set * this.#count; i < this.#count; i++, at++) {
      sum += Math.imul(this.#weights[at]!, logits[i]!);
    }
    return sum >> 16;
  }

  /** @param error the bit less its probability, in 16 bits. */
  learn(set: number, logits: Int32Array, error: number): void {
    const half = 1 << (this.#shift - 1);
    for (let i = 0, at = set * this.#count; i < this.#count; i++, at++) {
      const step = (Math.imul(error, logits[i]!) + half) >> this.#shift;
      this.#weights[at] = clamp(this.#weights[at]! + step, BOUND);
    }
  }
}
