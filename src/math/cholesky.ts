/** Pivots below this fraction of their diagonal entry are lost in the rounding of single precision. */
const TOLERANCE = 1e-7;

/**
 * Factors rows `from` to `to` of a symmetric positive definite matrix in place, `A = L L^T`, after all rows before
 * them: in pieces, so that a caller can pause between them. Only the lower triangle is read and written.
 *
 * @param matrix row by row, `size * size` values.
 * @returns the first row whose pivot is not positive, or -1: the rows so far are then linearly dependent, as far as
 *     single precision can tell, or not numbers.
 *
 * @example
 * const matrix = Float64Array.of(4, 0, 2, 5);
 * factorRows(matrix, 2, 0, 2); // -1; matrix is [2, 0, 1, 2]
 */
export function factorRows(matrix: Float64Array, size: number, from: number, to: number): number {
  for (let i = from; i < Math.min(to, size); i++) {
    const row = matrix.subarray(i * size, i * size + i + 1);
    const diagonal = row[i]!;
    for (let j = 0; j < i; j++) row[j] = (row[j]! - dot(row, matrix, j * size, j)) / matrix[j * size + j]!;
    const pivot = diagonal - dot(row, row, 0, i);
    if (!(pivot > TOLERANCE * diagonal)) return i;
    row[i] = Math.sqrt(pivot);
  }
  return -1;
}

/**
 * Solves `L L^T x = b` in place, by the factor that {@link factorRows} leaves: by its first rows, as many as `b` has
 * values.
 */
export function solveFactored(factor: Float64Array, size: number, b: Float64Array): void {
  for (let i = 0; i < b.length; i++) b[i] = (b[i]! - dot(b, factor, i * size, i)) / factor[i * size + i]!;
  for (let i = b.length - 1; i >= 0; i--) {
    const x = (b[i]! /= factor[i * size + i]!);
    for (let j = 0; j < i; j++) b[j]! -= factor[i * size + j]! * x;
  }
}

/** The sum of the products of the first `count` values of `a`, and of those of `b` from a start. */
function dot(a: Float64Array, b: Float64Array, start: number, count: number): number {
  let sum = 0;
  for (let k = 0; k < count; k++) sum += a[k]! * b[start + k]!;
  return sum;
}

/** Inverts rows `from` to `to` of a factor in place, after all rows before them. */
export function invertRows(factor: Float64Array, size: number, from: number, to: number): void {
  for (let i = from; i < Math.min(to, size); i++) {
    const row = factor.slice(i * size, i * size + i + 1);
    const inverse = factor.subarray(i * size, i * size + i + 1).fill(0);
    for (let k = 0; k < i; k++) {
      const [weight, start] = [row[k]!, k * size];
      if (weight === 0) continue;
      for (let j = 0; j <= k; j++) inverse[j]! -= weight * factor[start + j]!;
    }
    for (let j = 0; j < i; j++) inverse[j]! /= row[i]!;
    inverse[i] = 1 / row[i]!;
  }
}
