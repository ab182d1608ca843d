import fc from 'fast-check';
import {shareGrowth} from '../../src/math/share-growth.js';

const most = (...counts: number[]) => counts.map(count => ({least: 0, most: count}));

test.each<[number, number[], number[], number[]]>([
  [10, [3, 1, 1], [100, 100, 100], [6, 2, 2]],
  [10, [3, 1, 1], [4, 100, 100], [4, 3, 3]], // two are too many for the first: one more for each other
  [10, [6, 3, 1], [4, 4, 100], [4, 4, 2]], // the second is full only by what the first could not take
  [10, [0, 0, 0], [100, 100, 100], [3, 3, 4]], // no one claims anything
  [10, [1, 0, 0], [4, 100, 100], [4, 3, 3]], // none but the first does, which is full
  [9, [1e-30, 2e-30], [100, 100], [3, 6]],
  [3, [Infinity, 1], [2, 9], [2, 1]],
  [0, [1, 2], [5, 5], [0, 0]],
  [10, [1, 2], [5, 5], [5, 5]],
  [5, [1, 2], [0, 5], [0, 5]],
])('shares %d out by %j among layers that can take %j: %j', (total, claims, room, shares) => {
  expect(shareGrowth(total, claims, most(...room))).toEqual(shares);
});

test('everyone gets the least that it must have', () => {
  const bounds = [
    {least: 1, most: 9},
    {least: 0, most: 9},
  ];
  expect(shareGrowth(4, [0, 1], bounds)).toEqual([1, 3]);
});

test('comes out exactly, within bounds, and no more than one away from what is due where there is room', () => {
  const layer = fc.record({claim: fc.float({min: 0, max: 2 ** 99, noNaN: true}), room: fc.nat(50)});
  fc.assert(
    fc.property(
      fc.array(layer, {minLength: 1, maxLength: 8}),
      fc.double({min: 0, max: 1, noNaN: true}),
      (layers, part) => {
        const rooms = layers.map(({room}) => room);
        const total = Math.floor(part * rooms.reduce((sum, room) => sum + room, 0));
        const claims = layers.map(({claim}) => claim);
        const shares = shareGrowth(total, claims, most(...rooms));
        expect(shares.reduce((sum, share) => sum + share, 0)).toBe(total);
        expect(shares.every((share, i) => share >= 0 && share <= rooms[i]!)).toBe(true);
        shares.forEach((a, i) => {
          shares.forEach((b, j) => {
            if (claims[i]! >= claims[j]! && a < rooms[i]!) expect(a).toBeGreaterThanOrEqual(b - 1);
          });
        });
      },
    ),
    {seed: 6, numRuns: 100},
  );
});
