import fc from 'fast-check';
import {shareOut} from '../../src/math/share-out.js';

const free = {least: 0, most: 1000};

test.each<[number, number[], number[]]>([
  [10, [1, 1, 1], [3, 3, 4]], // 3.33 each: the last is first to get more
  [11, [1, 1, 1], [3, 4, 4]],
  [7, [3, 2, 2], [3, 2, 2]],
  [10, [0, 1, 0], [0, 10, 0]],
  [0, [1, 2], [0, 0]],
  // seats by Sainte-Lague: votes are divided by 1, 3, 5, ... and the largest quotients win
  [7, [53, 24, 23], [3, 2, 2]],
  [15, [9061, 7179, 5259, 3319, 1182], [5, 4, 3, 2, 1]],
])('shares %d out in proportion to %j', (total, weights, shares) => {
  const dues = (level: number) => weights.map(weight => weight * level);
  expect(
    shareOut(
      total,
      weights.map(() => free),
      dues,
      [0, 1000],
    ),
  ).toEqual(shares);
});

test('holds everyone within bounds', () => {
  const bounds = [
    {least: 0, most: 2},
    {least: 5, most: 9},
    {least: 0, most: 100},
  ];
  const dues = (level: number) => [10, 1, 10].map(weight => weight * level);
  expect(shareOut(10, bounds, dues, [0, 100])).toEqual([2, 5, 3]);
  expect(shareOut(5, bounds, dues, [0, 100])).toEqual([0, 5, 0]);
  expect(shareOut(111, bounds, dues, [0, 100])).toEqual([2, 9, 100]);
});

test('a jump begins at what was due before', () => {
  const dues = (level: number) => (level < 0 ? [10, 90] : [110, 100]);
  expect(shareOut(155, [free, free], dues, [-1, 1])).toEqual([60, 95]); // half of each jump
});

test('all who leap at one level advance together', () => {
  const dues = (level: number) => (level < 0 ? [0, 0, 0] : [40, 20, 3 * level]);
  expect(shareOut(30, [free, free, free], dues, [-1, 300])).toEqual([20, 10, 0]);
  expect(shareOut(66, [free, free, free], dues, [-1, 300])).toEqual([40, 20, 6]);
});

test('comes out exactly, and nobody gets less of a larger total', () => {
  const party = fc.record({weight: fc.double({min: 0.001, max: 50, noNaN: true}), least: fc.nat(5), more: fc.nat(30)});
  fc.assert(
    fc.property(fc.array(party, {minLength: 1, maxLength: 6}), parties => {
      const bounds = parties.map(({least, more}) => ({least, most: least + more}));
      const dues = (level: number) => parties.map(({weight}) => weight * level);
      const sum = (pick: (bound: (typeof bounds)[number]) => number) =>
        bounds.reduce((total, bound) => total + pick(bound), 0);
      let before = bounds.map(({least}) => least);
      for (let total = sum(({least}) => least); total <= sum(({most}) => most); total++) {
        const shares = shareOut(total, bounds, dues, [0, 1e6]);
        expect(shares.reduce((a, b) => a + b, 0)).toBe(total);
        expect(shares.every((share, i) => share >= before[i]! && share <= bounds[i]!.most)).toBe(true);
        before = shares;
      }
    }),
    {seed: 3, numRuns: 30},
  );
});
