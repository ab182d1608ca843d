import {listOf} from '../../options/option.js';
import {expectSparsity} from '../../options/expect.js';
import {read} from '../../options/read.js';
import type {Args} from '../../options/table.js';
import {risingCurve, sparsityAt, type Curve} from '../curve.js';
import {dense, type Proposal, type SearchedLayer, type SearchPolicy} from './policy.js';

const OPTIONS = {
  /**
   * The sparsities at which each layer is scored alone, each in [0, 1); the most that its limits allow is added.
   * Defaults to 0.25, 0.5, 0.75 and 0.9.
   */
  sparsities: listOf(expectSparsity, () => [0.25, 0.5, 0.75, 0.9]),
};

/** Options of {@link bisection}. */
export type BisectionArgs = Args<typeof OPTIONS>;

/**
 * Scores each layer pruned alone, and then prunes each as far as it costs the same score, as FastNAS does: one
 * threshold for all layers, found by bisection.
 *
 *     rate_l = the largest r with  score(dense) - score(l alone at r) <= tau
 *
 * Between the scored sparsities it interpolates, and treats the loss of score as never falling. It needs about five
 * evaluations a layer: the cheapest policy. It does not see how layers depend on each other.
 *
 * FastNAS is a part of the NVIDIA Model Optimizer, https://github.com/NVIDIA/Model-Optimizer
 *
 * @throws TypeError or RangeError if an option is unknown or wrong.
 *
 * @example
 * await searchRates(model, {target: {multiplyAdds: 0.5}, score, policy: bisection()});
 */
export function bisection(args: BisectionArgs = {}): SearchPolicy {
  const {sparsities} = read('bisection', args, OPTIONS);
  return {
    name: 'bisection',
    options: {sparsities: [...sparsities]},
    expected: layers => 2 + layers.reduce((sum, layer) => sum + stepsOf(layer, sparsities).length, 0),
    async *search({layers, reach}) {
      const start = yield dense(layers);
      const curves: Curve[] = [];
      for (const [i, layer] of layers.entries()) {
        const points: [number, number][] = [];
        for (const rate of stepsOf(layer, sparsities)) points.push([rate, start - (yield alone(layers, i, rate))]);
        curves.push(risingCurve(points));
      }
      const worst = Math.max(...curves.map(curve => curve.at(-1)![1]));
      yield reach(level => ({
        rates: curves.map(curve => (level === 0 ? 0 : sparsityAt(curve, level * worst))),
        label: 'one threshold for all layers',
      }));
    },
  };
}

/** The sparsities that a layer is scored at, ascending. */
function stepsOf({least, most}: SearchedLayer, sparsities: readonly number[]): number[] {
  const within = sparsities.filter(rate => rate > least && rate < most);
  return [...new Set([...within, ...(most > least ? [most] : [])])].sort((a, b) => a - b);
}

function alone(layers: readonly SearchedLayer[], which: number, rate: number): Proposal {
  const label = `${layers[which]!.name} alone at ${+rate.toFixed(3)}`;
  return {rates: layers.map((_, i) => (i === which ? rate : 0)), label};
}
