import {exponentialGrowth} from '../../schedules/exponential-growth.js';

test('grows exponentially: the numbers of selective weight decay', () => {
  const grow = exponentialGrowth({from: 0.1, to: 1e5, steps: 8});
  expect([0, 2, 4, 6, 8, 9].map(step => +grow(step).toPrecision(4))).toEqual([0.1, 3.162, 100, 3162, 1e5, 1e5]);
  expect(() => exponentialGrowth({from: 0, to: 1, steps: 1})).toThrow('Expected `from` to be a number > 0');
  expect(() => exponentialGrowth({from: 1, to: -1, steps: 1})).toThrow('Expected `to` to be a number > 0');
  expect(() => exponentialGrowth({from: 1, to: 2, step: 1} as never)).toThrow('exponentialGrowth has no option `step`');
  expect(() => exponentialGrowth({from: 1, to: 1, steps: 0})).toThrow('Expected `steps` to be a whole number >= 1');
});
