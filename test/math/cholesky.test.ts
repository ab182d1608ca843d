import {factorRows, invertRows, solveFactored} from '../../src/math/cholesky.js';

/** L L^T of L = [[2, 0, 0], [1, 3, 0], [-1, 2, 1]]; what lies above the diagonal is not read. */
const matrix = () => Float64Array.of(4, NaN, NaN, 2, 10, NaN, -2, 5, 6);

test('factors in pieces, and leaves the upper triangle alone', () => {
  const all = matrix();
  expect(factorRows(all, 3, 0, 2)).toBe(-1);
  expect(factorRows(all, 3, 2, 9)).toBe(-1);
  expect([...all]).toEqual([2, NaN, NaN, 1, 3, NaN, -1, 2, 1]);
});

test('solves by the factor', () => {
  const factor = matrix();
  factorRows(factor, 3, 0, 3);
  const b = Float64Array.of(4 * 1 + 2 * -2 - 2 * 3, 2 * 1 + 10 * -2 + 5 * 3, -2 * 1 + 5 * -2 + 6 * 3);
  solveFactored(factor, 3, b);
  [1, -2, 3].forEach((x, i) => expect(b[i]).toBeCloseTo(x, 12));
});

test('inverts the factor, in pieces', () => {
  const factor = matrix();
  factorRows(factor, 3, 0, 3);
  invertRows(factor, 3, 0, 1);
  invertRows(factor, 3, 1, 3);
  const expected = [[1 / 2], [-1 / 6, 1 / 3], [(1 + 2 / 3) / 2, -2 / 3, 1]];
  expected.forEach((row, i) => row.forEach((value, j) => expect(factor[3 * i + j]).toBeCloseTo(value, 12)));
});

test.each<[string, number[], number]>([
  ['zero', [0, 0, 0, 1], 0],
  ['negative', [1, 0, 2, 1], 1],
  ['dependent', [1, 0, 1, 1 + 1e-9], 1],
  ['not a number', [1, 0, NaN, 1], 1],
])('tells the first row with a pivot that is %s', (_, values, row) => {
  expect(factorRows(Float64Array.from(values), 2, 0, 2)).toBe(row);
});
