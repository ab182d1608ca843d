import {expectAllocation} from '../src/allocations/allocation.js';
import {globalRanking} from '../src/allocations/global-ranking.js';
import {observes} from '../src/criteria/criterion.js';
import {expectCriterion} from '../src/criteria/expect-criterion.js';
import {snip} from '../src/criteria/snip.js';
import {isNoisy} from '../src/layers/cards/pass-card-of.js';
import {isPrunableLayer} from '../src/layers/prunable-layer.js';
import {layersWithin} from '../src/layers/inner-layers.js';
import {MASK_RULE} from '../src/masks/mask-rule.js';
import {updateMasks} from '../src/masks/update-masks.js';
import type {ZeroCount} from '../src/masks/zero-count.js';
import {integer, needs, option, sparsity, unchecked} from '../src/options/option.js';
import {expectAbsent, read} from '../src/options/read.js';
import type {Args, Extended} from '../src/options/table.js';
import {expectData, type Data} from '../src/passes/data.js';
import {expectLossForm, OBSERVED_DATA} from '../src/passes/observed-data.js';
import type {Layer, Model} from '../src/tfjs-internals.js';
import {expectSparse} from './families/expect-sparse.js';
import {Probe} from './families/probe.js';
import type {Method, PrunedTraining} from './method.js';
import {PRUNING_BY_BATCH, PruningCallback} from './pruning-callback.js';

const OPTIONS = {
  /** The fraction of groups that are zero afterwards, in [0, 1); groups that were pruned before count. */
  sparsity: sparsity(),
  /** Which weights matter least. Defaults to `snip()`. */
  criterion: option(expectCriterion, snip),
  /** How the sparsity is shared among layers. Defaults to `globalRanking()`. */
  allocation: option(expectAllocation, globalRanking),
  /**
   * The number of rounds, at least 1. Each prunes the same fraction of the remaining groups and scores the rest again.
   * Defaults to 1, and to 100 for a criterion that runs the model itself (`synFlow()`).
   */
  rounds: integer({min: 1}, undefined),
  /** The number of batches of `fit` that the criterion observes in each round, without `data`. Defaults to 1. */
  observedBatches: integer({min: 1}, undefined),
  /**
   * Examples for a criterion of gradients or inputs, read once a round, in place of the batches of `fit`. The model
   * computes as in `predict`.
   */
  data: unchecked<Data>(),
  /** The loss whose gradients are taken on `data`. Defaults to the one that the model was compiled with. */
  loss: needs('data', 'the loss is then the one that `fit` minimizes', option(expectLossForm, undefined)),
};

/** Options of {@link PruneAtInitialization}. */
export type PruneAtInitializationArgs = Args<
  Extended<typeof PRUNING_BY_BATCH & typeof MASK_RULE & typeof OBSERVED_DATA, typeof OPTIONS>
>;

/**
 * Prunes a model before it is trained: the remaining weights are trained, sparse from the first step on.
 *
 * With `data`, or for a criterion that needs none, it chooses masks before the first batch. Otherwise the criterion
 * observes the first `rounds * observedBatches` batches of `fit` itself, and these train nothing: they run forward and
 * backward, but the optimizer takes no step, and its slots, its count and moving averages stay as they are. They still
 * count as steps, for this callback and others. After round k of n, `1 - (1 - sparsity)^(k / n)` of all groups are
 * zero.
 *
 * Kept weights keep their values, bit by bit; pruned weights are zero at the end of every batch. Another `fit` with the
 * same callback, or one resumed with `initialStep` at the end of a round, prunes only what is still due. A callback
 * that only masks more, such as `GradualPruning` without `regrowth`, can be used on the same layers.
 * Lee et al. 2019, https://arxiv.org/abs/1810.02340; in rounds: de Jorge et al. 2021, https://arxiv.org/abs/2006.09081
 *
 * @throws TypeError or RangeError from the constructor if an option is unknown or wrong; from `fit` if the model has no
 *     wrapped layer, `layers` matches none, weights are NaN, `data` does not fit the model, the step says that the
 *     model is pruned but it is dense, or a criterion of curvature would observe batches with dropout or noise, which
 *     differ from pass to pass.
 *
 * @example
 * await model.fit(x, y, {epochs: 5, callbacks: [new PruneAtInitialization({sparsity: 0.9})]});
 * new PruneAtInitialization({sparsity: 0.99, criterion: synFlow()});
 */
export class PruneAtInitialization extends PruningCallback {
  constructor(args: PruneAtInitializationArgs) {
    super(pruneAtInitialization(args), args);
  }
}

type Plan = ReturnType<typeof planOf>;

/** The options, checked and with all defaults, and what follows from them. */
function planOf(args: PruneAtInitializationArgs) {
  const tables = {...MASK_RULE, ...OBSERVED_DATA, ...OPTIONS, ...PRUNING_BY_BATCH};
  const options = read('PruneAtInitialization', args, tables);
  const {sparsity, criterion, structure, allocation, data, batchSize, loss} = options;
  const {rounds = criterion.sees === 'model' ? 100 : 1, observedBatches = 1} = options;
  if (data !== undefined) {
    const why = 'with `data`, which takes the place of batches of `fit`';
    expectAbsent('PruneAtInitialization', args, ['observedBatches'], why);
    expectData({data, batchSize});
  }
  return {
    sparsity,
    rule: {criterion, structure, allocation},
    rounds,
    observedBatches,
    shown: {data, batchSize, loss},
    /** The number of batches of `fit` that are observed; 0 if none are. */
    endStep: observes(criterion) && data === undefined ? rounds * observedBatches : 0,
  };
}

function pruneAtInitialization(args: PruneAtInitializationArgs): Method {
  const plan = planOf(args);
  const {sparsity, rule, observedBatches, endStep} = plan;
  const endsRound = (step: number) => step > 0 && step % observedBatches === 0;
  const isProbing = (step: number) => step < endStep;
  const probe = new Probe();
  return {
    structure: rule.structure,
    masks: 'atStart',
    ...(endStep > 0 && {
      observes: {criterion: rule.criterion, updates: {updatesAt: endsRound, endStep}, batches: Infinity},
    }),
    goal: {
      name: `the end of the probing at step ${endStep}, where the sparsity is ${sparsity}`,
      isReachedAt: step => !isProbing(step),
      remedy: 'Until then nothing is trained. Go on with the same callback, or pass `data`',
    },
    needsOptimizer: isProbing,
    keepsZeros: () => true,

    async prepare(training) {
      const {step, firstStep, isPending, model} = training;
      const isDue = isPending && step === endStep && step !== firstStep;
      if (step > 0 && !isProbing(step) && !isDue) await expectSparse(training, sparsity, rule);
      if (isProbing(step) && rule.criterion.sees === 'curvature') expectPassesAlike(model);
    },

    async atStep(training) {
      const {step, firstStep, weights, seen} = training;
      if (step > endStep || (step > 0 && step === firstStep)) return undefined;
      if (endStep === 0) return pruneInRounds(training, plan);
      return endsRound(step)
        ? updateMasks(weights, sparsityAfter(step / observedBatches, plan), rule, seen)
        : undefined;
    },

    batchBegin(training) {
      if (isProbing(training.step)) probe.begin(training);
    },
    batchEnd: () => probe.end(),
    release: () => probe.end(),
  };
}

async function pruneInRounds({weights}: PrunedTraining, plan: Plan): Promise<ZeroCount> {
  const {rule, shown, rounds} = plan;
  for (let round = 1; round < rounds; round++) await updateMasks(weights, sparsityAfter(round, plan), rule, shown);
  return updateMasks(weights, plan.sparsity, rule, shown);
}

function sparsityAfter(round: number, {sparsity, rounds}: Plan): number {
  return round === rounds ? sparsity : 1 - (1 - sparsity) ** (round / rounds);
}

function expectPassesAlike(model: Model): void {
  const hasNoise = (layer: Layer) =>
    isNoisy(layer) || (isPrunableLayer(layer) && layer.maskedWeights.some(weight => weight.isNoisy));
  const noisy = layersWithin(model).find(hasNoise);
  if (!noisy) return;
  throw new RangeError(
    'PruneAtInitialization expects training passes to be all alike for a criterion of second order, but layer ' +
      `"${noisy.name}" (${noisy.getClassName()}) is random in each; pass \`data\`, for which that is off`,
  );
}
