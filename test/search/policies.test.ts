import * as tf from '@tensorflow/tfjs';
import {
  agents,
  bisection,
  evolution,
  globalRanking,
  greedy,
  planChannelPruning,
  reinforcement,
  searchRates,
  weightSpace,
  type Proposal,
  type SearchedLayer,
  type SearchPolicy,
  type SearchRatesArgs,
  type SearchTask,
} from 'tfjs-pruning';
import {roundHalfEven} from '../../src/math/round-half-even.js';
import {walk} from '../../src/search/agent/walk.js';
import {filterReward, MovingRewards} from '../../src/search/policies/agents.js';
import {rankedRates} from '../../src/search/policies/ranked-layers.js';
import {reach} from '../../src/search/reach.js';
import {BEST, distanceFrom, searchedNet} from '../support/searched-net.js';

const layer = (name: string, scores: readonly number[], most = 1, least = 0): SearchedLayer => ({
  name,
  size: scores.length,
  least,
  most,
  scores: Float32Array.from(scores),
  shape: {inputs: 1, outputs: scores.length, window: 1, positions: 1},
});

/** Runs a policy over layers of 10 groups, without a model: the load is linear, the score of counts by hand. */
async function run(
  policy: SearchPolicy,
  scoreOf: (rates: readonly number[]) => number,
  {weights = [1, 1], target = 0.5}: {weights?: readonly number[]; target?: number} = {},
) {
  const layers = weights.map((_, i) =>
    layer(
      `l${i}`,
      Array.from({length: 10}, (__, at) => at + 1),
    ),
  );
  const rounded = ({rates}: Proposal) => rates!.map(rate => Math.round(10 * rate) / 10);
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  const load = async (proposal: Proposal) => {
    const left = rounded(proposal).reduce((sum, rate, i) => sum + (1 - rate) * weights[i]!, 0);
    return Promise.resolve(left / total / target);
  };
  const task: SearchTask = {
    layers,
    load,
    cost: load,
    reach: (at, wanted = 1) => reach(at, async proposal => (await load(proposal)) <= wanted + 1e-9),
    random: count => new Float32Array(count).fill(0.5),
    normal: count => new Float32Array(count),
    pause: () => Promise.resolve(),
  };
  const told: (readonly [label: string | undefined, ...rates: number[]])[] = [];
  const proposals = policy.search(task);
  for (let next = await proposals.next(); next.done !== true;) {
    const rates = rounded(next.value);
    told.push([next.value.label, ...rates]);
    next = await proposals.next(scoreOf(rates));
  }
  return told;
}

describe('bisection', () => {
  test('one threshold for all layers, by hand', async () => {
    // "l0" costs 1 per unit of rate, "l1" 3: at tau 0.75 they are at 0.75 and 0.25, together half.
    const told = await run(bisection({sparsities: [0.5]}), ([a, b]) => -(a! + 3 * b!));
    expect(told).toEqual([
      ['dense', 0, 0],
      ['l0 alone at 0.5', 0.5, 0],
      ['l0 alone at 1', 1, 0],
      ['l1 alone at 0.5', 0, 0.5],
      ['l1 alone at 1', 0, 1],
      ['one threshold for all layers', expect.closeTo(0.8, 6), expect.closeTo(0.2, 6)],
    ]);
  });

  test('what costs nothing goes first, but no more than is needed', async () => {
    // "l0" costs nothing up to 0.8, so half of both needs no more than 0.8 and 0.2 of "l1".
    const told = await run(bisection({sparsities: [0.8]}), ([a, b]) => -(a! > 0.8 ? 10 : 0) - b!);
    expect(told.at(-1)!.slice(1)).toEqual([0.8, 0.2]);
    const free = await run(bisection({sparsities: [0.8]}), () => 0);
    const [, a, b] = free.at(-1)!;
    expect(a! + b!).toBeCloseTo(1, 6);
  });
});

test('greedy: the layer that loses least per load freed, by hand', async () => {
  // The load falls from 2 to 1 in two steps of 0.5. "l1" frees three times as much as "l0" per rate.
  const score = ([a, b]: readonly number[]) => -(a! ** 2) - 2 * b! ** 2;
  const told = await run(greedy({steps: 2}), score, {weights: [1, 3]});
  expect(told).toEqual([
    ['dense', 0, 0],
    // 0.5 of the load 2 is 1 of the weights 4: all of "l0" at a loss of 1, or 0.4 of "l1" at 0.32, which frees 0.6
    ['step 1, l0', 1, 0],
    ['step 1, l1', 0, 0.4],
    // 0.4 are left to free: "l0" needs 0.8 at a loss of 0.64; "l1" goes to 0.7 at one of 0.98 - 0.32 = 0.66 for 0.45
    ['step 2, l0', 0.8, 0.4],
    ['step 2, l1', 0, 0.7],
  ]);
});

describe('a ranking over layers', () => {
  const layers = [layer('a', [1, 2, 3, 4]), layer('b', [10, 20, 30, 40])];
  const same = {scale: 1, shift: 0};

  test('by hand, as it is and transformed', () => {
    expect(rankedRates(layers, [same, same], 0.5)).toEqual([1, 0]);
    expect(rankedRates(layers, [{scale: 10, shift: 0.5}, same], 0.5)).toEqual([0.5, 0.5]);
    expect(rankedRates(layers, [{scale: 1, shift: 100}, same], 0.5)).toEqual([0, 1]);
    expect(rankedRates(layers, [same, same], 0)).toEqual([0, 0]);
    expect(rankedRates(layers, [same, same], 1)).toEqual([1, 1]);
  });

  test('limits hold, and what is gone counts first', () => {
    const limited = [layer('a', [-Infinity, 2, 3, 4], 0.5, 0.25), layer('b', [10, 20, 30, Infinity], 0.75)];
    expect(rankedRates(limited, [same, same], 0)).toEqual([0.25, 0]);
    expect(rankedRates(limited, [same, same], 0.5)).toEqual([0.5, 0.25]);
    expect(rankedRates(limited, [same, same], 1)).toEqual([0.5, 0.75]);
  });

  test('without a transform evolution starts with the global ranking by mean', async () => {
    const [target, model] = [{multiplyAdds: 0.5}, searchedNet()];
    const policy = evolution({generations: 1});
    const {plan, history} = await searchRates(model, {target, score: () => 0, policy, seed: 1});
    expect(history[1]!.label).toBe('generation 1');
    const allocation = globalRanking({normalize: 'mean', maxSparsity: 0.9});
    const ranked = await planChannelPruning(model, {...target, allocation, maxSparsity: 0.9});
    const left = ranked.groups.slice(0, 3).map(({before, after}) => 1 - after / before);
    left.forEach((rate, i) => expect(history[1]!.rates[i]).toBeCloseTo(rate, 1));
    expect(plan.shortfall).toBeUndefined();
  });
});

describe('agents', () => {
  test('the reward, by hand: what is lost of the bound, times the logarithm of what is saved', () => {
    const [before, after] = [
      {score: 0.9, cost: 100},
      {score: 0.88, cost: 25},
    ];
    expect(filterReward(before, after, 0.1)).toBeCloseTo(((0.1 - 0.02) / 0.1) * Math.log(4), 12);
    expect(filterReward(before, {score: 0.7, cost: 25}, 0.1)).toBeCloseTo(-Math.log(4), 12);
    expect(filterReward(before, before, 0.1)).toBe(0);
  });

  test('surprises are distances from the moving average, in moving deviations', () => {
    const rewards = new MovingRewards(0.5);
    expect(rewards.surprise(4)).toBe(0);
    expect(rewards.surprise(6)).toBe(1); // 2 of 2; then the mean is 5
    // -1, its square 1, and the mean square 4 + (1 - 4) / 2 = 2.5
    expect(rewards.surprise(4)).toBeCloseTo(-1 / Math.sqrt(2.5), 12);
  });

  test('learn which channels to keep, by a score of single channels', async () => {
    // Only the last four outputs of "a" are of use: the score counts how many of them are left.
    const model = searchedNet();
    const kernel = model.getLayer('a').getWeights()[0]!;
    const marks = tf.tidy(() => [...tf.slice(kernel, [0, 16], [1, 4]).dataSync()]);
    const score = (copy: tf.LayersModel) => {
      const row = tf.tidy(() => [...tf.slice(copy.getLayer('a').getWeights()[0]!, [0, 0], [1, -1]).dataSync()]);
      return marks.filter(mark => row.includes(mark)).length / 4;
    };
    const policy = agents({episodes: 60, learningRate: 0.5, confidence: 0, bound: 1});
    const {last, history, plan} = await searchRates(model, {target: {multiplyAdds: 0.5}, score, policy, seed: 2});
    const mean = (list: readonly {score: number}[]) => list.reduce((sum, each) => sum + each.score, 0) / list.length;
    expect(mean(history.slice(-15))).toBeGreaterThan(mean(history.slice(2, 17)) + 0.1);
    expect(last.label).toBe('final policy');
    expect(last.score).toBeGreaterThanOrEqual(0.75);
    expect(plan.remove['a']!.filter(channel => channel >= 16)).toEqual([]);
  });

  test('are refused over weights', async () => {
    const space = weightSpace();
    await expect(
      searchRates(searchedNet(), {target: {sparsity: 0.5}, score: () => 0, policy: agents(), space}),
    ).rejects.toThrow(
      new TypeError(
        'Expected a `policy` of rates over weights, but agents() draws single channels; use channelSpace()',
      ),
    );
  });
});

describe('the walk of an agent', () => {
  test('what it sees, and between which bounds it decides, by hand', async () => {
    const layers = [layer('a', new Array<number>(10).fill(1), 0.8), layer('b', new Array<number>(10).fill(1), 0.6)];
    const rounded = (rates: readonly number[]) => rates.map(rate => roundHalfEven(10 * rate) / 10);
    // The target is half of 1 + 3.
    const load = async ({rates}: Proposal) => {
      const [a, b] = rounded(rates!);
      return Promise.resolve((1 - a! + 3 * (1 - b!)) / 2);
    };
    const task = {
      layers: [layers[0]!, {...layers[1]!, shape: {inputs: 3, outputs: 10, window: 1, positions: 1}}],
      load,
      reach: (at: (level: number) => Proposal) => reach(at, async proposal => (await load(proposal)) <= 1 + 1e-9),
      pause: () => Promise.resolve(),
    } as unknown as SearchTask;
    const seen: unknown[] = [];
    const {rates, steps} = await walk(task, (state, bounds, i) => {
      seen.push([state.map(value => +value.toFixed(3)), +bounds.lower.toFixed(2), +bounds.upper.toFixed(1)]);
      return i === 0 ? 0.5 : 0.45;
    });
    expect(seen).toEqual([
      // index, outputs, inputs, positions, window, multiply-adds, parameters; nothing is gone, 0.8 + 1.8 of 4 can go.
      // If "b" keeps 0.4, it takes 1.2 of 2, so "a" may keep 0.8.
      [[0, 0, 0, 0, 0, 0, 0, 0, 0.65, 1], 0.2, 0.8],
      // 0.5 of 4 are gone, 1.8 can go; "b" may keep half.
      [[1, 0, 1, 0, 0, 1, 1, 0.125, 0.45, 0.5], 0.4, 0.5],
    ]);
    expect(rates).toEqual([0.5, 0.55]);
    expect(steps.map(({action}) => action)).toEqual([0.5, 0.45]);
  });

  test('every episode reaches the target, and the last proposal is its own policy', async () => {
    const policy = reinforcement({episodes: 6, warmUp: 3, hidden: [4]});
    const {history, last} = await searchRates(searchedNet(), {
      target: {multiplyAdds: 0.4},
      score: distanceFrom(BEST),
      policy,
      seed: 5,
    });
    for (const {load} of history) expect(load).toBeLessThanOrEqual(1);
    expect(last.label).toBe('final policy');
  });

  test('by score and cost, the best is the best by both', async () => {
    const policy = reinforcement({episodes: 20, warmUp: 20, hidden: [2], reward: 'scoreAndCost'});
    const {score, history} = await searchRates(searchedNet(), {
      target: {multiplyAdds: 0.7},
      score: copy => 0.9 + (0.001 * copy.countParams()) / 624,
      policy,
      seed: 5,
    });
    const best = history.reduce((a, b) => {
      const value = ({score: each, cost}: typeof a) => -(1 - each) * Math.log(cost);
      return value(b) > value(a) ? b : a;
    });
    expect(score).toBe(best.score);
    expect(best.cost).toBe(Math.min(...history.map(({cost}) => cost)));
  });
});

describe('a policy of your own', () => {
  const random: SearchPolicy = {
    name: 'random',
    async *search({layers, random: drawn, reach: to}) {
      for (let i = 0; i < 12; i++) {
        const powers = [...drawn(layers.length, `draw ${i}`)];
        yield to(level => ({rates: powers.map(power => level ** (4 * power))}));
      }
    },
  };
  const search = (policy: SearchPolicy, more: Partial<SearchRatesArgs> = {}) =>
    searchRates(searchedNet(), {target: {multiplyAdds: 0.5}, score: distanceFrom(BEST), policy, seed: 1, ...more});

  test('searches', async () => {
    const found = await search(random);
    expect(found.score).toBeGreaterThan(found.uniform.score);
    expect(found.history[1]!.label).toBe('proposal');
    expect((await search(random, {seed: 2})).history).not.toEqual(found.history);
  });

  test('its `finally` runs when the budget is spent, or it is aborted', async () => {
    const ended = jest.fn();
    const policy: SearchPolicy = {
      name: 'own',
      *search({layers}) {
        try {
          for (let rate = 0.1; rate < 0.9; rate += 0.1) yield {rates: layers.map(() => rate)};
        } finally {
          ended();
        }
      },
    };
    await search(policy, {evaluations: 3});
    expect(ended).toHaveBeenCalledTimes(1);
    await expect(search(policy, {score: () => NaN})).rejects.toThrow('Expected `score(model)` to be a finite number');
    let calls = 0;
    const failing = () => (++calls > 2 ? NaN : 0);
    await expect(search(policy, {score: failing})).rejects.toThrow(RangeError);
    expect(ended).toHaveBeenCalledTimes(2);
  });

  test('minutes end it after the running evaluation', async () => {
    jest.spyOn(Date, 'now').mockImplementation(() => 0);
    let evaluations = 0;
    const score = () => {
      evaluations++;
      jest.spyOn(Date, 'now').mockImplementation(() => evaluations * 60_000);
      return 0;
    };
    const {history, minutes} = await search(greedy(), {score, minutes: 3});
    expect([history.length, minutes]).toEqual([3, 3]);
    jest.restoreAllMocks();
  });

  const proposing = (proposal: unknown): SearchPolicy => ({
    name: 'own',
    *search() {
      yield proposal as Proposal;
    },
  });

  test.each<[string, unknown]>([
    ['Expected the policy "own" to propose rates for 3 layers, got [0.5]', {rates: [0.5]}],
    ['Expected the policy "own" to propose rates for 3 layers, got [0.5,NaN,0]', {rates: [0.5, NaN, 0]}],
    ['Expected the policy "own" to propose rates for 3 layers, got "x" (string)', {rates: 'x'}],
    ['Expected the policy "own" to propose rates for 3 layers, got undefined', undefined],
    [
      'to name different groups of "a/kernel", at most 18 of 20, among them the 0 that are gone, got [1,1]',
      {removed: [[1, 1], [], []]},
    ],
    [
      'to name different groups of "b/kernel", at most 10 of 12, among them the 0 that are gone, got [12]',
      {removed: [[], [12], []]},
    ],
    [
      'to name different groups of "c/kernel", at most 14 of 16, among them the 0 that are gone, got undefined',
      {removed: [[], []]},
    ],
  ])('what it can not propose: %s', async (message, proposal) => {
    await expect(search(proposing(proposal))).rejects.toThrow(message);
  });

  test('named groups that are the worst are what a rate removes', async () => {
    const policy: SearchPolicy = {
      name: 'own',
      *search() {
        yield {removed: [[1, 0, 2], [], [3]]};
        yield {rates: [3 / 20, 0, 0]};
        yield {removed: [[0, 1, 2], [], []]};
      },
    };
    const {history} = await search(policy);
    expect(history.slice(1).map(({rates}) => rates)).toEqual([
      [3 / 20, 0, 1 / 16],
      [3 / 20, 0, 0],
    ]);
  });
});
