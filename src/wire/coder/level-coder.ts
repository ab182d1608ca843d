import {squash} from './logistic.js';
import {MagnitudeModel} from './magnitude-model.js';
import {Neighbors, type Lags} from './neighbors.js';
import type {BitCoder} from './range-coder.js';
import {SignModel} from './sign-model.js';
import {ZeroModel} from './zero-model.js';

/** What the models of a file begin with. */
export interface CoderStart {
  /** The logit of the fraction of weights that are not zero, in 1/16 nat, plus 128. */
  readonly density: number;
  /** How many low bits of a magnitude are coded apart from its unary part. */
  readonly shift: number;
  /** Whether signs are not modelled. */
  readonly hasRawSigns: boolean;
  /** The mean of the magnitudes less one, in 1/8. */
  readonly mean: number;
}

/** A kernel as a matrix of inputs by outputs. */
export interface LevelShape {
  readonly rows: number;
  readonly columns: number;
  /** Its geometry, if it helps. */
  readonly lags: Lags | undefined;
  /** Whether its inputs are the outputs of the kernel before it. */
  readonly isLinked: boolean;
}

/**
 * Codes the levels of quantized kernels: writes them, or reads them into the same array, as its bit coder does. Each
 * weight is zero or not, then has a sign and a magnitude; for each bit, several models say how likely it is, and a
 * mixer learns which to believe.
 */
export class LevelCoder {
  readonly #coder: BitCoder;
  readonly #zeros: ZeroModel;
  readonly #signs: SignModel;
  readonly #magnitudes: MagnitudeModel;
  #neighbors = new Neighbors();
  #columnsBefore = 0;

  constructor(coder: BitCoder, {density, shift, hasRawSigns, mean}: CoderStart) {
    this.#coder = coder;
    this.#zeros = new ZeroModel(squash(((density - 128) << 4) + 8) << 6);
    this.#signs = new SignModel(hasRawSigns);
    this.#magnitudes = new MagnitudeModel(shift, mean << 5);
  }

  /**
   * Codes the levels of the next layer, those of a row at each step, so that a caller can pause in between. Yields how
   * many they were.
   */
  *codeLayer(levels: Int16Array, shape: LevelShape): Generator<number> {
    const {rows, columns, isLinked} = shape;
    this.#zeros.startLayer(columns);
    this.#signs.startLayer(columns);
    this.#magnitudes.startLayer(columns);
    this.#neighbors = new Neighbors();
    for (let row = 0; row < rows; row++) {
      this.#zeros.startRow(isLinked ? row % this.#columnsBefore : -1);
      this.#codeRow(levels, row, shape);
      yield columns;
    }
    this.#columnsBefore = columns;
  }

  #codeRow(levels: Int16Array, row: number, {columns, lags}: LevelShape): void {
    for (let column = 0, at = row * columns; column < columns; column++, at++) {
      if (lags) this.#neighbors.look(levels, at, row, column, columns, lags);
      const pattern = lags ? this.#neighbors.pattern : -1;
      const isKept = this.#zeros.code(this.#coder, levels[at] === 0 ? 0 : 1, column, pattern);
      levels[at] = isKept ? this.#codeLevel(levels[at]!, column) : 0;
    }
  }

  #codeLevel(level: number, column: number): number {
    const neighbors = this.#neighbors;
    const magnitudes = this.#magnitudes;
    const pull = magnitudes.relative(neighbors.sum);
    const sign = this.#signs.code(this.#coder, level < 0 ? 1 : 0, column, neighbors, pull);
    const around = neighbors.magnitude(magnitudes.shift) + agreement(pull, sign);
    const value = magnitudes.code(this.#coder, Math.abs(level) - 1, column, around, this.#zeros.logit);
    return sign ? -(value + 1) : value + 1;
  }
}

/** Whether a sign is that of the neighbors: not, 16; it is, 32; they have none, 0. */
function agreement(pull: number, sign: number): number {
  if (pull === 0) return 0;
  return pull < 0 === (sign === 1) ? 16 : 32;
}
