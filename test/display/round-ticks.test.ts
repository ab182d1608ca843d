import {roundTicks} from '../../src/display/round-ticks.js';

test.each<[low: number, high: number, ticks: number[]]>([
  [3.08, 3.76, [3, 3.2, 3.4, 3.6, 3.8]],
  [0, 1, [0, 0.2, 0.4, 0.6, 0.8, 1]],
  [0.3, 0.8, [0.3, 0.4, 0.5, 0.6, 0.7, 0.8]],
  [97.1, 98.73, [97, 97.5, 98, 98.5, 99]],
  [-120, 1030, [-500, 0, 500, 1000, 1500]],
  [2e-7, 9e-7, [2e-7, 4e-7, 6e-7, 8e-7, 1e-6]],
  [5, 5, [5, 6]],
  [0, 0, [0, 0.2]],
  [-0.1, -0.1, [-0.1, -0.08]],
])('the ticks from %d to %d are round, and go around them', (low, high, ticks) => {
  expect(roundTicks(low, high)).toEqual(ticks);
});
