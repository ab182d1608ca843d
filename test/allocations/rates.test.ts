import {allocationByRates} from '../../src/allocations/rates.js';
import {layout} from '../support/layouts.js';

const layers = ['conv1/kernel', 'conv2/kernel', 'head/kernel'].map(name => ({
  name,
  scores: Float32Array.from({length: 1000}, (_, i) => i),
  layout: layout([1, 1000], {name}),
}));

/** Zeros of each layer of a thousand weights after a number of rounds; layers without a rate get `others`. */
function zerosAfter(round: number, others: number, rates: Record<string, number>): number[] {
  const allocation = allocationByRates(rates, 20)(round);
  return allocation(layers, others).map(mask => mask.filter(kept => kept === 0).length);
}

test('a layer with rate p has (1 - p) ^ k left after k rounds, the others what is asked of all', () => {
  const rates = {conv1: 0.2, head: 0.1};
  expect(zerosAfter(1, 0.15, rates)).toEqual([200, 150, 100]);
  expect(zerosAfter(2, 0.3, rates)).toEqual([360, 300, 190]);
  expect(zerosAfter(3, 0.9, rates)).toEqual([488, 900, 271]);
});

test('rates without a layer are refused', () => {
  expect(() => allocationByRates({}, 3)).toThrow(
    new RangeError('Expected `rates` to name at least one layer, got none'),
  );
});

test('a rate that would leave nothing is refused, the first one too, with its layer', () => {
  const remedy = /^Expected `rates` to leave something after 60 rounds, got 0.9 for "conv1"$/;
  expect(() => allocationByRates({conv1: 0.9, head: 0.1}, 60)).toThrow(remedy);
  expect(() => allocationByRates({head: 0.1, conv1: 0.9}, 60)).toThrow(remedy);
  expect(() => allocationByRates({head: 0.1, conv1: 0.9}, 10)).not.toThrow();
});
