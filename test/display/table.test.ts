import {percent, percentsApart} from '../../src/display/table.js';

test.each([
  [0.5, '50.0%'],
  [0.9999, '>99.9%'],
  [1, '100.0%'],
  [NaN, '-'],
])('%d as a percentage', (fraction, text) => {
  expect(percent(fraction)).toBe(text);
});

test.each([
  [0.612, 0.5, ['61.2%', '50.0%']],
  [0.5002, 0.5, ['50.02%', '50.00%']],
  [1, 0.99999, ['100.0%', '>99.9%']],
  [0.5, 0.5, ['50.0%', '50.0%']],
])('%d and %d as percentages that differ', (one, other, texts) => {
  expect(percentsApart(one, other)).toEqual(texts);
});
