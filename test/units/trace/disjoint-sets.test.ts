import {DisjointSets, MergedNumbers} from '../../../src/units/trace/disjoint-sets.js';

test('sets are represented by their first elements, in whichever order they are merged', () => {
  const sets = new DisjointSets();
  expect([...sets.add(2), ...sets.add(3)]).toEqual([0, 1, 2, 3, 4]);
  expect(sets.count).toBe(5);
  sets.union(4, 2);
  sets.union(2, 1);
  sets.union(4, 1);
  expect([0, 1, 2, 3, 4].map(each => sets.find(each))).toEqual([0, 1, 1, 3, 1]);
});

test('a merged set is frozen if one of the two was, for the reason of the one that comes first', () => {
  const sets = new DisjointSets();
  sets.add(5);
  sets.freeze(3, 'late');
  sets.union(1, 3);
  expect([0, 1, 3].map(each => sets.reasonOf(each))).toEqual([undefined, 'late', 'late']);
  sets.freeze(0, 'early');
  sets.union(3, 0);
  expect([0, 1, 3, 4].map(each => sets.reasonOf(each))).toEqual(['early', 'early', 'early', undefined]);
});

test('the first reason is kept, unless another one is better', () => {
  const sets = new DisjointSets();
  sets.add(1);
  sets.freeze(0, 'first');
  sets.freeze(0, 'second');
  expect(sets.reasonOf(0)).toBe('first');
  sets.freeze(0, 'better', {isBetter: true});
  expect(sets.reasonOf(0)).toBe('better');
});

test('numbers are alone until they are merged', () => {
  const numbers = new MergedNumbers();
  expect(numbers.find(7)).toBe(7);
  numbers.union(7, 900);
  numbers.union(-2, 900);
  numbers.union(7, -2);
  expect(new Set([7, 900, -2].map(each => numbers.find(each))).size).toBe(1);
  expect(numbers.find(8)).toBe(8);
});
