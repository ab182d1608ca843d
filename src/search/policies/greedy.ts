import minBy from 'lodash/minBy.js';
import {integer} from '../../options/option.js';
import {read} from '../../options/read.js';
import type {Args} from '../../options/table.js';
import {dense, type Proposal, type SearchPolicy, type SearchTask} from './policy.js';

const OPTIONS = {
  /** In how many steps the target is reached, at least 1: each frees an equal part of what must go. Defaults to 10. */
  steps: integer({min: 1}, 10),
};

/** Options of {@link greedy}. */
export type GreedyArgs = Args<typeof OPTIONS>;

/** Where a step starts: the rates so far, their score, and what is left. */
interface Place {
  readonly rates: readonly number[];
  readonly score: number;
  readonly load: number;
}

/**
 * Takes step after step from the layer that loses least: each step tries every layer alone, pruned until a part of what
 * must go is freed, and keeps the one with
 *
 *     the least  (score before - score after) / (load before - load after)
 *
 * where the load is what the target is about: multiply-adds for `{multiplyAdds}`. It needs as many evaluations as steps
 * times layers.
 *
 * Yang et al. 2018 (NetAdapt), https://arxiv.org/abs/1804.03230
 *
 * @throws TypeError or RangeError if an option is unknown or wrong.
 *
 * @example
 * await searchRates(model, {target: {multiplyAdds: 0.5}, score, policy: greedy({steps: 20})});
 */
export function greedy(args: GreedyArgs = {}): SearchPolicy {
  const {steps} = read('greedy', args, OPTIONS);
  return {
    name: 'greedy',
    options: {steps},
    expected: layers => 1 + steps * layers.length,
    async *search(task) {
      const start = dense(task.layers);
      let place: Place = {rates: start.rates!, score: yield start, load: await task.load(start)};
      const part = (place.load - 1) / steps;
      for (let step = 1; place.load > 1; step++) {
        const reached: Place[] = [];
        for (const {rates, load, label} of await ways(task, place, Math.max(1, place.load - part))) {
          reached.push({rates, load, score: yield {rates, label: `step ${step}, ${label}`}});
        }
        const next = minBy(reached, ({score, load}) => (place.score - score) / (place.load - load));
        if (!next) return;
        place = next;
      }
    },
  };
}

/** A step in one layer. */
interface Way {
  readonly rates: readonly number[];
  readonly load: number;
  readonly label: string;
}

/** The layers that can free so much alone; or if none can, all that can free anything. */
async function ways(task: SearchTask, place: Place, goal: number): Promise<Way[]> {
  const found: Way[] = [];
  for (const [i, {name}] of task.layers.entries()) {
    const {rates} = await task.reach(level => further(task, place.rates, i, level), goal);
    const load = await task.load({rates: rates!});
    if (load < place.load) found.push({rates: rates!, load, label: name});
  }
  const able = found.filter(({load}) => load <= goal);
  return able.length > 0 ? able : found;
}

/** The rates with one of them moved towards the most that its layer can lose. */
function further({layers}: SearchTask, rates: readonly number[], which: number, level: number): Proposal {
  return {rates: rates.map((rate, i) => (i === which ? rate + level * (layers[i]!.most - rate) : rate))};
}
