import {countOf} from '../../src/math/count-of.js';
import {median} from '../../src/math/median.js';
import {sizeOf} from '../../src/math/size-of.js';

test('countOf', () => {
  expect(countOf(Float32Array.of(0, 2, -0, 1), 0)).toBe(2);
  expect(countOf(Uint8Array.of(1, 0, 1, 1), 1)).toBe(3);
  expect(countOf(new Uint8Array(0), 0)).toBe(0);
});

test.each([
  [[], NaN],
  [[4], 4],
  [[10, 1, 9], 9],
  [[10, 1, 9, 2], 5.5],
  [[3, 3, -1, -5], 1],
])('the median of %j is %d', (values, middle) => {
  const given = [...values];
  expect(median(given)).toBe(middle);
  expect(given).toEqual(values);
});

test.each([
  [[], 1],
  [[5], 5],
  [[2, 3, 4], 24],
  [[2, 0], 0],
  [[null, 3], NaN],
])('sizeOf %j is %d', (shape, size) => {
  expect(sizeOf(shape)).toBe(size);
});
