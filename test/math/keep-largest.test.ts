import fc from 'fast-check';
import {keepLargest, keepLargestOfAll} from '../../src/math/keep-largest.js';

fc.configureGlobal({seed: 1});

/** The mask of a stable sort, largest first: slow, and plain. */
function keepBySorting(scores: Float32Array, count: number): Uint8Array {
  const order = Array.from(scores.keys()).sort(
    (i, j) => Number(scores[j]! > scores[i]!) - Number(scores[i]! > scores[j]!),
  );
  const kept = new Uint8Array(scores.length);
  for (const i of order.slice(0, count)) kept[i] = 1;
  return kept;
}

const keep = (scores: readonly number[], count: number) => Array.from(keepLargest(Float32Array.from(scores), count));

/** The float32 that comes `k` floats after `x`; their upper 16 bits are mostly the same. */
function floatAfter(x: number, k: number): number {
  const bits = new Int32Array(Float32Array.of(x).buffer);
  bits[0]! += k;
  return new Float32Array(bits.buffer)[0]!;
}

const TINY = 2 ** -149; // the smallest denormal
const SCORES_1 = [0.69, 0.37, 0.96, 0.81, 0.79, 0.55, 0.88, 0.53];
const SCORES_2 = [-3, 2, -1, 0.5, -0.25, -8];
const SCORES_3 = [2, 1, 2, 3, 2, 1, 2];

test.each([
  ['none', SCORES_1, 0, [0, 0, 0, 0, 0, 0, 0, 0]],
  ['the largest', SCORES_1, 1, [0, 0, 1, 0, 0, 0, 0, 0]],
  ['the three largest', SCORES_1, 3, [0, 0, 1, 1, 0, 0, 1, 0]],
  ['all but the smallest', SCORES_1, 7, [1, 0, 1, 1, 1, 1, 1, 1]],
  ['all', SCORES_1, 8, [1, 1, 1, 1, 1, 1, 1, 1]],
  ['positive before negative scores', SCORES_2, 2, [0, 1, 0, 1, 0, 0]],
  ['the negative scores nearest to zero', SCORES_2, 4, [0, 1, 1, 1, 1, 0]],
  ['all but the most negative', SCORES_2, 5, [1, 1, 1, 1, 1, 0]],
  ['the first of equal scores', SCORES_3, 3, [1, 0, 1, 1, 0, 0, 0]],
  ['the first of equal scores at another count', SCORES_3, 6, [1, 1, 1, 1, 1, 0, 1]],
  ['the first where all are equal', [1, 1, 1, 1, 1], 2, [1, 1, 0, 0, 0]],
  ['the first where all are zero', [0, 0, 0, 0, 0], 3, [1, 1, 1, 0, 0]],
  ['the first where all are negative and equal', [-7, -7, -7], 1, [1, 0, 0]],
  ['-0 and 0 alike', [-0, 0, -0, 0], 2, [1, 1, 0, 0]],
  ['zeros between denormals', [0, TINY, -TINY, -0], 2, [1, 1, 0, 0]],
  ['a zero before a negative denormal', [-TINY, -0, 0, TINY], 3, [0, 1, 1, 1]],
  ['a denormal by its last bit', [2 * TINY, 3 * TINY, TINY], 2, [1, 1, 0]],
  ['what differs in its last bit', [1, 1 + 2 ** -23, 1 - 2 ** -24], 1, [0, 1, 0]],
  ['what differs in its last bit, negative', [-1, -1 - 2 ** -23, -1 + 2 ** -24], 1, [0, 0, 1]],
  ['-Infinity last', [-Infinity, -3e38, 0, -Infinity], 2, [0, 1, 1, 0]],
  ['the first of -Infinity where it must', [-Infinity, 5, -Infinity, -Infinity], 3, [1, 1, 1, 0]],
  ['Infinity first', [3e38, Infinity, 1, Infinity], 2, [0, 1, 0, 1]],
  ['nothing of nothing', [], 0, []],
  ['a single one', [-0], 1, [1]],
])('keeps %s', (_what, scores, count, kept) => {
  expect(keep(scores, count)).toEqual(kept);
});

test('keeps what a stable sort puts first, for any floats', () => {
  const score = fc.oneof(
    fc.float({noNaN: true}),
    fc.constantFrom(0, -0, 1, -1, TINY, -TINY, Infinity, -Infinity),
    fc.tuple(fc.constantFrom(1, -1, 0.1, -3e-39), fc.integer({min: -3, max: 3})).map(([x, k]) => floatAfter(x, k)),
  );
  fc.assert(
    fc.property(fc.array(score, {maxLength: 40}), values => {
      const scores = Float32Array.from(values);
      for (let count = 0; count <= scores.length; count++) {
        expect(keepLargest(scores, count)).toEqual(keepBySorting(scores, count));
      }
    }),
  );
});

test('keeps what a stable sort puts first, of many scores with many ties', () => {
  const scores = Float32Array.from({length: 20_000}, (_, i) => Math.fround(Math.sin(i * i)) * 2 ** ((i * 7) % 40));
  scores.set(scores.subarray(0, 5000), 12_000);
  for (const count of [1, 1000, 9_999, 10_000, 15_001, 19_999]) {
    expect(Buffer.compare(keepLargest(scores, count), keepBySorting(scores, count))).toBe(0);
  }
});

test('sees only its part of a shared buffer', () => {
  const buffer = Float32Array.of(9, NaN, 1, 3, 2, 9, NaN);
  expect(Array.from(keepLargest(buffer.subarray(2, 5), 2))).toEqual([0, 1, 1]);
});

test('leaves the scores as they are', () => {
  const scores = Float32Array.of(3, -1, -0, 2);
  keepLargest(scores, 2);
  expect(scores).toEqual(Float32Array.of(3, -1, -0, 2));
});

test.each([
  [[NaN], 0],
  [[1, 2, NaN, NaN], 2],
  [[-Infinity, Infinity, 0, NaN], 3],
])('throws at the first NaN of %j', (scores, index) => {
  for (const count of [0, scores.length]) {
    expect(() => keepLargest(Float32Array.from(scores), count)).toThrow(RangeError);
    expect(() => keepLargest(Float32Array.from(scores), count)).toThrow(`got NaN at index ${index}`);
  }
});

test.each(['7f800001', '7fc00000', '7fffffff', 'ff800001', 'ffffffff'])('takes the bits %s for a NaN', bits => {
  const scores = new Float32Array(Uint32Array.of(0, 0x7f800000, 0xff800000, Number.parseInt(bits, 16)).buffer);
  expect(() => keepLargest(scores, 2)).toThrow('got NaN at index 3');
});

test('ranks several lists as if they were one', () => {
  const score = fc.oneof(fc.float({noNaN: true}), fc.constantFrom(0, -0, 1, 1, -1, Infinity, -Infinity, 1 + 2 ** -23));
  fc.assert(
    fc.property(fc.array(fc.array(score, {maxLength: 12}), {maxLength: 5}), values => {
      const lists = values.map(list => Float32Array.from(list));
      const all = Float32Array.from(values.flat());
      for (let count = 0; count <= all.length; count++) {
        const kept = keepLargestOfAll(lists, count);
        expect(kept.map(({length}) => length)).toEqual(lists.map(({length}) => length));
        expect(kept.flatMap(mask => [...mask])).toEqual([...keepBySorting(all, count)]);
      }
    }),
  );
});

test('throws at a NaN in any list', () => {
  expect(() => keepLargestOfAll([Float32Array.of(1), Float32Array.of(2, NaN)], 1)).toThrow('got NaN at index 1');
});
