import {weights} from '../../src/structures/weights.js';
import {layout} from '../support/layouts.js';

test('every weight is a group of its own, in the order of the tensor', () => {
  expect(Array.from(weights().pool(Float32Array.of(5, -1, 0, 2, -Infinity, 7), layout([2, 3])))).toEqual([
    5,
    -1,
    0,
    2,
    -Infinity,
    7,
  ]);
  expect(Array.from(weights().spread(Uint8Array.of(1, 0, 0, 1, 0, 1), layout([2, 3])))).toEqual([1, 0, 0, 1, 0, 1]);
});
