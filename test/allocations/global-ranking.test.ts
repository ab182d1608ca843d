import {globalRanking, type GlobalRankingArgs} from 'tfjs-pruning';
import {layout} from '../support/layouts.js';

/** The masks, as plain arrays. */
function masks(sparsity: number, layers: readonly (readonly number[])[], args: GlobalRankingArgs = {}): number[][] {
  const scored = layers.map((scores, i) => {
    const name = `layer${i}/kernel`;
    return {name, scores: Float32Array.from(scores), layout: layout([1, scores.length], {name})};
  });
  return globalRanking(args)(scored, sparsity).map(mask => [...mask]);
}

// torch 2.15: prune.global_unstructured([(m, 'weight') for m in (A, B, C)], prune.L1Unstructured, amount=sparsity)
const A = [0.3, -0.1, 0.7, -0.2, 0.5, -0.9, 0.05, 0.4, -0.6, 0.8];
const B = [-4, 1, -3, 2, -6, 5];
const C = [-0.02, 0.01, -3];
const MAGNITUDES = [A, B, C].map(weights => weights.map(Math.abs));
const ALL_OF_B = [1, 1, 1, 1, 1, 1];

test.each<[number, number[][]]>([
  [0.1, [[1, 1, 1, 1, 1, 1, 1, 1, 1, 1], ALL_OF_B, [0, 0, 1]]],
  [0.25, [[1, 0, 1, 0, 1, 1, 0, 1, 1, 1], ALL_OF_B, [0, 0, 1]]],
  [0.35, [[0, 0, 1, 0, 1, 1, 0, 0, 1, 1], ALL_OF_B, [0, 0, 1]]],
  [0.5, [[0, 0, 0, 0, 0, 1, 0, 0, 0, 1], ALL_OF_B, [0, 0, 1]]],
])('masks at sparsity %d what torch.nn.utils.prune.global_unstructured does', (sparsity, expected) => {
  expect(masks(sparsity, MAGNITUDES)).toEqual(expected);
});

test('no layer is pruned away, as torch would: the next in the ranking falls instead', () => {
  // torch, with C = [-0.02, 0.01, -0.03]: [[1, 0, 1, 1, 1, 1, 0, 1, 1, 1], all of B, [0, 0, 0]]
  const layers = [...MAGNITUDES.slice(0, 2), [0.02, 0.01, 0.03]];
  expect(masks(0.25, layers)).toEqual([[1, 0, 1, 0, 1, 1, 0, 1, 1, 1], ALL_OF_B, [0, 0, 1]]);
});

test('limits that bind one after the other hand on what they withhold', () => {
  const layers = [
    [1, 2, 3, 4],
    [5, 6, 7, 8],
    [11, 12, 13, 14, 15, 16, 17, 18],
  ];
  const half = [0, 0, 1, 1];
  expect(masks(0.5, layers, {maxSparsity: 0.5})).toEqual([half, half, [0, 0, 0, 0, 1, 1, 1, 1]]);
  // 7 of 16: one of each small layer, where three are kept, and so five of the large one
  expect(masks(7 / 16, layers, {minKept: 3})).toEqual([
    [0, 1, 1, 1],
    [0, 1, 1, 1],
    [0, 0, 0, 0, 0, 1, 1, 1],
  ]);
  expect(() => masks(0.5, layers, {minKept: 3})).toThrow(/8 of 16 groups would be zero, but only 7 can be, 1 too few/);
});

const X = [9, 14, 12, 19]; // mean 13.5, sum 54
const Y = [1, 8, 3, 11, 9, 7]; // mean 6.5, sum 39

test.each<[NonNullable<GlobalRankingArgs['normalize']>, number[][]]>([
  [
    'none',
    [
      [1, 1, 1, 1],
      [0, 0, 0, 1, 0, 0],
    ],
  ], // 1 3 7 8 9 of Y, the later layer's 9 first
  [
    'mean',
    [
      [0, 0, 0, 1],
      [0, 1, 0, 1, 1, 1],
    ],
  ], // .67 1.04 .89 1.41 | .15 1.23 .46 1.69 1.38 1.08
  [
    'sum',
    [
      [0, 1, 1, 1],
      [0, 0, 0, 1, 1, 0],
    ],
  ], // .17 .26 .22 .35 | .03 .21 .08 .28 .23 .18
  [
    'max',
    [
      [0, 1, 0, 1],
      [0, 1, 0, 1, 1, 0],
    ],
  ], // .47 .74 .63 1 | .09 .73 .27 1 .82 .64
])('normalizes by %s', (normalize, expected) => {
  expect(masks(0.5, [X, Y], {normalize})).toEqual(expected);
});

test('normalizes by what is still there: by a mean of 4, not of 2 or of infinity', () => {
  // 2/4 and 6/4, before and after 1
  const gone = [2, -Infinity, 6, -Infinity, Infinity];
  expect(masks(4 / 8, [gone, [1, 1, 1]], {normalize: 'mean'})).toEqual([
    [0, 0, 1, 0, 1],
    [1, 1, 0],
  ]);
  expect(
    masks(
      0.25,
      [
        [0, 0],
        [1, 2],
      ],
      {normalize: 'max'},
    ),
  ).toEqual([
    [1, 0],
    [1, 1],
  ]);
});

test('refuses a normalization that it does not know', () => {
  expect(() => globalRanking({normalize: 'l2' as never})).toThrow(
    new RangeError('Expected `normalize` to be one of none, mean, sum, max, got "l2" (string)'),
  );
});

test('asked for less than is gone, it prunes nothing more, and gives nothing back', () => {
  const gone = [2, -Infinity, 6, -Infinity];
  for (const sparsity of [0, 1 / 8, 2 / 8]) {
    expect(masks(sparsity, [gone, [1, 3, 5, 4]])).toEqual([
      [1, 0, 1, 0],
      [1, 1, 1, 1],
    ]);
  }
});
