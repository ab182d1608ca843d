import fc from 'fast-check';
import {
  erdosRenyi,
  erdosRenyiKernel,
  globalRanking,
  isomorphic,
  perLayer,
  sensitivity,
  uniform,
  type Allocation,
  type LayerLimits,
  type LayerScores,
} from 'tfjs-pruning';
import {layout} from '../support/layouts.js';

fc.configureGlobal({seed: 4, numRuns: 50});

/**
 * Each allocation, given limits; and what it is to prune where it rounds layer by layer, as its meaning wants, not once
 * for all.
 */
const ALLOCATIONS: [
  name: string,
  make: (limits: LayerLimits) => Allocation,
  asked?: (layers: readonly LayerScores[], sparsity: number) => number,
][] = [
  ['uniform', uniform, (list, s) => rounded(list, () => s)],
  [
    'perLayer',
    limits => perLayer({b: 0.9, c: 0.45}, {default: 0.3, ...limits}),
    (list, s) => rounded(list, i => s * ([0.3, 0.9, 0.45, 0.3][i]! / 0.9)),
  ],
  ['globalRanking', globalRanking],
  ['globalRanking by mean', limits => globalRanking({normalize: 'mean', ...limits})],
  ['isomorphic', isomorphic],
  ['globalRanking by sum', limits => globalRanking({normalize: 'sum', ...limits})],
  ['globalRanking by max', limits => globalRanking({normalize: 'max', ...limits})],
  ['erdosRenyi', erdosRenyi],
  ['erdosRenyiKernel', erdosRenyiKernel],
  ['erdosRenyiKernel to a power', limits => erdosRenyiKernel({power: 2, ...limits})],
  ['sensitivity', limits => sensitivity(REPORT, limits)],
];

const NAMES = ['a', 'b', 'c', 'd'];
const REPORT = {
  baseline: {loss: 1, metrics: {}},
  layers: NAMES.map((name, i) => ({
    layer: name,
    weights: [`${name}/kernel`],
    // flat, falling and rising losses, the first of them alike in two layers
    points: [0.3, 0.6, 1 - 2 ** -30].map((sparsity, k) => ({
      sparsity,
      loss: [1, 0.9, 1 + i / 2][k]! * (k + 1),
      metrics: {},
    })),
  })),
};

const shapes = fc.constantFrom([0, 3], [1, 1], [1, 3], [2, 4], [3, 6], [3, 3, 2, 2], [5, 8]);
/** With ties, and without scores so close that dividing them makes new ones. */
const score = fc.integer({min: -20, max: 20}).map(x => x / 4);
const layers = fc
  .tuple(fc.array(shapes, {minLength: 3, maxLength: NAMES.length}), fc.infiniteStream(score))
  .map(([list, scores]) =>
    list.map((shape, i): LayerScores => {
      const size = shape.reduce<number>((product, n) => product * n, 1);
      const name = `${NAMES[i]!}/kernel`;
      return {
        name,
        layout: layout(shape, {name}),
        scores: Float32Array.from({length: size}, () => scores.next().value as number),
      };
    }),
  );
const limits = fc.record(
  {minKept: fc.integer({min: 1, max: 4}), maxSparsity: fc.constantFrom(0.3, 0.5, 0.9, 1)},
  {requiredKeys: []},
);
const sparsities = fc.double({min: 0, max: 0.99, noNaN: true});

const size = (list: readonly LayerScores[]) => list.reduce((sum, {scores}) => sum + scores.length, 0);
const zerosIn = (mask: Uint8Array) => mask.filter(kept => kept === 0).length;
const zeros = (masks: readonly Uint8Array[]) => masks.reduce((sum, mask) => sum + zerosIn(mask), 0);

/** The zeros of layers each by itself, of which none loses everything. */
function rounded(list: readonly LayerScores[], sparsityOf: (layer: number) => number): number {
  const counts = list.map(({scores: {length}}, i) =>
    Math.max(0, Math.min(nearest(length * sparsityOf(i)), length - 1)),
  );
  return counts.reduce((sum, n) => sum + n, 0);
}

/** Half to even, written another way. */
function nearest(x: number): number {
  const [below, above] = [Math.floor(x), Math.ceil(x)];
  if (x - below === above - x) return below % 2 === 0 ? below : above;
  return x - below < above - x ? below : above;
}

/** What a layer may lose at the most. */
function mostOf(n: number, {minKept = 1, maxSparsity = 1}: LayerLimits): number {
  let most = Math.max(0, n - minKept);
  while (most > 0 && most / n > maxSparsity) most--;
  return most;
}

/** The masks, or undefined where the layers can't take that much. */
function attempt(allocation: Allocation, list: readonly LayerScores[], sparsity: number): Uint8Array[] | undefined {
  try {
    return allocation(list, sparsity);
  } catch (error) {
    expect(error).toBeInstanceOf(RangeError);
    expect((error as Error).message).toMatch(/^Expected a sparsity that the layers can take: \d+ of \d+ groups/);
    return undefined;
  }
}

describe.each(ALLOCATIONS)('%s', (called, make, askedByLayer) => {
  const asked = (list: readonly LayerScores[], sparsity: number) =>
    askedByLayer?.(list, sparsity) ?? nearest(size(list) * sparsity);

  test('prunes exactly what is asked within the limits, or says that it does not fit', () => {
    fc.assert(
      fc.property(layers, limits, sparsities, (list, given, sparsity) => {
        const most = list.map(({scores}) => mostOf(scores.length, given));
        const masks = attempt(make(given), list, sparsity);
        const room = most.reduce((sum, n) => sum + n, 0);
        if (masks) {
          masks.forEach((mask, i) => expect(zerosIn(mask)).toBeLessThanOrEqual(most[i]!));
          masks.forEach((mask, i) => expect(mask).toHaveLength(list[i]!.scores.length));
        }
        const wanted = asked(list, sparsity);
        expect(masks && zeros(masks)).toBe(wanted <= room ? wanted : undefined);
      }),
    );
  });

  test('takes all of a layer that need keep nothing, unless its own limit or what was scanned forbids it', () => {
    const layer = {name: 'b/kernel', layout: layout([1, 3], {name: 'b/kernel'}), scores: Float32Array.of(2, 1, 3)};
    const empty = {name: 'c/kernel', layout: layout([0, 3], {name: 'c/kernel'}), scores: new Float32Array(0)};
    const fallen = (one: LayerScores, given: LayerLimits = {}) => {
      const masks = attempt(make(given), [one, empty], 1);
      return masks && zeros(masks);
    };
    expect(fallen({...layer, minKept: 0})).toBe(called === 'sensitivity' ? undefined : 3);
    expect(fallen({...layer, minKept: 0}, {minKept: 1})).toBeUndefined();
    expect(fallen(layer)).toBe(askedByLayer && 2);
  });

  test('prunes the smallest of each layer, of equal ones the last', () => {
    fc.assert(
      fc.property(layers, limits, sparsities, (list, given, sparsity) => {
        attempt(make(given), list, sparsity)?.forEach((mask, i) => {
          const {scores} = list[i]!;
          const order = [...scores.keys()].sort((j, k) => scores[k]! - scores[j]! || j - k);
          expect([...mask.keys()].filter(j => mask[j] === 1)).toEqual(
            order.slice(0, mask.length - zerosIn(mask)).sort((j, k) => j - k),
          );
        });
      }),
    );
  });

  test('masks nest as the sparsity grows', () => {
    fc.assert(
      fc.property(layers, limits, sparsities, sparsities, (list, given, s, t) => {
        const sparse = attempt(make(given), list, Math.max(s, t));
        if (!sparse) return;
        const dense = make(given)(list, Math.min(s, t));
        sparse.forEach((mask, i) => expect(mask.every((kept, j) => kept <= dense[i]![j]!)).toBe(true));
      }),
    );
  });

  test('what is gone falls first and counts; the rest goes on as if it had just fallen', () => {
    fc.assert(
      fc.property(layers, limits, sparsities, sparsities, (list, given, s, t) => {
        const allocation = make(given);
        const later = attempt(allocation, list, Math.max(s, t));
        if (!later) return;
        const before = allocation(list, Math.min(s, t));
        const rest = list.map(({scores, ...layer}, i) => ({
          ...layer,
          scores: scores.map((value, j) => (before[i]![j] === 0 ? -Infinity : value)),
        }));
        const after = allocation(rest, Math.max(s, t));
        expect(zeros(after)).toBe(zeros(later));
        after.forEach((mask, i) => expect(mask.every((kept, j) => kept <= before[i]![j]!)).toBe(true));
        // Asked for less than is gone, it keeps all that is there.
        expect(allocation(rest, Math.min(s, t) / 2)).toEqual(before);
      }),
    );
  });

  test('what must stay is never pruned, and what that withholds falls elsewhere', () => {
    fc.assert(
      fc.property(layers, sparsities, fc.integer({min: 2, max: 5}), (list, sparsity, every) => {
        const bound = list.map(layer => ({
          ...layer,
          scores: layer.scores.map((value, i) => (i % every === 0 ? Infinity : value)),
        }));
        const most = bound.map(({scores}) => scores.filter(value => value !== Infinity).length);
        const masks = attempt(make({}), bound, sparsity);
        masks?.forEach(mask => expect(mask.every((kept, j) => kept === 1 || j % every > 0)).toBe(true));
        const room = most.reduce((sum, n) => sum + n, 0);
        const wanted = asked(list, sparsity);
        expect(masks && zeros(masks)).toBe(wanted <= room ? wanted : undefined);
      }),
    );
  });

  test('is the same each time, and leaves the scores as they are', () => {
    fc.assert(
      fc.property(layers, sparsities, (list, sparsity) => {
        const copies = list.map(layer => ({...layer, scores: layer.scores.slice()}));
        const allocation = make({});
        const first = attempt(allocation, list, sparsity);
        expect(attempt(allocation, list, sparsity)).toEqual(first);
        expect(attempt(make({}), copies, sparsity)).toEqual(first);
        expect(list.map(({scores}) => scores)).toEqual(copies.map(({scores}) => scores));
      }),
    );
  });

  test.each<[args: unknown, error: ErrorConstructor, message: RegExp]>([
    [{minKept: 0}, RangeError, /^Expected `minKept` to be a whole number >= 1, got 0$/],
    [{minKept: 1.5}, RangeError, /^Expected `minKept` to be a whole number >= 1, got 1.5$/],
    [{minKept: '8'}, TypeError, /got "8" \(string\)$/],
    [{maxSparsity: 1.1}, RangeError, /^Expected `maxSparsity` to be a number in \[0, 1\], got 1.1$/],
    [{maxSparsity: NaN}, RangeError, /got NaN$/],
    [{minkept: 8}, TypeError, /has no option `minkept`; its options are .*minKept, maxSparsity$/],
  ])('refuses %j', (args, error, message) => {
    expect(() => make(args as never)).toThrow(error);
    expect(() => make(args as never)).toThrow(message);
  });
});

test('all of them take no layers at all, except those that name them', () => {
  for (const [name, make] of ALLOCATIONS.filter(([name]) => name !== 'perLayer')) {
    expect([name, make({})([], 0.5)]).toEqual([name, []]);
  }
});
