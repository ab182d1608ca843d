import {uniform} from '../../src/allocations/uniform.js';
import {layout} from '../support/layouts.js';

const layer = (name: string, scores: readonly number[]) => ({
  name,
  scores: Float32Array.from(scores),
  layout: layout([scores.length], {name}),
});

/** The masks, as plain arrays. */
function masks(sparsity: number, layers: readonly (readonly number[])[], allocation = uniform()): number[][] {
  return allocation(
    layers.map((scores, i) => layer(`layer${i}/kernel`, scores)),
    sparsity,
  ).map(mask => Array.from(mask));
}

const zeros = (mask: readonly number[]) => mask.filter(kept => kept === 0).length;
const rising = (n: number) => Array.from({length: n}, (_, i) => i + 1);

// torch 2.15: for w in (A, B, C): m = nn.Linear(1, 1, bias=False); m.weight = nn.Parameter(torch.tensor(w))
//             prune.l1_unstructured(m, 'weight', amount=sparsity); m.weight_mask
const A = [0.3, -0.1, 0.7, -0.2, 0.5, -0.9, 0.05, 0.4, -0.6, 0.8];
const B = [-4, 1, -3, 2, -6, 5];
const C = [-0.02, 0.01, -0.03];
const TORCH: [number, ...number[][]][] = [
  [0.1, [1, 1, 1, 1, 1, 1, 0, 1, 1, 1], [1, 0, 1, 1, 1, 1], [1, 1, 1]],
  [0.25, [1, 0, 1, 1, 1, 1, 0, 1, 1, 1], [1, 0, 1, 0, 1, 1], [1, 0, 1]],
  [0.35, [0, 0, 1, 0, 1, 1, 0, 1, 1, 1], [1, 0, 1, 0, 1, 1], [1, 0, 1]],
  [0.5, [0, 0, 1, 0, 1, 1, 0, 0, 1, 1], [1, 0, 0, 0, 1, 1], [0, 0, 1]],
  [0.75, [0, 0, 0, 0, 0, 1, 0, 0, 0, 1], [0, 0, 0, 0, 1, 1], [0, 0, 1]],
];

test.each(TORCH)('masks at sparsity %d what torch.nn.utils.prune.l1_unstructured does', (sparsity, ...expected) => {
  expect(
    masks(
      sparsity,
      [A, B, C].map(weights => weights.map(Math.abs)),
    ),
  ).toEqual(expected);
});

test.each([
  // n * sparsity, rounded half to even
  [10, 0, 0],
  [10, 0.04, 0],
  [10, 0.05, 0],
  [10, 0.15, 2],
  [10, 0.25, 2],
  [10, 0.35, 4],
  [10, 0.36, 4],
  [3, 0.5, 2],
  [5, 0.5, 2],
  [7, 0.5, 4],
  [1000, 0.9, 900],
  [784 * 300, 0.99, 232848],
  // one group is always kept
  [10, 0.96, 9],
  [4, 0.999, 3],
  [2, 0.75, 1],
  [1, 0.999, 0],
  [0, 0.5, 0],
])('of %d groups at sparsity %d, %d are zero', (n, sparsity, expected) => {
  expect(masks(sparsity, [rising(n)]).map(zeros)).toEqual([expected]);
});

test('keeps minKept groups of every layer, or all where there are fewer; the others make up for it', () => {
  const layers = [40, 10, 3, 2].map(rising);
  // 32, 8, 2 and 1 (never all) at 0.8, of which the small layers give 7, 0 and 0
  expect(masks(0.8, layers, uniform({minKept: 3})).map(zeros)).toEqual([36, 7, 0, 0]);
  expect(masks(0.8, [rising(40), rising(10), rising(10)], uniform({minKept: 4})).map(zeros)).toEqual([36, 6, 6]);
  expect(masks(0.25, [[1, 4, 2, 3]], uniform({minKept: 3}))).toEqual([[0, 1, 1, 1]]);
});

test('gives no layer more than maxSparsity; the others make up for it', () => {
  const layers = [100, 10, 100].map(rising);
  const bound = layers.map((scores, i) => (i === 0 ? scores.map((x, j) => (j % 2 ? Infinity : x)) : scores));
  expect(masks(0.6, bound, uniform({maxSparsity: 0.7})).map(zeros)).toEqual([50, 7, 69]);
  expect(masks(0.29, [rising(100)], uniform({maxSparsity: 0.29})).map(zeros)).toEqual([29]); // 100 * 0.29 < 29
});

test('says how much does not fit, and where', () => {
  expect(() => masks(0.8, [20, 10, 3].map(rising), uniform({minKept: 3}))).toThrow(
    new RangeError(
      'Expected a sparsity that the layers can take: 26 of 33 groups would be zero, but only 24 can be, 2 too few: ' +
        '"layer0/kernel" 17 of 20, "layer1/kernel" 7 of 10, "layer2/kernel" 0 of 3. ' +
        'Lower the sparsity, loosen the limits, or choose more layers',
    ),
  );
});

test('decides for each layer by itself, in their order', () => {
  const small = [0.01, 0.04, 0.02, 0.03];
  const large = [600, 500, 400, 300, 200, 100];
  expect(masks(0.5, [small, large])).toEqual([
    [0, 1, 0, 1],
    [1, 1, 1, 0, 0, 0],
  ]);
  expect(masks(0.5, [])).toEqual([]);
});

test('keeps the lower index among equal scores', () => {
  expect(masks(0.5, [Array(6).fill(0), [2, 1, 2, 1, 2, 2]])).toEqual([
    [1, 1, 1, 0, 0, 0],
    [1, 0, 1, 0, 1, 0],
  ]);
});

test('prunes groups of score -Infinity first, even before negative scores', () => {
  const scores = [-Infinity, 0, -1e38, -Infinity, 2, 1];
  expect(masks(1 / 3, [scores])).toEqual([[0, 1, 1, 0, 1, 1]]);
  expect(masks(0.5, [scores])).toEqual([[0, 1, 0, 0, 1, 1]]);
});

test('leaves the scores as they are', () => {
  const layers = [layer('a', [3, -Infinity, 2])];
  uniform()(layers, 0.5);
  expect(layers).toEqual([layer('a', [3, -Infinity, 2])]);
});

test.each<[args: unknown, error: ErrorConstructor, message: string]>([
  [{minKept: 0}, RangeError, 'Expected `minKept` to be a whole number >= 1, got 0'],
  [{minKept: 1.5}, RangeError, 'Expected `minKept` to be a whole number >= 1, got 1.5'],
  [{minKept: NaN}, RangeError, 'got NaN'],
  [{minKept: '8'}, TypeError, 'got "8" (string)'],
  [{minkept: 8}, TypeError, 'uniform has no option `minkept`; its options are minKept, maxSparsity'],
  [0.5, TypeError, 'uniform expects an object with minKept, maxSparsity, got 0.5 (number)'],
])('refuses %j', (args, error, message) => {
  expect(() => uniform(args as never)).toThrow(error);
  expect(() => uniform(args as never)).toThrow(message);
});
