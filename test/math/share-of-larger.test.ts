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
  // 1 is one of n equal ones: the share is 1 / n, though a sum in single precision stops growing at 2^24
  const n = 17_000_001;
  expect(shareOfLarger(new Float32Array(n).fill(1))[n - 1]).toBe(Math.fround(1 / n));
});
