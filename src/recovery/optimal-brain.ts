import {factorRows, invertRows} from '../math/cholesky.js';
import type {NormalEquations} from './normal-equations.js';

/** Rows that are factored between two pauses. */
const ROWS = 16;

/** Chooses which weights of some inputs go. @param scores `[inputs, outputs]`. @returns 1 for those that stay. */
export type ChooseKept = (scores: Float32Array, firstInput: number) => Uint8Array;

/** How {@link pruneColumns} goes over the inputs. */
export interface ColumnBlocks {
  /** How many inputs are decided together. */
  readonly size: number;
  readonly choose: ChooseKept;
  readonly pause: () => Promise<void>;
}

/**
 * Prunes a matrix input by input, and lets the weights of the inputs that follow make up for what goes: the surgeon's
 * update, for all outputs at once. With `U^T U` the inverse of the Gram matrix,
 *
 *     score(w_i) = w_i^2 / U_ii^2,    w_j -= U_ij w_i / U_ii  for all j > i
 *
 * Inside a block the updates are made at once, behind it when the block is done. Frantar and Alistarh 2023,
 * https://arxiv.org/abs/2301.00774
 *
 * @param weights `[inputs, outputs]`, changed in place.
 * @returns the mask; undefined if the system is singular.
 */
export async function pruneColumns(
  equations: NormalEquations,
  weights: Float64Array,
  {size, choose, pause}: ColumnBlocks,
): Promise<Uint8Array | undefined> {
  const {inputs, outputs, isDead} = equations;
  const factor = await inverseFactor(equations, pause);
  if (!factor) return undefined;
  const mask = new Uint8Array(weights.length);
  const row = (values: Float64Array, input: number) => values.subarray(input * outputs, (input + 1) * outputs);
  isDead.forEach((dead, input) => dead && row(weights, input).fill(0)); // nothing can be told of them
  const errors = new Float64Array(size * outputs);
  for (let start = 0; start < inputs; start += size) {
    const end = Math.min(start + size, inputs);
    const scores = Float32Array.from(weights.subarray(start * outputs, end * outputs), (weight, i) => {
      const scale = factor(start + Math.floor(i / outputs), start + Math.floor(i / outputs));
      return (weight / scale) ** 2;
    });
    mask.set(choose(scores, start), start * outputs);
    for (let i = start; i < end; i++) {
      const [values, gone] = [row(weights, i), row(errors, i - start)];
      for (let o = 0; o < outputs; o++) {
        const isKept = mask[i * outputs + o] === 1;
        gone[o] = isKept ? 0 : values[o]! / factor(i, i);
        if (!isKept) values[o] = 0;
      }
      for (let j = i + 1; j < end; j++) subtract(row(weights, j), gone, factor(i, j));
    }
    for (let j = end; j < inputs; j++) {
      for (let i = start; i < end; i++) subtract(row(weights, j), row(errors, i - start), factor(i, j));
      await pause();
    }
  }
  return mask;
}

function subtract(values: Float64Array, gone: Float64Array, scale: number): void {
  if (scale === 0) return;
  for (let o = 0; o < values.length; o++) values[o]! -= scale * gone[o]!;
}

/**
 * The upper triangular U with `U^T U` the inverse of the damped Gram matrix; undefined if that is singular. With all
 * axes reversed, `L L^T` is the matrix, and U is the inverse of L.
 */
async function inverseFactor(
  {gram, inputs: size, damping, isDead}: NormalEquations,
  pause: () => Promise<void>,
): Promise<((row: number, column: number) => number) | undefined> {
  const matrix = new Float64Array(size * size);
  const last = size - 1;
  for (let i = 0; i < size; i++) {
    for (let j = 0; j <= i; j++) {
      const isAlive = isDead[last - i] === 0 && isDead[last - j] === 0;
      matrix[i * size + j] = isAlive ? gram[(last - i) * size + last - j]! : 0;
    }
    if (isDead[last - i] === 0) matrix[i * size + i]! += damping;
    else matrix[i * size + i] = 1;
  }
  for (let row = 0; row < size; row += ROWS) {
    if (factorRows(matrix, size, row, row + ROWS) >= 0) return undefined;
    await pause();
  }
  for (let row = 0; row < size; row += ROWS) {
    invertRows(matrix, size, row, row + ROWS);
    await pause();
  }
  return (row, column) => matrix[(last - row) * size + last - column]!;
}
