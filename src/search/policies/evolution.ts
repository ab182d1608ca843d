import maxBy from 'lodash/maxBy.js';
import mean from 'lodash/mean.js';
import {fraction, integer} from '../../options/option.js';
import {read} from '../../options/read.js';
import type {Args} from '../../options/table.js';
import type {SearchedLayer, SearchPolicy, SearchTask} from './policy.js';
import {finiteScores, rankedRates, type Affine} from './ranked-layers.js';

const OPTIONS = {
  /** How many candidates are tried, at least 1; the first `population` of them are drawn anew. Defaults to 400. */
  generations: integer({min: 1}, 400),
  /** How many candidates live at a time, at least 1: the oldest dies. Defaults to 64. */
  population: integer({min: 1}, 64),
  /** How many of them compete to be the parent of the next, at least 1. Defaults to 16. */
  tournament: integer({min: 1}, 16),
  /** The fraction of the layers that a child differs in, in [0, 1]; at least one layer. Defaults to 0.1. */
  mutated: fraction(0.1),
};

/** Options of {@link evolution}. */
export type EvolutionArgs = Args<typeof OPTIONS>;

/** A candidate: a transform for each layer. */
interface Member {
  readonly genes: readonly Affine[];
  readonly score: number;
}

/**
 * Evolves a global ranking, as LeGR does: the scores of each layer are transformed, `a_l * score + k_l`, before all are
 * ranked together, and `a_l` and `k_l` are found by regularized evolution.
 *
 *     founders   a = exp(N(0, 1)),  k = N(0, deviation of the layer's scores)
 *     children   of the best of `tournament` drawn members, changed in some layers:
 *                a' = a exp(N(0, s)),  k' = k + N(0, deviation)
 *     s          falls from 1 to 0.2 over the generations
 *
 * The first candidate is the ranking without a transform. Scores are divided by their mean in each layer first, so that
 * this is `globalRanking({normalize: 'mean'})`. Each candidate is one evaluation.
 *
 * Chin et al. 2020 (LeGR), https://arxiv.org/abs/1904.12368; Real et al. 2019 (regularized evolution),
 * https://arxiv.org/abs/1802.01548
 *
 * @throws TypeError or RangeError if an option is unknown or wrong.
 *
 * @example
 * await searchRates(model, {target: {multiplyAdds: 0.25}, score, policy: evolution({generations: 200}), seed: 1});
 */
export function evolution(args: EvolutionArgs = {}): SearchPolicy {
  const options = read('evolution', args, OPTIONS);
  const {generations, population} = options;
  return {
    name: 'evolution',
    options,
    expected: () => generations,
    async *search(task) {
      const layers = task.layers.map(normalized);
      const spreads = layers.map(layer => deviation(finiteScores(layer)));
      const members: Member[] = [];
      for (let i = 0; i < generations; i++) {
        const genes = i < population ? founder(task, i, spreads) : child(task, i, spreads, members, options);
        const label = `generation ${i + 1}`;
        const score = yield task.reach(level => ({rates: rankedRates(layers, genes, level), label}));
        members.push({genes, score});
        if (members.length > population) members.shift();
      }
    },
  };
}

function normalized(layer: SearchedLayer): SearchedLayer {
  const size = mean(finiteScores(layer).map(Math.abs));
  return size > 0 ? {...layer, scores: layer.scores.map(score => score / size)} : layer;
}

function deviation(values: Float32Array): number {
  if (values.length === 0) return 0;
  const center = mean(values);
  return Math.sqrt(mean(Array.from(values, value => (value - center) ** 2)));
}

/** The first is the ranking as it is. */
function founder({normal}: SearchTask, index: number, spreads: readonly number[]): Affine[] {
  if (index === 0) return spreads.map(() => ({scale: 1, shift: 0}));
  const [scales, shifts] = drawn(normal, index, spreads.length);
  return spreads.map((spread, i) => ({scale: Math.exp(scales[i]!), shift: shifts[i]! * spread}));
}

function child(
  {normal, random}: SearchTask,
  index: number,
  spreads: readonly number[],
  members: readonly Member[],
  {tournament, mutated, generations}: Required<EvolutionArgs>,
): Affine[] {
  const pick = (count: number, among: number, name: string) =>
    Array.from(random(count, `${name} of ${index}`), number => Math.floor(number * among));
  const rivals = pick(tournament, members.length, 'tournament').map(i => members[i]!);
  const {genes} = maxBy(rivals, 'score')!;
  const layers = new Set(pick(Math.max(1, Math.floor(mutated * spreads.length)), spreads.length, 'mutation'));
  const step = 1 - index / (1.25 * generations);
  const [scales, shifts] = drawn(normal, index, spreads.length);
  return genes.map(({scale, shift}, i) => {
    if (!layers.has(i)) return {scale, shift};
    return {scale: scale * Math.exp(step * scales[i]!), shift: shift + shifts[i]! * spreads[i]!};
  });
}

function drawn(normal: SearchTask['normal'], index: number, count: number): [Float32Array, Float32Array] {
  return [normal(count, `scales of ${index}`), normal(count, `shifts of ${index}`)];
}
