import type {Allocation} from './allocation.js';
import {entriesOf, perLayer, type LayerSparsities} from './per-layer.js';

/**
 * Rates of their own for some layers, of pruning in rounds: of a layer with rate `p`, `(1 - p) ^ k` is left after `k`
 * rounds.
 *
 * @param rounds after how many of them something must be left of each layer.
 * @returns the allocation after so many rounds, which gives all other layers the sparsity that is asked for.
 * @throws TypeError or RangeError where a rate is none, or leaves nothing.
 */
export function allocationByRates(rates: LayerSparsities, rounds: number): (round: number) => Allocation {
  const entries = entriesOf(rates, 'rates');
  if (entries.length === 0) throw new RangeError('Expected `rates` to name at least one layer, got none');
  const sparsitiesAfter = (round: number) => entries.map(([name, rate]) => [name, 1 - (1 - rate) ** round] as const);
  const emptied = sparsitiesAfter(rounds).findIndex(([, sparsity]) => sparsity === 1);
  if (emptied >= 0) {
    const [name, rate] = entries[emptied]!;
    throw new RangeError(
      `Expected \`rates\` to leave something after ${rounds} rounds, got ${rate} for "${String(name)}"`,
    );
  }
  return round => (layers, others) => {
    const sparsities = sparsitiesAfter(round);
    const sparsest = Math.max(others, ...sparsities.map(([, sparsity]) => sparsity));
    return perLayer(sparsities, {default: others})(layers, sparsest);
  };
}
