import type {Allocation} from 'tfjs-pruning';
import {checked, expectAllocation} from '../../src/allocations/allocation.js';
import {layout} from '../support/layouts.js';

const layers = [
  {name: 'a/kernel', scores: Float32Array.of(1, 2), layout: layout([1, 2])},
  {name: 'b/kernel', scores: Float32Array.of(1, 2, 3), layout: layout([1, 3])},
];
const returning = (kept: unknown): Allocation => checked(() => kept as Uint8Array[]);

test('masks of the right sizes are returned as they are, for the layers and the sparsity that it was given', () => {
  const masks = [Uint8Array.of(1, 0), Uint8Array.of(1, 1, 0)];
  const allocation = jest.fn(() => masks);
  expect(checked(allocation)(layers, 0.4)).toBe(masks);
  expect(allocation.mock.calls).toEqual([[layers, 0.4]]);
});

test.each([
  [undefined, 'undefined'],
  [null, 'null'],
  [Uint8Array.of(1, 0), 'a Uint8Array of length 2$'],
  [[Uint8Array.of(1, 0)], 'of length 1'],
  [{}, 'an Object$'],
])('a result that is not a list with a mask for each layer is refused: %p', (kept, got) => {
  const expected = new RegExp(`^Expected the allocation to return an array of 2 masks, got .*${got}`);
  expect(() => returning(kept)(layers, 0.5)).toThrow(expected);
});

test.each([
  ['"a/kernel"', 2, [Uint8Array.of(1), Uint8Array.of(1, 1, 1)], 'of length 1$'],
  ['"b/kernel"', 3, [Uint8Array.of(1, 1), Uint8Array.of(1, 1)], 'of length 2$'],
  ['"b/kernel"', 3, [Uint8Array.of(1, 1), [1, 1, 1]], 'of length 3$'],
  ['"b/kernel"', 3, [Uint8Array.of(1, 1), undefined], 'got undefined$'],
])('a mask of %s that is not a Uint8Array of length %p is refused', (name, length, kept, got) => {
  const expected = new RegExp(`return a Uint8Array of length ${length} for ${name}, got .*${got.replace('got ', '')}`);
  expect(() => returning(kept)(layers, 0.5)).toThrow(expected);
});

test('what can not be called is refused, with the name of the option', () => {
  expect(() => expectAllocation('allocation', 'uniform' as never)).toThrow(
    new TypeError('Expected `allocation` to be a function such as uniform(), got "uniform" (string)'),
  );
});

test('an allocation that is taken is checked when it runs', () => {
  expect(() => expectAllocation('allocation', () => [])(layers, 0.5)).toThrow(
    /an array of 2 masks, got .* of length 0/,
  );
});
