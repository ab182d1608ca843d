import * as fc from 'fast-check';
import {cutAxes} from '../../src/math/axis-pieces.js';

fc.configureGlobal({seed: 1});

const cut = (numbers: number[], shape: number[]) =>
  cutAxes(Int32Array.from(numbers), shape).map(({size, within}) => `${size}${within ? ' within' : ''}`);

test.each<[string, number[], number[], string[]]>([
  ['one group', [0, 0, 0, 0, 0, 0], [2, 3], ['6 within']],
  ['single numbers', [0, 1, 2, 3, 4, 5], [2, 3], ['6']],
  ['columns', [0, 1, 2, 0, 1, 2], [2, 3], ['2 within', '3']],
  ['rows', [0, 0, 0, 1, 1, 1], [2, 3], ['2', '3 within']],
  ['pairs in a row', [0, 0, 1, 1, 2, 2, 3, 3], [2, 4], ['4', '2 within']],
  ['gates', [0, 1, 0, 1, 0, 1, 0, 1], [2, 4], ['4 within', '2']],
  ['a checkerboard of blocks', [0, 0, 1, 1, 0, 0, 1, 1], [8], ['2 within', '2', '2 within']],
  ['runs that do not divide', [0, 0, 1, 1, 2], [5], ['5']],
  ['rows that repeat', [0, 1, 2, 3, 0, 1, 2, 3], [4, 2], ['2 within', '4']],
  ['an axis of one', [0, 1, 0, 1], [2, 1, 2], ['2 within', '2']],
])('cuts %s', (_, numbers, shape, expected) => {
  expect(cut(numbers, shape)).toEqual(expected);
});

test('the numbers are a function of the place along the pieces that differ', () => {
  const sizes = fc.array(fc.integer({min: 1, max: 6}), {minLength: 1, maxLength: 3});
  const arrays = sizes.chain(shape => {
    const size = shape.reduce((product, n) => product * n, 1);
    return fc.tuple(fc.constant(shape), fc.array(fc.integer({min: 0, max: 1}), {minLength: size, maxLength: size}));
  });
  fc.assert(
    fc.property(arrays, ([shape, numbers]) => {
      const pieces = cutAxes(Int32Array.from(numbers), shape);
      expect(pieces.reduce((product, {size}) => product * size, 1)).toBe(numbers.length);
      const seen = new Map<string, number>();
      numbers.forEach((number, i) => {
        let [rest, stride] = [i, numbers.length];
        const place = pieces.map(({size, within}) => {
          stride /= size;
          const index = Math.floor(rest / stride);
          rest %= stride;
          return within ? 0 : index;
        });
        expect(seen.get(place.join()) ?? number).toBe(number);
        seen.set(place.join(), number);
      });
    }),
    {seed: 1},
  );
});
