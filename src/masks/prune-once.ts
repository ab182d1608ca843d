import {LONG_WORK, LongWork} from '../display/long-work.js';
import {say} from '../display/say.js';
import {layerSelector} from '../layers/layer-selector.js';
import {expectModel} from '../layers/model-layers.js';
import {boolean, option, sparsity} from '../options/option.js';
import {expectExactlyOne, read} from '../options/read.js';
import type {Args} from '../options/table.js';
import {reportBatches} from '../passes/batch-steps.js';
import {expectDataFor, expectObservedData, OBSERVED_DATA, observedSteps} from '../passes/observed-data.js';
import {withEvidence} from '../passes/with-evidence.js';
import {valueIdentity, type Model} from '../tfjs-internals.js';
import {chooseMasks, sceneOf} from './choose-masks.js';
import {MASK_RULE} from './mask-rule.js';
import {expectAmount, pruningJust, sparsityAfter} from './prune-amount.js';
import {chosenWeights, type PlacedWeight} from './placed-weights.js';
import {putInPlace} from './update-masks.js';
import type {ZeroCount} from './zero-count.js';

const OPTIONS = {
  /** The fraction of groups that are zero afterwards, in [0, 1), including groups that were pruned before. */
  sparsity: sparsity(undefined),
  /**
   * What is pruned now, as in `torch.nn.utils.prune`: a number of groups (a whole number >= 1), or a fraction in (0, 1)
   * of the groups that remain, rounded half to even; over all chosen layers together. Allocations that go layer by
   * layer, such as `uniform()`, may miss a fraction by rounding. It is an error if they miss it by more, or miss a
   * number.
   */
  amount: option(expectAmount, undefined),
  /** Which wrapped layers to prune. Defaults to all trainable ones; a frozen layer must be named. */
  layers: layerSelector(),
  /**
   * Whether only the masks change, for `restoreDense`: pruned weights keep their values in the kernels, and so do
   * biases and batch normalizations of whole units. Defaults to false: what is pruned is zero.
   */
  keepDense: boolean(false),
};

/** Options of {@link pruneOnce}: `sparsity` or `amount`, and how masks are chosen. */
export type PruneOnceArgs = Args<typeof OPTIONS & typeof MASK_RULE & typeof OBSERVED_DATA & typeof LONG_WORK>;

/** What `pruneOnce` returns: how many weights of the chosen layers are zero. */
export interface PruneOnceResult extends ZeroCount {
  /** `zeros / weights`. */
  readonly sparsity: number;
}

/**
 * Prunes a wrapped model in one shot, without training. Called again, it prunes further: pruned weights stay pruned.
 *
 * All or nothing: if it throws or is aborted, masks and weights are as they were. They change in one moment at the
 * end. Until then it pauses every 40 ms for the page, which may predict; `onProgress` is told of each batch that the
 * criterion sees and of each weight that is scored.
 *
 * @throws TypeError or RangeError if the model has no wrapped layer, an option is unknown or wrong, not exactly one of
 *     `sparsity` and `amount` is given, `layers` matches none, more is asked for than can be pruned, a criterion needs
 *     `data` and there is none, it does not fit the model, or a mask holds anything but 0 and 1; Error if there
 *     is no loss for a criterion of gradients, or the masks were changed meanwhile; the reason of `signal`.
 *
 * @example
 * const model = prunable(await tf.loadLayersModel(url));
 * await pruneOnce(model, {sparsity: 0.8, allocation: globalRanking()});
 * await pruneOnce(model, {amount: 3, layers: 'conv1', structure: filters()}); // three more filters
 * await pruneOnce(model, {sparsity: 0.9, criterion: snip(), data: {xs, ys}});
 */
export async function pruneOnce(model: Model, args: PruneOnceArgs): Promise<PruneOnceResult> {
  expectModel('pruneOnce', model);
  const all = read('pruneOnce', args, {...OPTIONS, ...MASK_RULE, ...OBSERVED_DATA, ...LONG_WORK});
  const work = new LongWork(all);
  const {criterion, structure, allocation, layers, keepDense, sparsity, amount} = all;
  expectExactlyOne('pruneOnce', args, ['sparsity', 'amount']);
  expectObservedData(all);
  expectDataFor('pruneOnce', criterion, all);
  const target = sparsity ?? sparsityAfter(amount!);
  const rule = {criterion, structure, allocation: amount === undefined ? allocation : pruningJust(amount, allocation)};
  const pruned = chosenWeights('pruneOnce', model, layers);
  const expectSameMasks = rememberMasks(pruned);
  const batches = observedSteps(criterion, all);
  work.total = batches + pruned.length;
  const scene = {...sceneOf(pruned), afterBatch: reportBatches(work, batches)};
  const choices = await withEvidence(criterion, scene, all, gathered =>
    chooseMasks(pruned, target, rule, {gathered}, (name, weights) => work.reach(batches + weights, name)),
  );
  await work.pause();
  expectSameMasks();
  const count = putInPlace(pruned, choices, {keepDense});
  const {leftOut} = choices.grouping;
  if (leftOut !== undefined) say('pruneOnce', leftOut);
  if (sparsity && count.zeros === 0) say('pruneOnce', `nothing is pruned: a sparsity of ${sparsity} rounds to none`);
  return {...count, sparsity: count.zeros / count.weights};
}

/**
 * Remembers the masks of weights.
 *
 * @returns a function that expects them to be the same still: if others came in between, more would be pruned than was
 *     asked for.
 */
function rememberMasks(pruned: readonly PlacedWeight[]): () => void {
  const identityOf = ({weight}: PlacedWeight) => valueIdentity(weight.mask);
  const before = pruned.map(identityOf);
  return () => {
    const changed = pruned.find((each, i) => identityOf(each) !== before[i]);
    if (!changed) return;
    throw new Error(
      `pruneOnce expects the masks to stay while it chooses others, but that of "${changed.name}" was changed; await ` +
        'one call before the next. This one changed nothing',
    );
  };
}
