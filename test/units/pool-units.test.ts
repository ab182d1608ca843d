import {poolUnits} from '../../src/units/pool-units.js';

test('pools the scores of all positions of a unit', () => {
  const scores = Float32Array.of(1, 2, 3, 4, 5, 6); // [[1, 2, 3], [4, 5, 6]]
  const units = Int32Array.of(7, 8, 7);
  expect([...poolUnits(scores, [2, 3], {axis: 1, units}, 'mean')]).toEqual([
    [7, 3.5],
    [8, 3.5],
  ]);
  expect([...poolUnits(scores, [2, 3], {axis: 1, units}, 'sum')]).toEqual([
    [7, 14],
    [8, 7],
  ]);
  expect([...poolUnits(scores, [2, 3], {axis: 0, units: Int32Array.of(1, 0)}, 'max')]).toEqual([
    [1, 3],
    [0, 6],
  ]);
});

test('what is masked counts as 0; a unit of which nothing else is left is gone', () => {
  const gone = -Infinity;
  const scores = Float32Array.of(gone, -2, gone, -4, gone, gone); // [[gone, -2, gone], [-4, gone, gone]]
  const units = Int32Array.of(0, 1, 2);
  const pooled = (reduction: 'sum' | 'mean' | 'max') => [
    ...poolUnits(scores, [2, 3], {axis: 1, units}, reduction).values(),
  ];
  expect(pooled('sum')).toEqual([-4, -2, gone]);
  expect(pooled('mean')).toEqual([-2, -1, gone]);
  expect(pooled('max')).toEqual([-4, -2, gone]);
});
