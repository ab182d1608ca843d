import fc from 'fast-check';
import {globalRanking, uniform, type Allocation} from 'tfjs-pruning';
import type {Group} from '../../../src/surgery/plan/group.js';
import {planByScores} from '../../../src/surgery/plan/plan-by-scores.js';
import type {ScoredModel} from '../../../src/surgery/plan/planning.js';
import {blocksOf} from '../../../src/surgery/plan/rank-groups.js';
import {layout} from '../../support/layouts.js';

type Target = 'sparsity' | 'multiplyAdds' | 'parameters';
type Rule = Partial<Omit<Group, 'held'>>;

/**
 * A chain of Dense layers without biases: the scores of the units of each but the last, which has one output that
 * stays. Each kernel of layer i multiplies i + 1 times.
 */
function chain(lists: readonly (readonly number[])[], rules: readonly Rule[] = []): ScoredModel {
  const sizes = [...lists.map(({length}) => length), 1];
  const starts = sizes.map((_, i) => sizes.slice(0, i).reduce((sum, size) => sum + size, 0));
  const units = sizes.map((size, i) => Int32Array.from({length: size}, (_, unit) => starts[i]! + unit));
  const names = sizes.map((_, i) => `d${i}`);
  const groups = names.map((name, i) => {
    const frozen = i === lists.length ? 'are the output' : undefined;
    return {name, layers: [name], consumers: [], units: units[i]!, frozen};
  });
  const unitCount = starts.at(-1)! + 1;
  return {
    trace: {groups, unitCount, sources: names.map((path, i) => ({path, units: units[i]!}))},
    weightOf: new Map(
      names.flatMap((name, i) => {
        const weight = {layout: {...layout([sizes[i - 1] ?? 3, sizes[i]!]), name: `${name}/kernel`}};
        return Array.from(units[i]!, unit => [unit, weight] as const);
      }),
    ),
    groups: groups.map((group, i) => {
      const {length} = group.units;
      const rule = {initial: length, minKept: 1, maxSparsity: 1, roundTo: 1, sparsity: undefined, ...rules[i]};
      return {...group, ...rule, held: group.frozen && {by: 'choice', reason: group.frozen}};
    }),
    scores: Float64Array.from([...lists.flat(), NaN]),
    weights: names.map((_, i) => {
      const axes = i === 0 ? [units[0]!] : [units[i - 1]!, units[i]!];
      return {values: i === 0 ? 3 : 1, axes, positions: i + 1};
    }),
  } as unknown as ScoredModel;
}

const plan = (scored: ScoredModel, target: Partial<Record<Target, number>>, allocation: Allocation = globalRanking()) =>
  planByScores(scored, {target, allocation, latencyOf: undefined, inputShapes: undefined});

const left = (groups: readonly {after: number}[]) => groups.map(({after}) => after);

test('blocks go from the worst end, where the remainder is', () => {
  const scores = Float64Array.of(5, 1, 3, 9, -Infinity, -Infinity, 1);
  expect(blocksOf([0, 1, 2, 3, 6], scores, 2)).toEqual({
    blocks: [[3, 0], [2, 1], [6]],
    scores: Float32Array.of(7, 2, 1),
  });
  expect(blocksOf([4, 3, 5], scores, 2)).toEqual({blocks: [[3, 4], [5]], scores: Float32Array.of(9, -Infinity)});
});

test('the worst go, wherever they are; a full group is passed over', async () => {
  const lists = [
    [1, 2, 3, 4],
    [10, 20, 30, 40],
  ];
  const free = await plan(chain(lists), {sparsity: 0.5});
  expect(free.remove).toEqual({d0: [0, 1, 2], d1: [0]}); // the best of each layer stays
  expect(free.groups[0]).toEqual({
    ...{name: 'd0', layers: ['d0'], initial: 4, before: 4, after: 1},
    reason: 'are held by minKept 1',
  });
  expect(free.shortfall).toBeUndefined();
  const capped = await plan(chain(lists, [{maxSparsity: 0.5}]), {sparsity: 0.5});
  expect(capped.remove).toEqual({d0: [0, 1], d1: [0, 1]});
  expect(capped.groups[0]!.reason).toBe('are held by maxSparsity 0.5 of 4 at first');
});

test('units of infinite score stay, whatever limits and allocations would let go', async () => {
  const lists = [[1, Infinity, 3, Infinity, 2]];
  const heedless: Allocation = ([layer], sparsity) => [
    Uint8Array.from(layer!.scores, (_, i) => (i < layer!.scores.length * (1 - sparsity) ? 1 : 0)),
  ];
  for (const allocation of [globalRanking(), uniform(), heedless]) {
    const most = await plan(chain(lists), {sparsity: 0.8}, allocation);
    expect(most.remove).toEqual({d0: [0, 2, 4]});
    expect(most.shortfall).toBe('1 of the 4 channels that were to be removed are kept: no group can lose more');
  }
  const own = await plan(chain(lists, [{sparsity: 0.8}]), {sparsity: 0});
  expect(own.remove).toEqual({d0: [0, 2, 4]});
  expect(own.shortfall).toBe('"d0" loses 3 of the 4 channels of its own sparsity: the others are of infinite score');
  const blocks = await plan(chain(lists, [{roundTo: 2}]), {sparsity: 0.8}); // [Infinity, Infinity], [3, 2], [1]
  expect(blocks.remove).toEqual({d0: [0, 2, 4]});
  // An infinite score keeps no more than the limits do.
  const few = await plan(chain([[1, 2, 3]], [{minKept: 2}]), {sparsity: 0.5});
  expect(few.remove).toEqual({d0: [0]});
});

test('what the limits withhold altogether is told', async () => {
  const capped = await plan(chain([[1, 2, 3, 4]], [{maxSparsity: 0.5}]), {sparsity: 0.75});
  expect(capped.remove).toEqual({d0: [0, 1]});
  expect(capped.shortfall).toBe('1 of the 3 channels that were to be removed are kept: no group can lose more');
  // 4 units: (3 + 2) * 4 multiply-adds = 20; 2 units leave 10.
  const costly = await plan(chain([[1, 2, 3, 4]], [{minKept: 2}]), {multiplyAdds: 0.25});
  expect(costly.after.multiplyAdds).toBe(10);
  expect(costly.shortfall).toBe('50.0% of the multiply-adds are left instead of 25.0%: no group can lose more');
  const bound = await plan(chain([[1, 2, 3, 4]]), {sparsity: 0.75}, uniform({maxSparsity: 0.5}));
  expect(bound.remove).toEqual({d0: [0, 1]});
  expect(bound.shortfall).toBe('1 of the 3 channels that were to be removed are kept: the allocation allows no more');
});

test('caps count from what was there at first', async () => {
  const scored = chain([[1, 2, 3, 4]], [{initial: 10, maxSparsity: 0.7}]); // 3 of 10 stay
  expect(left((await plan(scored, {sparsity: 0.9})).groups)).toEqual([3, 1]);
  const overdone = chain([[1, 2, 3, 4]], [{initial: 10, maxSparsity: 0.5}]);
  expect(left((await plan(overdone, {sparsity: 0.9})).groups)).toEqual([4, 1]);
});

test('what a limit makes stay still counts where groups are compared', async () => {
  const lists = [
    [2, 3, 95],
    [10, 20, 70],
  ];
  const scored = chain(lists, [{maxSparsity: 0.4}]);
  expect((await plan(scored, {sparsity: 1 / 6}, globalRanking({normalize: 'mean'}))).remove).toEqual({d0: [0]});
});

test('of equal scores the earlier group and the lower channel is kept', async () => {
  const lists = [
    [1, 1, 1],
    [1, 1, 1],
  ];
  expect((await plan(chain(lists), {sparsity: 1 / 6})).remove).toEqual({d1: [2]});
  expect((await plan(chain(lists), {sparsity: 0.5})).remove).toEqual({d0: [2], d1: [1, 2]});
});

test('rounds by blocks, without emptying or passing over', async () => {
  const eight = chain([[1, 2, 3, 4, 5, 6, 7, 8]], [{roundTo: 8}]);
  expect(left((await plan(eight, {sparsity: 0.4})).groups)).toEqual([8, 1]);
  const ten = chain([[1, 2, 3, 4, 5, 6, 7, 8, 9, 10]], [{roundTo: 4}]);
  const {remove, groups, shortfall} = await plan(ten, {sparsity: 0.3}); // 2 are too few
  expect(remove).toEqual({d0: [0, 1, 2, 3, 4, 5]});
  expect(groups[0]!.reason).toBe('are held by roundTo 4');
  expect(shortfall).toBeUndefined();
  const odd = chain([[1, 2, 3, 4, 5, 6, 7, 8]], [{roundTo: 4, minKept: 5}]);
  expect((await plan(odd, {sparsity: 0.4})).groups[0]!.reason).toBe('are held by minKept 5, roundTo 4');
});

test('a sparsity of its own holds whatever the target; the others make up for it', async () => {
  const lists = [
    [1, 2, 3, 4],
    [10, 20, 30, 40],
  ];
  const {remove, groups} = await plan(chain(lists, [{sparsity: 0.25}]), {sparsity: 0.5});
  expect(remove).toEqual({d0: [0], d1: [0, 1, 2]});
  expect(groups[0]!.reason).toBe('have a sparsity of their own, 0.25');
  expect((await plan(chain(lists, [{sparsity: 0.5}, {sparsity: 0}]), {sparsity: 0.1})).remove).toEqual({d0: [0, 1]});
});

test('what is gone goes first and counts, also beyond the target', async () => {
  const scored = chain([
    [1, -Infinity, 3, -Infinity],
    [0, 0, 9, 9],
  ]);
  expect((await plan(scored, {sparsity: 0})).remove).toEqual({d0: [1, 3]});
  expect((await plan(scored, {sparsity: 3 / 8})).remove).toEqual({d0: [1, 3], d1: [1]});
  const own = chain([[-Infinity, 1, -Infinity, 4]], [{sparsity: 0.25}]);
  expect((await plan(own, {sparsity: 0})).remove).toEqual({d0: [0, 2]});
});

test('as few go as reach a fraction of the size, also where it is met exactly', async () => {
  const scored = chain([[1, 2, 3, 4, 5, 6, 7, 8, 9, 10]]); // (3 + 1) * 10 parameters
  expect(left((await plan(scored, {parameters: 0.3})).groups)).toEqual([3, 1]);
  expect(left((await plan(scored, {parameters: 0.29})).groups)).toEqual([2, 1]);
});

test('a model of which nothing can go, or be scored, says so', async () => {
  const frozen = await plan(chain([]), {sparsity: 0.5});
  expect([frozen.remove, frozen.shortfall]).toEqual([{}, 'no channel can be removed']);
  const unknown = await plan(chain([[NaN, NaN]]), {parameters: 0.5});
  expect(unknown.groups[0]!.reason).toBe('have no kernel that the criterion can score');
  expect((await plan(chain([]), {sparsity: 0})).shortfall).toBeUndefined();
  await expect(
    plan({...chain([[1, 2]]), weights: [{id: 0, values: 1, axes: [], positions: NaN}]}, {multiplyAdds: 0.5}),
  ).rejects.toThrow('Expected a model whose multiply-adds are known, but the size of an input is not fixed');
});

const score = fc.oneof(fc.integer({min: 0, max: 9}), fc.constant(-Infinity));
const lists = fc.array(fc.array(score, {minLength: 1, maxLength: 12}), {minLength: 1, maxLength: 5});
const rule = fc.record({
  minKept: fc.integer({min: 1, max: 5}),
  maxSparsity: fc.constantFrom(0, 0.3, 0.5, 0.9, 1),
  roundTo: fc.constantFrom(1, 1, 2, 4),
});
const scoredWith = (lists: number[][], rules: Rule[]) => {
  const scored = chain(lists, rules);
  const groups = scored.groups.map(group => ({
    ...group,
    held: group.held ?? (group.units.length < group.roundTo ? ({by: 'choice', reason: 'are few'} as const) : undefined),
  }));
  return {...scored, groups};
};

test('limits are hard, what is kept is rounded, and the target is reached or all limits are', async () => {
  await fc.assert(
    fc.asyncProperty(
      lists,
      fc.array(rule, {minLength: 5, maxLength: 5}),
      fc.double({min: 0, max: 0.99, noNaN: true}),
      async (lists, rules, sparsity) => {
        const scored = scoredWith(lists, rules);
        const {groups, shortfall, after} = await plan(scored, {sparsity});
        let [wanted, removed, gone, isFull, coarsest] = [0, 0, 0, true, 1];
        scored.groups.forEach(({units, held, minKept, maxSparsity, roundTo}, i) => {
          const before = units.length;
          const fewest =
            Math.ceil(Math.max(minKept, roundTo, Math.ceil(before * (1 - maxSparsity) - 1e-9)) / roundTo) * roundTo;
          const kept = groups[i]!.after;
          if (held) {
            expect(kept).toBe(before);
            return;
          }
          expect(kept).toBeGreaterThanOrEqual(Math.min(fewest, before));
          if (kept < before) expect(kept % roundTo).toBe(0);
          if (kept > fewest) isFull = false;
          wanted += before;
          removed += before - kept;
          gone += [...units].filter(unit => scored.scores[unit] === -Infinity).length;
          coarsest = Math.max(coarsest, roundTo);
        });
        const exact = Math.abs(removed - wanted * sparsity) <= 0.5;
        if (shortfall?.includes('rounds to none') === true)
          expect(wanted * sparsity + removed).toBeLessThanOrEqual(0.5);
        else if (shortfall !== undefined) expect(isFull).toBe(true);
        else if (coarsest === 1) expect(exact || removed <= gone).toBe(true);
        else expect(removed).toBeGreaterThanOrEqual(wanted * sparsity - 0.5);
        expect(after.channels).toBe(scored.trace.unitCount - removed);
      },
    ),
    {numRuns: 300, seed: 1},
  );
});

test.each<[string, Allocation]>([
  ['globalRanking', globalRanking({normalize: 'mean'})],
  ['uniform', uniform()],
])('the more is asked for, the less is left of each size (%s)', async (_name, allocation) => {
  const fraction = fc.double({min: 0.01, max: 0.99, noNaN: true});
  const target = fc.constantFrom<Target>('sparsity', 'multiplyAdds', 'parameters');
  await fc.assert(
    fc.asyncProperty(
      lists,
      fc.array(rule, {minLength: 5, maxLength: 5}),
      target,
      fraction,
      fraction,
      async (lists, rules, name, a, b) => {
        const scored = scoredWith(lists, rules);
        const [less, more] = name === 'sparsity' ? [Math.min(a, b), Math.max(a, b)] : [Math.max(a, b), Math.min(a, b)];
        const [larger, smaller] = [
          await plan(scored, {[name]: less}, allocation),
          await plan(scored, {[name]: more}, allocation),
        ];
        smaller.groups.forEach(({after}, i) => expect(after).toBeLessThanOrEqual(larger.groups[i]!.after));
        if (name !== 'sparsity' && smaller.shortfall === undefined)
          expect(smaller.after[name]! / smaller.before[name]!).toBeLessThanOrEqual(more);
      },
    ),
    {numRuns: 200, seed: 2},
  );
});

test('plans 500 layers in less than a second', async () => {
  const lists = Array.from({length: 500}, (_, i) =>
    Array.from({length: 64}, (_, unit) => (unit * 7919 + i * 104729) % 10007),
  );
  const scored = chain(
    lists,
    lists.map(() => ({maxSparsity: 0.8, roundTo: 4})),
  );
  const start = performance.now();
  const {after, before} = await plan(scored, {multiplyAdds: 0.3}, globalRanking({normalize: 'mean'}));
  expect(performance.now() - start).toBeLessThan(10_000); // some 150 on a quiet machine
  expect(after.multiplyAdds! / before.multiplyAdds!).toBeCloseTo(0.3, 2);
});
