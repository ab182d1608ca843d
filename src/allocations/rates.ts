import type {Allocation} from './allocation.js';
import {entriesOf, valuesByName, type EntriesWording, type LayerSparsities} from './per-layer.js';
import {pruneInProportion} from './proportional.js';

const WORDING: EntriesWording = {owner: '`rates`', what: 'rate', valueOf: key => `rates[${key}]`};

/**
 * Pruning in rounds at separate rates for some layers: a layer with rate `p` has `(1 - p) ^ k` left after `k` rounds.
 *
 * @param rounds the number of rounds after which something must be left of each layer.
 * @returns the allocation for a number of rounds; all other layers get the overall sparsity.
 * @throws TypeError or RangeError if a rate is not one, or leaves nothing.
 */
export function allocationByRates(rates: LayerSparsities, rounds: number): (round: number) => Allocation {
  const entries = entriesOf(rates, WORDING);
  if (entries.length === 0) throw new RangeError('Expected `rates` to name at least one layer, got none');
  const sparsitiesAfter = (round: number) => entries.map(([name, rate]) => [name, 1 - (1 - rate) ** round] as const);
  const emptied = sparsitiesAfter(rounds).findIndex(([, sparsity]) => sparsity === 1);
  if (emptied >= 0) {
    const [name, rate] = entries[emptied]!;
    throw new RangeError(
      `Expected \`rates\` to leave something after ${rounds} rounds, got ${rate} for "${String(name)}"`,
    );
  }
  return round => (layers, others) =>
    pruneInProportion(layers, valuesByName(layers, sparsitiesAfter(round), others, WORDING.owner), {});
}
