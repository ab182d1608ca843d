import {shareOfLarger} from '../../src/math/share-of-larger.js';

test('each square over the squares of all that are no smaller, by hand; equal values share alike', () => {
  const shares = shareOfLarger(Float32Array.of(3, -1, 2, 0.5, -2, 0));
  expect([...shares]).toEqual([...Float32Array.of(1, 1 / 18, 4 / 17, 0.25 / 18.25, 4 / 17, 0)]);
});

test('nothing, zeros, NaN, and values whose squares single precision does not hold', () => {
  expect([...shareOfLarger(new Float32Array(0))]).toEqual([]);
  expect([...shareOfLarger(new Float32Array(3))]).toEqual([0, 0, 0]);
  expect(shareOfLarger(Float32Array.of(2, NaN))[1]).toBeNaN();
  const tiny = shareOfLarger(Float32Array.of(1e-30, 2e-30));
  expect(tiny[0]).toBeCloseTo(0.2, 6);
  expect(shareOfLarger(Float32Array.of(1e30, 2e30))[0]).toBeCloseTo(0.2, 6);
});

test('keeps its precision over many values', () => {
  // 4096 ** 2 is 2 ** 24, to which a sum in single precision could add no 1
  const shares = shareOfLarger(new Float32Array(1001).fill(1).fill(4096, 0, 1));
  expect(shares[1]).toBe(Math.fround(1 / (2 ** 24 + 1000)));
});
