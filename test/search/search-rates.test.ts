import * as tf from '@tensorflow/tfjs';
import {
  agents,
  bisection,
  evolution,
  greedy,
  modelCost,
  reinforcement,
  searchRates,
  shrink,
  weightSpace,
  type ScoredProposal,
  type SearchPolicy,
  type SearchProgress,
  type SearchRatesArgs,
  type SearchState,
} from 'tfjs-pruning';
import {BEST, distanceFrom, NAMES, ratesOf, searchedNet} from '../support/searched-net.js';
import {artifactsOf, expectNoLeak} from '../support/tensors.js';

const POLICIES: Record<string, () => SearchPolicy> = {
  bisection: () => bisection({sparsities: [0.4]}),
  greedy: () => greedy({steps: 4}),
  evolution: () => evolution({generations: 30, population: 8, tournament: 3, mutated: 0.5}),
  reinforcement: () => reinforcement({episodes: 14, warmUp: 8, hidden: [8, 8], actorRate: 0.01, noiseDecay: 0.5}),
  agents: () => agents({episodes: 20, learningRate: 0.3}),
};

const TARGET = {multiplyAdds: 0.5};
const score = distanceFrom(BEST);
const search = (policy: SearchPolicy, more: Partial<SearchRatesArgs> = {}, model = searchedNet()) =>
  searchRates(model, {target: TARGET, score, policy, seed: 1, ...more});

/** All but the time. */
const timeless = <T extends {minutes: number}>(found: T) => ({...found, minutes: 0});
const throughJson = <T>(value: T) => JSON.parse(JSON.stringify(value)) as T;

async function bytesOf(model: tf.LayersModel): Promise<Buffer> {
  return Buffer.from((await artifactsOf(model)).weightData as ArrayBuffer);
}

describe('a state', () => {
  let state: SearchState;
  beforeAll(async () => {
    await search(greedy({steps: 2}), {evaluations: 2, onProgress: progress => (state = throughJson(progress.state))});
  });

  test.each<[string, () => Partial<SearchRatesArgs>]>([
    ['its policy is "greedy", and now "bisection"', () => ({policy: bisection()})],
    ['its policy\'s options are {"steps":2}, and now {"steps":3}', () => ({policy: greedy({steps: 3})})],
    ['Expected `seed` to be that of `state`, 1, or left out, got 2', () => ({seed: 2})],
  ])('of another search is refused: %s', async (message, more) => {
    await expect(search(greedy({steps: 2}), {state, ...more()})).rejects.toThrow(message);
  });

  test('whose choices do not fit the layers is refused', async () => {
    const [first] = state.scored as [SearchState['scored'][number]];
    const {choice} = first;
    const choices = [choice.slice(1), [...choice, 0], choice.map(() => 1000), [[1, 0], ...choice.slice(1)]];
    for (const wrong of [...choices, [[1000], ...choice.slice(1)], [[0, 0], ...choice.slice(1)]]) {
      const changed = {...state, scored: [{...first, choice: wrong}]};
      await expect(search(greedy({steps: 2}), {state: changed})).rejects.toThrow(
        'the choice of `scored[0]` does not fit the layers',
      );
    }
  });

  test('of another target, space or model is refused', async () => {
    const args = {score, policy: greedy({steps: 2}), state};
    const search2 = (more: object, model = searchedNet()) => searchRates(model, {target: TARGET, ...args, ...more});
    await expect(search2({target: {multiplyAdds: 0.4}})).rejects.toThrow(
      'its target is {"multiplyAdds":0.5}, and now {"multiplyAdds":0.4}; leave `state` out to search anew',
    );
    await expect(search2({target: {sparsity: 0.5}, space: weightSpace()})).rejects.toThrow(
      'its space is "channels", and now "weights"',
    );
    const other = tf.sequential({
      layers: [tf.layers.dense({name: 'a', units: 9, inputShape: [8]}), tf.layers.dense({name: 'head', units: 2})],
    });
    await expect(search2({}, other)).rejects.toThrow('its layers are [["a/kernel",20,0,18],');
  });

  test('that is damaged is refused', async () => {
    const damaged = [
      {},
      {...state, seed: 1.5},
      {...state, minutes: -1},
      {...state, scored: {}},
      {...state, scored: [{}]},
      {...state, scored: [{...state.scored[0], score: null}]},
      {...state, scored: [{...state.scored[0], choice: [-1]}]},
      {...state, scored: [{...state.scored[0], choice: [[0.5]]}]},
      {...state, measured: [[1, 2]]},
      {...state, search: 'x'},
    ];
    for (const wrong of damaged) {
      await expect(search(greedy({steps: 2}), {state: wrong as SearchState})).rejects.toThrow(
        'Expected `state` to be one that `onProgress` was told',
      );
    }
  });
});

describe.each(Object.entries(POLICIES))('%s', (_, policy) => {
  test('beats uniform rates, reaches the target, and what it returns is what it scored', async () => {
    const model = searchedNet();
    const before = await bytesOf(model);
    await expectNoLeak(async () => {
      const scores: number[] = [];
      const counted = async (copy: tf.LayersModel) => {
        scores.push(await score(copy, {signal: undefined}));
        return scores.at(-1)!;
      };
      const found = await search(policy(), {score: counted}, model);
      const {history, uniform, plan, rates, last} = found;
      expect(scores).toEqual(history.map(each => each.score)); // each is scored once
      const different = new Set(history.map(each => JSON.stringify(each.rates)));
      if (!policy().drawsGroups) expect(different.size).toBe(history.length);
      expect(uniform).toEqual(history[0]);
      expect(uniform.label).toBe('uniform');
      expect(uniform.load).toBeLessThanOrEqual(1);
      expect(found.score).toBeGreaterThan(uniform.score);
      expect(scores).toContain(last.score);
      const small = await shrink(model, plan);
      expect(await score(small, {signal: undefined})).toBe(found.score);
      NAMES.forEach((name, i) => expect(ratesOf(small)[i]).toBeCloseTo(rates[`${name}/kernel`]!, 12));
      expect(modelCost(small).total.multiplyAdds).toBeLessThanOrEqual(0.5 * 624);
      expect(history.filter(({load}) => load <= 1).every(each => each.score <= found.score)).toBe(true);
      expect(throughJson(found)).toEqual(found);
      const own = await shrink(model, last.plan);
      expect(await score(own, {signal: undefined})).toBe(last.score);
      for (const each of [small, own]) each.dispose();
    });
    expect(await bytesOf(model)).toEqual(before);
  });

  test('the same seed gives the same, bit by bit', async () => {
    expect(timeless(await search(policy()))).toEqual(timeless(await search(policy())));
  });

  test('resumed at every evaluation, it ends as if it had never stopped', async () => {
    const states: SearchState[] = [];
    const whole = await search(policy(), {onProgress: ({state}) => states.push(throughJson(state))});
    for (const state of states) {
      let calls = 0;
      const counted = (copy: tf.LayersModel) => {
        calls++;
        return score(copy, {signal: undefined});
      };
      const found = await searchRates(searchedNet(), {target: TARGET, policy: policy(), state, score: counted});
      expect(timeless(found)).toEqual(timeless(whole));
      expect(calls).toBe(whole.history.length - state.scored.length);
    }
  });

  test('keeps to its budget, and goes on with a larger one', async () => {
    const whole = await search(policy());
    let last: SearchState | undefined;
    const short = await search(policy(), {evaluations: 4, onProgress: ({state}) => (last = state)});
    expect(short.history).toEqual(whole.history.slice(0, 4));
    const longer = await search(policy(), {state: last!});
    expect(longer.history).toEqual(whole.history);
    const one = await search(policy(), {evaluations: 1});
    expect(one.history).toEqual([one.uniform]);
    expect(one.score).toBe(one.uniform.score);
  });

  test('tells its progress', async () => {
    const told: SearchProgress[] = [];
    const found = await search(policy(), {onProgress: progress => told.push(progress)});
    const {history} = found;
    const {done: end, total: all} = told.at(-1)!;
    expect(end).toBe(all);
    if (told.length > history.length) expect(told.pop()!.score).toBe(found.score); // the end, where the best is told
    expect(told.map(({label, rates, score: each, load, cost}) => ({label, rates, score: each, load, cost}))).toEqual(
      history,
    );
    expect(told.map(({done}) => done)).toEqual(history.map((__, i) => i + 1));
    expect(told.every(({done, total}) => done <= total)).toBe(true);
    const best = (upTo: number) => {
      const able = history.slice(0, upTo).filter(({load}) => load <= 1);
      return Math.max(...able.map((each: ScoredProposal) => each.score));
    };
    expect(told.map(each => each.best)).toEqual(history.map((__, i) => best(i + 1)));
  });

  test('aborted at an evaluation, it rejects with the reason, leaks nothing and changes nothing', async () => {
    const model = searchedNet();
    const before = await bytesOf(model);
    await expectNoLeak(async () => {
      for (const at of [1, 2, 5]) {
        const [controller, reason] = [new AbortController(), new Error('enough')];
        const onProgress = ({done}: SearchProgress) => done === at && controller.abort(reason);
        const {signal} = controller;
        await expect(search(policy(), {signal, onProgress: progress => void onProgress(progress)}, model)).rejects.toBe(
          reason,
        );
      }
    });
    expect(await bytesOf(model)).toEqual(before);
  });

  test('a score that fails ends it, and leaks nothing', async () => {
    await expectNoLeak(async () => {
      const model = searchedNet();
      let calls = 0;
      const failing = () => {
        if (++calls === 3) throw new Error('mine');
        return 0;
      };
      await expect(search(policy(), {score: failing}, model)).rejects.toThrow('mine');
      model.dispose();
    });
  });
});
