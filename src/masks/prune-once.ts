import type {Allocation, LayerScores} from '../allocations/allocation.js';
import {expectModel} from '../layers/model-layers.js';
import type {LayerSelector} from '../layers/layer-selector.js';
import {expectMaskRule, type MaskRuleArgs} from './mask-rule.js';
import {countOf} from '../math/count-of.js';
import {expectBoolean, expectOptions, expectSparsity, received} from '../options/expect.js';
import {roundHalfEven} from '../math/round-half-even.js';
import type {Model} from '../tfjs-internals.js';
import {say} from '../display/say.js';
import {groupingOf} from './grouping.js';
import {prunedWeights, type PrunedWeight} from './pruned-weight.js';
import {updateMasks} from './update-masks.js';
import type {ZeroCount} from './zero-count.js';
import {expectObservedData, type ObservedData} from '../passes/observed-data.js';
import {withObserved} from '../passes/with-observed.js';

/** Options of {@link pruneOnce}: `sparsity` or `amount`, and the plugs. */
export interface PruneOnceArgs extends MaskRuleArgs, ObservedData {
  /** The fraction of groups that are zero afterwards, in [0, 1); what was pruned before counts. */
  sparsity?: number;
  /**
   * What falls now, as in `torch.nn.utils.prune`: a whole number >= 1 of groups, or the fraction in (0, 1) of the
   * groups that remain, rounded half to even; of all chosen layers together. Allocations that go layer by layer, such
   * as `uniform()`, may miss a fraction by their rounding; where they would miss it by more, or a count at all, that is
   * an error.
   */
  amount?: number;
  /** Which of the wrapped layers are pruned. Defaults to all that are trainable; a frozen one must be named. */
  layers?: LayerSelector;
  /**
   * Whether pruned weights stay in the kernels behind their masks, for `restoreDense`; biases and batch normalizations
   * of whole units then stay, too. Defaults to false: what is pruned is zero.
   */
  keepDense?: boolean;
}

/** What `pruneOnce` returns: of the chosen layers, how many of their weights are zero. */
export interface PruneOnceResult extends ZeroCount {
  /** `zeros / weights`. */
  readonly sparsity: number;
}

const EXPECTED_AMOUNT =
  'Expected `amount` to be a whole number of groups >= 1, or a fraction in (0, 1) of what remains';
const OPTIONS = [
  ...['sparsity', 'amount', 'criterion', 'structure', 'allocation', 'layers'],
  ...['data', 'batchSize', 'loss', 'keepDense'],
];

/**
 * Prunes a wrapped model in one shot, without training. Called again, it prunes further: what is pruned stays so.
 *
 * All or nothing: whatever goes wrong, masks and weights are then as they were.
 *
 * @throws TypeError or RangeError where the model has no wrapped layer, an option is unknown or wrong, not exactly one
 *     of `sparsity` and `amount` is given, `layers` matches none, more is asked for than is there or than the plugs can
 *     prune, a criterion needs `data` and there is none, it does not fit the model, or a mask holds something else than
 *     0 and 1; Error where a criterion of gradients has no loss.
 *
 * @example
 * const model = prunable(await tf.loadLayersModel(url));
 * await pruneOnce(model, {sparsity: 0.8, allocation: globalRanking()});
 * await pruneOnce(model, {amount: 3, layers: 'conv1', structure: filters()}); // three filters more
 * await pruneOnce(model, {sparsity: 0.9, criterion: snip(), data: {xs, ys}});
 */
export async function pruneOnce(model: Model, args: PruneOnceArgs): Promise<PruneOnceResult> {
  expectModel('pruneOnce', model);
  const {layers, keepDense = false} = expectOptions('pruneOnce', args, OPTIONS);
  expectBoolean('keepDense', keepDense);
  const target = targetOf(args);
  const rule = expectMaskRule(args);
  expectObservedData(args);
  const allocation = args.amount === undefined ? rule.allocation : expectFalling(args.amount, rule.allocation);
  const pruned = prunedWeights('pruneOnce', model, layers);
  const count = await withObserved('pruneOnce', model, pruned, rule.criterion, args, observed =>
    updateMasks(observed, target, {...rule, allocation, keepDense}),
  );
  sayWhatStays(args, rule, pruned, count);
  return {...count, sparsity: count.zeros / count.weights};
}

/** What was asked for and did not go throws nothing. */
function sayWhatStays(
  {sparsity = 0}: PruneOnceArgs,
  {structure, criterion}: Required<MaskRuleArgs>,
  pruned: readonly PrunedWeight[],
  {zeros}: ZeroCount,
): void {
  const leftOut = structure.over && groupingOf(structure, pruned, criterion).leftOut;
  if (leftOut !== undefined) say('pruneOnce', leftOut);
  if (sparsity > 0 && zeros === 0) say('pruneOnce', `nothing goes: a sparsity of ${sparsity} rounds to none`);
}

function targetOf({sparsity, amount}: PruneOnceArgs): number | ((layers: readonly LayerScores[]) => number) {
  if ((sparsity === undefined) === (amount === undefined)) {
    throw new TypeError(
      `pruneOnce expects either \`sparsity\` or \`amount\`, got ${sparsity === undefined ? 'neither' : 'both'}`,
    );
  }
  if (sparsity !== undefined) return expectSparsity('sparsity', sparsity);
  expectAmount(amount);
  return layers => {
    const zeros = zerosAfter(amount!, layers);
    const remaining = groupsIn(layers) - goneIn(layers);
    if (zeros === goneIn(layers)) say('pruneOnce', `nothing goes: ${amount} of ${remaining} groups rounds to none`);
    return zeros / groupsIn(layers);
  };
}

function expectAmount(amount: unknown): void {
  if (typeof amount !== 'number') throw new TypeError(`${EXPECTED_AMOUNT}, got ${received(amount)}`);
  if (!(amount > 0) || (amount >= 1 && !Number.isSafeInteger(amount))) {
    throw new RangeError(`${EXPECTED_AMOUNT}, got ${amount}`);
  }
}

/** How many groups are zero once that amount has fallen. */
function zerosAfter(amount: number, layers: readonly LayerScores[]): number {
  const gone = goneIn(layers);
  const remaining = groupsIn(layers) - gone;
  const falling = amount < 1 ? roundHalfEven(amount * remaining) : amount;
  if (falling < remaining) return gone + falling;
  throw new RangeError(`${EXPECTED_AMOUNT}, got ${amount} where ${remaining} groups remain; something must be left`);
}

function goneIn(layers: readonly LayerScores[]): number {
  return layers.reduce((sum, {scores}) => sum + countOf(scores, -Infinity), 0);
}

function groupsIn(layers: readonly LayerScores[]): number {
  return layers.reduce((sum, {scores}) => sum + scores.length, 0);
}

/**
 * An allocation that goes layer by layer may miss an amount: by its rounding, which a fraction bears, and by layers
 * that were pruned further before. Rather none at all than another one.
 */
function expectFalling(amount: number, allocation: Allocation): Allocation {
  return (layers, sparsity) => {
    const kept = allocation(layers, sparsity);
    const missed = kept.reduce((sum, mask) => sum + countOf(mask, 0), 0) - zerosAfter(amount, layers);
    if (Math.abs(missed) <= (amount < 1 ? layers.length : 0)) return kept;
    throw new RangeError(
      `Expected an allocation under which \`amount\` ${amount} can fall, but it goes layer by layer and would prune ` +
        `${Math.abs(missed)} group${Math.abs(missed) === 1 ? '' : 's'} too ${missed > 0 ? 'many' : 'few'}; use globalRanking(), or choose one layer`,
    );
  };
}
