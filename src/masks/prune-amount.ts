import type {Allocation} from '../allocations/allocation.js';
import {say} from '../display/say.js';
import {countIn} from '../math/count-of.js';
import {roundHalfEven} from '../math/round-half-even.js';
import {wrongNumber} from '../options/expect.js';
import type {LayerScores} from '../structures/structure.js';

const EXPECTED = 'a whole number of groups >= 1, or a fraction in (0, 1) of what remains';

/** Expects a number of groups, or the fraction of them that is pruned. */
export function expectAmount(name: string, amount: number): number {
  if (Number.isFinite(amount) && amount > 0 && (amount < 1 || Number.isSafeInteger(amount))) return amount;
  throw wrongNumber(name, EXPECTED, amount);
}

/** The sparsity after an amount was pruned, for {@link updateMasks}. */
export function sparsityAfter(amount: number): (layers: readonly LayerScores[]) => number {
  return layers => {
    const [groups, pruned] = [groupsIn(layers), prunedIn(layers)];
    const zeros = zerosAfter(amount, layers);
    if (zeros === pruned) say('pruneOnce', `nothing is pruned: ${amount} of ${groups - pruned} groups rounds to none`);
    return zeros / groups;
  };
}

/**
 * The same allocation, but it throws unless it prunes the amount. One that goes layer by layer may miss it by rounding,
 * which is allowed for a fraction, or because some layers were already pruned further.
 */
export function pruningJust(amount: number, allocation: Allocation): Allocation {
  return (layers, sparsity) => {
    const kept = allocation(layers, sparsity);
    const missed = countIn(kept, 0) - zerosAfter(amount, layers);
    if (Math.abs(missed) <= (amount < 1 ? layers.length : 0)) return kept;
    throw new RangeError(
      `Expected an allocation that can prune \`amount\` ${amount}, but it goes layer by layer and would prune ` +
        `${Math.abs(missed)} group${Math.abs(missed) === 1 ? '' : 's'} too ${missed > 0 ? 'many' : 'few'}; ` +
        'use globalRanking(), or choose one layer',
    );
  };
}

/** How many groups are zero after pruning the amount. */
function zerosAfter(amount: number, layers: readonly LayerScores[]): number {
  const pruned = prunedIn(layers);
  const remaining = groupsIn(layers) - pruned;
  const falling = amount < 1 ? roundHalfEven(amount * remaining) : amount;
  if (falling < remaining) return pruned + falling;
  throw new RangeError(
    `Expected \`amount\` to be ${EXPECTED}, got ${amount}, but only ${remaining} groups remain; ` +
      'at least one must be left',
  );
}

function prunedIn(layers: readonly LayerScores[]): number {
  return countIn(
    layers.map(({scores}) => scores),
    -Infinity,
  );
}

function groupsIn(layers: readonly LayerScores[]): number {
  return layers.reduce((sum, {scores}) => sum + scores.length, 0);
}
