import {factorRows, solveFactored} from './cholesky.js';

/** A point of the path at which a variable joins or leaves; between two of them all coefficients are linear. */
export interface LassoKnot {
  readonly lambda: number;
  /** The solution at this lambda. */
  readonly coefficients: Float64Array;
  /** The variables that are not zero right below this lambda. */
  readonly active: readonly number[];
}

/** A path down to this fraction of its largest lambda is at its end, as far as single precision can tell. */
const END = 1e-9;
/** A variable of which so little is new depends on the active ones: the rest is rounding in single precision. */
const NEW = 1e-5;
/** Rounding might turn in circles where several variables join and leave at the same lambda. */
const KNOTS_PER_VARIABLE = 50;

/**
 * The solutions of the LASSO for all lambdas, from the smallest one at which all coefficients are zero down to 0:
 *
 *     minimize  1/2 beta^T gram beta - beta^T correlations + lambda |beta|_1
 *
 * by the homotopy of LARS: the correlations of all active variables with what is left are as large as lambda, and fall
 * together. A variable that depends on those that are active does not join them: of equal ones, the first does.
 * Efron et al. 2004, https://arxiv.org/abs/math/0406456
 *
 * @param gram symmetric and positive semidefinite, row by row.
 *
 * @example
 * [...lassoPath(Float64Array.of(1, 0, 0, 1), Float64Array.of(3, 1))].map(({lambda}) => lambda); // [3, 1, 0]
 */
export function* lassoPath(gram: Float64Array, correlations: Float64Array): Generator<LassoKnot> {
  const size = correlations.length;
  const state = new Homotopy(gram, correlations);
  const end = END * state.lambda;
  for (let knot = 0; state.lambda > end && knot < KNOTS_PER_VARIABLE * size; knot++) {
    yield state.knot();
    state.advance();
  }
  yield state.knot();
}

/** What happens next on the way down: at which distance, and to which variable. */
interface Next {
  distance: number;
  variable: number | undefined;
}

class Homotopy {
  readonly #gram: Float64Array;
  readonly #size: number;
  readonly #coefficients: Float64Array;
  /** Of each variable with what is left: all that are active have the size of lambda. */
  readonly #left: Float64Array;
  /** The Cholesky factor of the Gram matrix of the active variables, in their order. */
  readonly #factor: Float64Array;
  readonly #active: number[] = [];
  /** Variables that are not free to join: active, or dependent on the active ones. */
  readonly #isBound: Uint8Array;
  lambda: number;

  constructor(gram: Float64Array, correlations: Float64Array) {
    this.#gram = gram;
    this.#size = correlations.length;
    this.#coefficients = new Float64Array(this.#size);
    this.#left = correlations.slice();
    this.#factor = new Float64Array(gram.length);
    this.#isBound = new Uint8Array(this.#size);
    const first = correlations.reduce(
      (best, value, i) => (Math.abs(value) > Math.abs(correlations[best]!) ? i : best),
      0,
    );
    this.lambda = Math.abs(correlations[first] ?? 0);
    if (this.lambda > 0) this.#join(first);
  }

  knot(): LassoKnot {
    return {lambda: this.lambda, coefficients: this.#coefficients.slice(), active: [...this.#active]};
  }

  /** Goes down to the next knot. */
  advance(): void {
    const direction = Float64Array.from(this.#active, variable => Math.sign(this.#left[variable]!));
    solveFactored(this.#factor, this.#size, direction);
    const slopes = this.#slopes(direction);
    const {distance, variable} = this.#next(direction, slopes);
    this.lambda -= distance;
    this.#active.forEach((each, i) => (this.#coefficients[each]! += distance * direction[i]!));
    for (let i = 0; i < this.#size; i++) this.#left[i]! -= distance * slopes[i]!;
    if (variable === undefined) this.lambda = 0;
    else if (this.#active.includes(variable)) this.#leave(variable);
    else this.#join(variable);
  }

  /** How fast the correlation of each variable falls. */
  #slopes(direction: Float64Array): Float64Array {
    const slopes = new Float64Array(this.#size);
    this.#active.forEach((variable, i) => {
      const row = variable * this.#size;
      for (let j = 0; j < this.#size; j++) slopes[j]! += direction[i]! * this.#gram[row + j]!;
    });
    return slopes;
  }

  #next(direction: Float64Array, slopes: Float64Array): Next {
    const next: Next = {distance: this.lambda, variable: undefined};
    const consider = (distance: number, variable: number) => {
      if (distance < next.distance) Object.assign(next, {distance, variable});
    };
    this.#active.forEach((variable, i) => {
      const falls = -Math.sign(this.#left[variable]!) * direction[i]!;
      if (falls > 0) consider(Math.abs(this.#coefficients[variable]!) / falls, variable);
    });
    for (let i = 0; i < this.#size; i++) {
      if (this.#isBound[i]) continue;
      for (const sign of [1, -1]) {
        const approach = 1 - sign * slopes[i]!;
        if (approach > 0) consider(Math.max(0, this.lambda - sign * this.#left[i]!) / approach, i);
      }
    }
    return next;
  }

  #join(variable: number): void {
    const row = this.#active.length;
    this.#active.push(variable);
    this.#isBound[variable] = 1;
    const isFactored = this.#factorFrom(row);
    const squared = this.#gram[variable * (this.#size + 1)]!;
    const isNew = isFactored && this.#factor[row * (this.#size + 1)]! ** 2 > NEW * squared;
    if (!isNew) this.#active.pop();
  }

  #leave(variable: number): void {
    const row = this.#active.indexOf(variable);
    this.#active.splice(row, 1);
    this.#coefficients[variable] = 0;
    this.#isBound.fill(0);
    for (const each of this.#active) this.#isBound[each] = 1;
    this.#factorFrom(row);
  }

  /** Factors the rows of the active variables from the given one on; false if they are dependent. */
  #factorFrom(row: number): boolean {
    const count = this.#active.length;
    for (let i = row; i < count; i++) {
      for (let j = 0; j <= i; j++) {
        this.#factor[i * this.#size + j] = this.#gram[this.#active[i]! * this.#size + this.#active[j]!]!;
      }
    }
    return factorRows(this.#factor, this.#size, row, count) < 0;
  }
}
