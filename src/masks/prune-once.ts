import type {Allocation} from '../allocations/allocation.js';
import {say} from '../display/say.js';
import type {LayerSelector} from '../layers/layer-selector.js';
import {expectModel} from '../layers/model-layers.js';
import {expectBoolean, expectOptions, expectSparsity} from '../options/expect.js';
import {expectDataFor, expectObservedData, type ObservedData} from '../passes/observed-data.js';
import type {Model} from '../tfjs-internals.js';
import type {Target} from './choose-masks.js';
import {groupingOf} from './grouping.js';
import {expectMaskRule, type MaskRuleArgs} from './mask-rule.js';
import {expectAmount, pruningJust, sparsityAfter} from './prune-amount.js';
import {chosenWeights} from './placed-weights.js';
import {updateMasks} from './update-masks.js';
import type {ZeroCount} from './zero-count.js';

/** Options of {@link pruneOnce}: `sparsity` or `amount`, and how masks are chosen. */
export interface PruneOnceArgs extends MaskRuleArgs, ObservedData {
  /** The fraction of groups that are zero afterwards, in [0, 1); groups that were pruned before count. */
  sparsity?: number;
  /**
   * What is pruned now, as in `torch.nn.utils.prune`: a number of groups, a whole number >= 1, or the fraction in (0,
   * 1) of the groups that remain, rounded half to even; of all chosen layers together. Allocations that go layer by
   * layer, such as `uniform()`, may miss a fraction by their rounding. It is an error if they miss it by more, or miss
   * a number.
   */
  amount?: number;
  /** Which of the wrapped layers are pruned. Defaults to all that are trainable; a frozen one must be named. */
  layers?: LayerSelector;
  /**
   * Whether only the masks change, for `restoreDense`: pruned weights keep their values in the kernels, and so do
   * biases and batch normalizations of whole units. Defaults to false: what is pruned is zero.
   */
  keepDense?: boolean;
}

/** What `pruneOnce` returns: how many weights of the chosen layers are zero. */
export interface PruneOnceResult extends ZeroCount {
  /** `zeros / weights`. */
  readonly sparsity: number;
}

const OPTIONS = [
  ...['sparsity', 'amount', 'criterion', 'structure', 'allocation', 'layers'],
  ...['data', 'batchSize', 'loss', 'keepDense'],
];

/**
 * Prunes a wrapped model in one shot, without training. Called again, it prunes further: pruned weights stay pruned.
 *
 * All or nothing: if it throws, masks and weights are as they were.
 *
 * @throws TypeError or RangeError if the model has no wrapped layer, an option is unknown or wrong, not exactly one of
 *     `sparsity` and `amount` is given, `layers` matches none, more is asked for than can be pruned, a criterion needs
 *     `data` and there is none, it does not fit the model, or a mask holds something else than 0 and 1; Error if there
 *     is no loss for a criterion of gradients.
 *
 * @example
 * const model = prunable(await tf.loadLayersModel(url));
 * await pruneOnce(model, {sparsity: 0.8, allocation: globalRanking()});
 * await pruneOnce(model, {amount: 3, layers: 'conv1', structure: filters()}); // three more filters
 * await pruneOnce(model, {sparsity: 0.9, criterion: snip(), data: {xs, ys}});
 */
export async function pruneOnce(model: Model, args: PruneOnceArgs): Promise<PruneOnceResult> {
  expectModel('pruneOnce', model);
  const {layers, keepDense = false, sparsity} = expectOptions('pruneOnce', args, OPTIONS);
  expectBoolean('keepDense', keepDense);
  const {target, ...rule} = goalOf(args, expectMaskRule(args));
  expectObservedData('pruneOnce', args);
  expectDataFor('pruneOnce', rule.criterion, args);
  const pruned = chosenWeights('pruneOnce', model, layers);
  const count = await updateMasks(pruned, target, {...rule, keepDense}, args);
  const {leftOut} = groupingOf(rule.structure, pruned, rule.criterion);
  if (leftOut !== undefined) say('pruneOnce', leftOut);
  if (sparsity && count.zeros === 0) say('pruneOnce', `nothing is pruned: a sparsity of ${sparsity} rounds to none`);
  return {...count, sparsity: count.zeros / count.weights};
}

/** What is asked for, and the allocation that can do it. */
function goalOf<R extends {allocation: Allocation}>({sparsity, amount}: PruneOnceArgs, rule: R): R & {target: Target} {
  if ((sparsity === undefined) === (amount === undefined)) {
    throw new TypeError(
      `pruneOnce expects either \`sparsity\` or \`amount\`, got ${sparsity === undefined ? 'neither' : 'both'}`,
    );
  }
  if (sparsity !== undefined) return {...rule, target: expectSparsity('sparsity', sparsity)};
  const falling = expectAmount(amount!);
  return {...rule, target: sparsityAfter(falling), allocation: pruningJust(falling, rule.allocation)};
}
