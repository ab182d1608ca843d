import fc from 'fast-check';
import {dropSmallest, dropSmallestPerSign, growLargest} from '../../src/math/rewiring.js';

const bits = (text: string) => Uint8Array.from(text, Number);
const floats = (...values: number[]) => Float32Array.from(values);
const text = (mask: Uint8Array) => mask.join('');

test.each<[number[], string, number, string]>([
  [[3, -1, 2, -4, 0.5, 9], '111110', 0.4, '101100'], // two of five: 0.5 and -1
  [[3, -1, 2, -4, 0.5, 9], '111110', 0.5, '101100'], // 2.5: half to even
  [[3, -1, 2, -4, 0.5, 9], '111110', 0.7, '000100'], // 3.5: half to even
  [[3, -1, 2, -4, 0.5, 9], '111110', 0, '111110'],
  [[1, -1, 1, 1], '1111', 0.5, '1100'], // among equals the later ones fall
  [[0, -0, 5, 0], '1101', 0.5, '1000'], // 1.5: two of three zeros
  [[1, 2], '00', 0.5, '00'],
])('dropSmallest of %j, kept %s, by %d: %s', (weights, kept, fraction, survivors) => {
  expect(text(dropSmallest(floats(...weights), bits(kept), fraction))).toBe(survivors);
});

test.each<[number[], string, number, string]>([
  // positives 5 6 1 2, negatives -1 -2 -3 -9: a fourth of each is one
  [[5, -1, 6, -2, 1, -3, 2, -9], '11111111', 0.25, '10110111'],
  // without regard to signs it would be 1, 1.5 and 2
  [[1, 1.5, 2, -10, -20, -30], '111111', 0.34, '011011'],
  // 0 and -0 are the smallest of the positive ones
  [[0, 7, -0, 8, -1, -2], '111111', 0.5, '010101'],
  // what is not kept counts for neither sign
  [[5, 6, 0, 0, -1, -2], '110011', 0.5, '010001'],
  [[1, 2, 3, 4], '1111', 0.5, '0011'],
])('dropSmallestPerSign of %j, kept %s, by %d: %s', (weights, kept, fraction, survivors) => {
  expect(text(dropSmallestPerSign(floats(...weights), bits(kept), fraction))).toBe(survivors);
});

test.each<[number[], string, number, string]>([
  [[9, 1, 2, 0], '1000', 2, '0110'],
  [[9, 1, 1, 1], '1000', 2, '0110'], // among equals the earlier ones grow
  [[0, 0, Infinity, 0], '0010', 1, '1000'], // even the largest does not grow where it is kept
  [[Infinity, 0, Infinity, 0], '0100', 3, '1011'],
  [[1, 2], '00', 0, '00'],
])('growLargest of %j, kept %s, %d: %s', (scores, kept, count, grown) => {
  expect(text(growLargest(floats(...scores), bits(kept), count))).toBe(grown);
});

test('NaN is an error', () => {
  expect(() => dropSmallest(floats(1, NaN), bits('11'), 0.5)).toThrow('got NaN at index 1');
  expect(() => growLargest(floats(NaN, 1), bits('00'), 1)).toThrow('got NaN at index 0');
});

const place = fc.record({
  weight: fc.float({noNaN: true, min: -4, max: 4}),
  kept: fc.boolean(),
  score: fc.float({noNaN: true, min: 0}),
});

test('a rewiring keeps the count, drops nothing that is larger than a survivor, and grows nothing that is kept', () => {
  fc.assert(
    fc.property(
      fc.array(place, {minLength: 1, maxLength: 60}),
      fc.double({min: 0, max: 0.99, noNaN: true}),
      (all, f) => {
        const weights = floats(...all.map(({weight}) => weight));
        const kept = Uint8Array.from(all, one => (one.kept ? 1 : 0));
        const indices = [...kept.keys()];
        for (const drop of [dropSmallest, dropSmallestPerSign]) {
          const survivors = drop(weights, kept, f);
          const dropped = indices.filter(i => kept[i] === 1 && survivors[i] === 0);
          expect(indices.every(i => survivors[i]! <= kept[i]!)).toBe(true);
          const sameSign = (i: number, j: number) => drop === dropSmallest || weights[i]! < 0 === weights[j]! < 0;
          for (const i of dropped) {
            for (const j of indices.filter(j => survivors[j] === 1 && sameSign(i, j))) {
              expect(Math.abs(weights[i]!)).toBeLessThanOrEqual(Math.abs(weights[j]!));
            }
          }
          const grown = growLargest(floats(...all.map(({score}) => score)), survivors, dropped.length);
          expect(indices.filter(i => grown[i] === 1)).toHaveLength(dropped.length);
          expect(indices.some(i => grown[i] === 1 && survivors[i] === 1)).toBe(false);
          const best = (i: number) => all[i]!.score;
          const left = indices.filter(i => grown[i] === 0 && survivors[i] === 0).map(best);
          const worstGrown = Math.min(...indices.filter(i => grown[i] === 1).map(best));
          expect(left.every(score => score <= worstGrown)).toBe(true);
        }
      },
    ),
    {seed: 5, numRuns: 200},
  );
});
