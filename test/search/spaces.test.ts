import * as tf from '@tensorflow/tfjs';
import {
  bisection,
  channelSpace,
  evolution,
  filters,
  greedy,
  listPrunable,
  modelCost,
  nOfM,
  perLayer,
  planChannelPruning,
  prunable,
  pruneOnce,
  searchRates,
  sparsityReport,
  taylor,
  weightSpace,
  type Score,
  type SearchPolicy,
} from 'tfjs-pruning';
import {ARCHITECTURES} from '../support/architectures.js';
import {BEST, distanceFrom, searchedNet} from '../support/searched-net.js';
import {expectNoLeak} from '../support/tensors.js';

beforeEach(() => void jest.spyOn(console, 'warn').mockImplementation());
afterEach(() => jest.restoreAllMocks());

/** Minus the squared distance of the layers' sparsities from the best ones. */
const sparsitiesFrom =
  (best: Readonly<Record<string, number>>): Score =>
  async copy => {
    const {layers} = await sparsityReport(copy);
    return -layers.reduce((sum, {layer, sparsity}) => sum + (sparsity - (best[layer] ?? 0)) ** 2, 0);
  };

const IDEAL = {a: 0.9, b: 0.2, c: 0.5, head: 0};

describe('over weights', () => {
  test.each([bisection(), greedy({steps: 5}), evolution({generations: 40, population: 10, tournament: 4})])(
    '$name: the sparsity is met exactly, and perLayer gives the rates again',
    async policy => {
      const model = searchedNet();
      await expectNoLeak(async () => {
        const found = await searchRates(model, {
          target: {sparsity: 0.5},
          score: sparsitiesFrom(IDEAL),
          policy,
          space: weightSpace(),
          seed: 1,
        });
        expect(found.score).toBeGreaterThan(found.uniform.score);
        expect(found.uniform.rates).toEqual([0.5, 0.5, 0.5, 0.5]);
        const {rates, sparsity} = found;
        expect(Object.keys(rates)).toEqual(['a/kernel', 'b/kernel', 'c/kernel', 'head/kernel']);
        expect(sparsity).toBe(Math.max(...Object.values(rates)));
        const pruned = prunable(model);
        await pruneOnce(pruned, {sparsity, allocation: perLayer(rates)});
        const report = await sparsityReport(pruned);
        expect(report.layers.map(layer => layer.sparsity)).toEqual(Object.values(rates));
        expect(report.total.sparsity).toBeCloseTo(0.5, 2);
        pruned.dispose();
      });
    },
  );

  test('a wrapped model: what is pruned stays so, frozen and unnamed layers are left alone', async () => {
    const model = prunable(searchedNet(), {layers: ['a', 'b', 'c']});
    await pruneOnce(model, {sparsity: 0.5, layers: 'b'});
    model.getLayer('c').trainable = false;
    const least: number[] = [];
    const score: Score = async copy => {
      expect(listPrunable(copy).map(({status}) => status)).toEqual(['wrapped', 'wrapped', 'frozen', 'prunable']);
      const {layers} = await sparsityReport(copy);
      least.push(layers.find(({layer}) => layer === 'b')!.sparsity);
      return sparsitiesFrom(IDEAL)(copy, {signal: undefined});
    };
    const {rates} = await searchRates(model, {target: {sparsity: 0.6}, score, policy: greedy(), space: weightSpace()});
    expect(Object.keys(rates)).toEqual(['a/kernel', 'b/kernel']);
    expect(Math.min(...least)).toBe(0.5);
    expect(rates['b/kernel']).toBeGreaterThanOrEqual(0.5);
  });

  test('bounds of layers, structures and criteria', async () => {
    const model = searchedNet();
    model.compile({optimizer: 'sgd', loss: 'meanSquaredError'});
    const seen: number[][] = [];
    const policy: SearchPolicy = {
      name: 'ends',
      *search({layers}) {
        yield {rates: layers.map(() => 0)};
        yield {rates: layers.map(() => 1)};
      },
    };
    const space = weightSpace({
      structure: filters(),
      criterion: taylor(),
      data: {xs: tf.ones([2, 8]), ys: tf.ones([2, 2])},
      maxSparsity: 0.8,
      perLayer: {a: {minSparsity: 0.1, maxSparsity: 0.5}, 'b/kernel': 0.25, head: {maxSparsity: 0}},
    });
    const {history} = await searchRates(model, {target: {sparsity: 0.3}, score: () => 0, policy, space});
    seen.push(...history.slice(1).map(({rates}) => [...rates]));
    expect(seen).toEqual([
      [0.1, 0.25, 0, 0],
      [0.5, 0.25, 0.75, 0], // of 16 filters 12 are 75 %, 13 would be more than 80 %
    ]);
  });

  test.each<[string, unknown]>([
    ['Expected `perLayer` to be {name: sparsity or bounds}, got an Array', []],
    ['Expected `perLayer["a"].sparsity` to be a number in [0, 1), got 1', {a: 1}],
    ['Expected `perLayer["a"].minSparsity` to be a number in [0, 1], got 2', {a: {minSparsity: 2}}],
    ['Expected `perLayer["a"].maxSparsity` to be a number in [0, 1], got -1', {a: {maxSparsity: -1}}],
    [
      'Expected `perLayer["a"].minSparsity` to be at most `maxSparsity`, 0.2, got 0.5',
      {a: {minSparsity: 0.5, maxSparsity: 0.2}},
    ],
    ['perLayer of "a" has no option `max`', {a: {max: 1}}],
  ])('bounds that are refused: %s', (message, perLayer) => {
    expect(() => weightSpace({perLayer: perLayer as never})).toThrow(message);
  });

  test('bounds of a layer that is not searched', async () => {
    const space = weightSpace({layers: ['a', 'b'], perLayer: {c: 0.5}});
    await expect(
      searchRates(searchedNet(), {target: {sparsity: 0.5}, score: () => 0, policy: greedy(), space}),
    ).rejects.toThrow('to name layers that are searched, but "c" matches none; there are "a/kernel", "b/kernel"');
  });

  test('a structure can bound the rates', async () => {
    const model = tf.sequential({
      layers: [tf.layers.dense({name: 'a', units: 4, inputShape: [8]}), tf.layers.dense({name: 'b', units: 4})],
    });
    const search = (sparsity: number) =>
      searchRates(model, {
        target: {sparsity},
        score: () => 0,
        policy: bisection(),
        space: weightSpace({structure: nOfM(2, 4)}),
      });
    const {rates} = await search(0.5);
    expect(rates).toEqual({'a/kernel': 0.5, 'b/kernel': 0.5});
    await expect(search(0.75)).rejects.toThrow(
      'Expected a `target` that the layers can reach, but 24 of the 36 groups that were to go can',
    );
  });
});

describe('over channels', () => {
  test.each(['residualStages', 'denseConcatenation', 'invertedResiduals'] as const)(
    'plans of %s reach each target',
    async name => {
      const model = ARCHITECTURES[name]();
      const score = (copy: tf.LayersModel) => -modelCost(copy).total.parameters;
      for (const target of [
        {multiplyAdds: 0.6},
        {parameters: 0.6},
        {sparsity: 0.3},
        {peakMemory: 0.8, parameters: 0.9},
      ]) {
        const {plan, history} = await searchRates(model, {target, score, policy: greedy({steps: 3})});
        expect(plan.shortfall).toBeUndefined();
        expect(plan.target).toEqual(target);
        for (const {load, cost} of history) expect(load > 0 && cost > 0).toBe(true);
      }
    },
  );

  test('a target of latency is measured once for each candidate, and resumed without measuring again', async () => {
    const model = searchedNet();
    let measured = 0;
    const latencyOf = (one: tf.LayersModel) => {
      measured++;
      return one.countParams() * (1 + 1e-6 * measured); // no two measurements are equal
    };
    const space = channelSpace({latencyOf});
    let state;
    const search = (more = {}) =>
      searchRates(model, {
        target: {latency: 0.6},
        score: distanceFrom(BEST),
        policy: bisection(),
        space,
        onProgress: progress => (state = JSON.parse(JSON.stringify(progress.state)) as typeof progress.state),
        ...more,
      });
    const whole = await search({seed: 3});
    const once = measured;
    expect(whole.plan.shortfall).toBeUndefined();
    const again = await search({state});
    expect({...again, minutes: 0}).toEqual({...whole, minutes: 0});
    expect(measured).toBe(once);
  });

  test('the options of the planner: limits, selectors, blocks, own sparsities', async () => {
    const model = searchedNet();
    const space = channelSpace({roundTo: 4, layers: ['a', 'b'], perLayer: {b: {sparsity: 1 / 3}}});
    const {rates, plan, history} = await searchRates(model, {
      target: {multiplyAdds: 0.7},
      score: distanceFrom([0.4, 0, 0]),
      policy: greedy(),
      space,
    });
    expect(Object.keys(rates)).toEqual(['a/kernel']);
    const after = Object.fromEntries(plan.groups.map(group => [group.name, group.after]));
    expect([after['b'], after['c'], after['a']! % 4]).toEqual([8, 16, 0]);
    expect(Math.max(...history.flatMap(each => each.rates))).toBeLessThanOrEqual(0.9);
  });

  test('at least a tenth of each layer is kept, unless told otherwise', async () => {
    const policy: SearchPolicy = {
      name: 'all',
      *search({layers}) {
        yield {rates: layers.map(() => 1)};
      },
    };
    const most = async (space = channelSpace()) => {
      const {history} = await searchRates(searchedNet(), {target: {multiplyAdds: 0.5}, score: () => 0, policy, space});
      return history.at(-1)!.rates;
    };
    expect(await most()).toEqual([0.9, 10 / 12, 14 / 16]);
    expect(await most(channelSpace({maxSparsity: 1}))).toEqual([19 / 20, 11 / 12, 15 / 16]);
  });

  test('the rates go into a plan of another run, by perLayer', async () => {
    const {rates, plan} = await searchRates(searchedNet(), {
      target: {multiplyAdds: 0.5},
      score: distanceFrom(BEST),
      policy: bisection(),
    });
    const again = await planChannelPruning(searchedNet(), {multiplyAdds: 0.6, allocation: perLayer(rates)});
    expect(again.groups.map(({name}) => name)).toEqual(plan.groups.map(({name}) => name));
    expect(Object.keys(again.remove)).toEqual(Object.keys(plan.remove));
  });

  test('frozen layers are left alone, and that is said', async () => {
    const model = searchedNet();
    model.getLayer('c').trainable = false;
    const warn = jest.spyOn(console, 'warn').mockImplementation();
    const {rates} = await searchRates(model, {target: {multiplyAdds: 0.8}, score: () => 0, policy: bisection()});
    expect(Object.keys(rates)).toEqual(['a/kernel']);
    expect(warn.mock.calls.map(([line]) => line as string)).toEqual([
      'searchRates: channels of "b", "c" are kept, since frozen layers hold them; to cut them, name their layers in ' +
        '`layers`.',
    ]);
  });

  test('what the layers can not reach is said before anything is scored', async () => {
    const score = jest.fn(() => 0);
    const args = {target: {multiplyAdds: 0.01}, score, policy: greedy()};
    await expect(searchRates(searchedNet(), args)).rejects.toThrow(
      /a `target` that the layers can reach, but [\d.]+% of the multiply-adds are left instead of 1.0%: no group/,
    );
    expect(score).not.toHaveBeenCalled();
  });
});
