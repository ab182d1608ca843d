import fc from 'fast-check';
import {filters, uniform, type LayerScores} from 'tfjs-pruning';
import {perOutput} from '../../src/allocations/per-output.js';
import {roundHalfEven} from '../../src/math/round-half-even.js';
import {layout} from '../support/layouts.js';

fc.configureGlobal({seed: 1});

const layerOf = (scores: readonly number[], shape: readonly number[]): LayerScores => ({
  name: 'layer/kernel',
  scores: Float32Array.from(scores),
  layout: layout(shape),
});
const kept = (layer: LayerScores, sparsity: number) => [...perOutput()([layer], sparsity)[0]!];

test('prunes the same part of each column, whatever the columns are worth, of ties the later', () => {
  // columns [1, 3, 2, 4] and [50, 50, 50, 10]
  const layer = layerOf([1, 50, 3, 50, 2, 50, 4, 10], [4, 2]);
  expect(kept(layer, 0.5)).toEqual([0, 1, 1, 1, 0, 0, 1, 0]);
  expect(kept(layer, 0.25)).toEqual([0, 1, 1, 1, 1, 1, 1, 0]);
  expect(kept(layer, 0)).toEqual([1, 1, 1, 1, 1, 1, 1, 1]);
  expect(kept(layer, 0.99)).toEqual([0, 1, 0, 0, 0, 0, 1, 0]);
});

test('takes the filters of a convolution for its outputs', () => {
  expect(kept(layerOf([1, 40, 2, 30, 3, 20, 4, 10], [2, 2, 1, 2]), 0.5)).toEqual([0, 1, 0, 1, 1, 0, 1, 0]);
});

test('lets go what is gone, and keeps what must stay', () => {
  const layer = layerOf([-Infinity, Infinity, -Infinity, Infinity, 3, 1], [3, 2]);
  expect(kept(layer, 0)).toEqual([0, 1, 0, 1, 1, 1]);
  expect(kept(layer, 0.34)).toEqual([0, 1, 0, 1, 1, 0]);
  expect(() => kept(layer, 0.67)).toThrow(/2 of 3 groups would be zero, but only 1 can be/);
});

test('compares groups that are not weights within their layer, as uniform() does', () => {
  const conv = layout([1, 1, 2, 4]);
  const scores = filters().pool(Float32Array.of(4, 3, 2, 1, 4, 3, 2, 1), conv);
  const layers = [{name: 'layer/kernel', scores, layout: conv}];
  expect(perOutput()(layers, 0.5)).toEqual(uniform()(layers, 0.5));
  expect([...perOutput()(layers, 0.5)[0]!]).toEqual([1, 1, 0, 0]);
});

test('is what sorting each column by itself gives', () => {
  const matrix = fc
    .tuple(fc.integer({min: 1, max: 6}), fc.integer({min: 1, max: 5}))
    .chain(([rows, columns]) =>
      fc.tuple(
        fc.array(fc.integer({min: 0, max: 3}), {minLength: rows * columns, maxLength: rows * columns}),
        fc.constant([rows, columns] as const),
        fc.integer({min: 0, max: 99}),
      ),
    );
  fc.assert(
    fc.property(matrix, ([scores, [rows, columns], percent]) => {
      const found = kept(layerOf(scores, [rows, columns]), percent / 100);
      for (let column = 0; column < columns; column++) {
        const own = [...Array(rows).keys()].map(row => row * columns + column);
        const fall = Math.min(roundHalfEven((rows * percent) / 100), rows - 1);
        const sorted = own.toSorted((a, b) => scores[a]! - scores[b]! || b - a);
        expect(own.filter(i => found[i] === 0).sort()).toEqual(sorted.slice(0, fall).sort());
      }
    }),
    {numRuns: 200},
  );
});
