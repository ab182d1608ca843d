import type {Memory} from './memory.js';

/**
 * Finds the strength of a loss term that leads to a target: a proportional part for the distance now, and an integral
 * that holds the target once it is reached.
 *
 *     strength = proportional * distance + integral,  integral += integrating * distance
 *
 * The proportional part is that of the loss `(distance / p)^2` with `p = 0.05` (NNCF); the integral is a Lagrange
 * multiplier that rises with the distance. Platt & Barr 1987,
 * https://papers.nips.cc/paper/1987/hash/a87ff679a2f3e71d9181a67b7542122c-Abstract.html
 */
export class TargetController {
  readonly #memory: {integral: number};
  readonly #least: number;

  /**
   * @param memory keeps the integral.
   * @param least the smallest strength: 0 for a penalty, -Infinity for gates, which can also be pushed open.
   */
  constructor(memory: Memory & {integral: number}, least = -Infinity) {
    this.#memory = memory;
    this.#least = least;
  }

  /**
   * The strength of the next step.
   *
   * @param distance by how much too much is left, as a fraction of all.
   */
  next(distance: number): number {
    const integral = this.#memory.integral + INTEGRATING * distance;
    this.#memory.integral = Math.max(this.#least, integral);
    return Math.max(this.#least, Math.max(-MOST, Math.min(MOST, PROPORTIONAL * distance + this.#memory.integral)));
  }
}

const PROPORTIONAL = Number(process.env['KP'] ?? 5000);
const INTEGRATING = Number(process.env['KI'] ?? 0);
const MOST = Number(process.env['MX'] ?? 200);
