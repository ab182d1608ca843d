import * as tf from '@tensorflow/tfjs-core';
import type {Allocation} from '../src/allocations/allocation.js';
import {globalRanking} from '../src/allocations/global-ranking.js';
import {observes, type Criterion} from '../src/criteria/criterion.js';
import {snip} from '../src/criteria/snip.js';
import {isNoisy} from '../src/layers/cards/card-of.js';
import {layersWithin} from '../src/layers/prunable-weights.js';
import {expectMaskRule, type MaskRuleArgs, type MaskRule} from '../src/masks/mask-rule.js';
import {expectInteger, expectOptions, expectSparsity} from '../src/options/expect.js';
import type {EvidenceSource} from '../src/passes/evidence.js';
import {expectObservedData, type ObservedData} from '../src/passes/observed-data.js';
import {insteadOfSteps, type Minimize} from '../src/optimizers/instead-of-step.js';
import {prunableLayers} from '../src/layers/model-layers.js';
import {differentiating, withoutMetrics, type LayerVariable, type Model} from '../src/tfjs-internals.js';
import {remember, unchanged} from '../src/layers/unchanged.js';
import type {PrunedWeight} from '../src/masks/pruned-weight.js';
import {roundsToNone} from '../src/masks/rounds-to-none.js';
import {updateMasks} from '../src/masks/update-masks.js';
import type {ZeroCount} from '../src/masks/zero-count.js';
import type {Structure} from '../src/structures/structure.js';
import {say} from '../src/display/say.js';
import {PruningCallback, type PruningCallbackArgs} from './pruning-callback.js';

/** Options of {@link PruneAtInitialization}. */
export interface PruneAtInitializationArgs
  extends MaskRuleArgs, ObservedData, Pick<PruningCallbackArgs, 'layers' | 'initialStep'> {
  /** The fraction of groups that are zero afterwards, in [0, 1); what was pruned before counts. */
  sparsity: number;
  /** Which weights matter least. Defaults to `snip()`. */
  criterion?: Criterion;
  /** How the sparsity is shared among layers. Defaults to `globalRanking()`. */
  allocation?: Allocation;
  /**
   * In how many rounds, each of which prunes the same fraction of what is left and scores the rest anew. Defaults to 1,
   * and to 100 for a criterion that measures by itself (`synFlow()`).
   */
  rounds?: number;
  /**
   * For a criterion that observes, without `data`: by how many of `fit`'s batches it goes in each round. Defaults to 1.
   */
  observedBatches?: number;
  /**
   * Examples for a criterion of gradients or inputs, read once a round, in place of the batches of `fit`. The model
   * computes as in `predict`.
   */
  data?: ObservedData['data'];
}

const OPTIONS = [
  'sparsity',
  'criterion',
  'structure',
  'allocation',
  'layers',
  'rounds',
  'observedBatches',
  'data',
  'batchSize',
  'loss',
  'initialStep',
];

/**
 * Prunes a model before it is trained; what is left is trained, sparse from the first step on.
 *
 * With `data`, or for a criterion that needs none, masks are chosen before the first batch. Otherwise the criterion
 * goes by the first `rounds * observedBatches` batches of `fit` itself, and these train nothing: they run forward and
 * backward, but the optimizer takes no step, its slots and its count stay as they are, and so do moving averages. They
 * count as steps all the same, for this callback and others. In round k of n, `1 - (1 - sparsity)^(k / n)` of all
 * groups are zero.
 *
 * The weights that are kept are what they were, bit by bit; those that are pruned are zero at the end of every batch. A
 * further `fit` with the same callback, or one that is resumed with `initialStep` at the end of a round, prunes no more
 * than is still due. Beside it, on the same layers, goes a callback that only masks more, as `GradualPruning` without
 * `regrowth` does. Lee et al. 2019, https://arxiv.org/abs/1810.02340; in rounds: de Jorge et al. 2021,
 * https://arxiv.org/abs/2006.09081
 *
 * @throws TypeError or RangeError from the constructor where an option is unknown or wrong; from `fit` where the model
 *     has no wrapped layer, `layers` matches none, weights are NaN, `data` do not fit, the steps say that the model is
 *     pruned but it is dense, or a criterion of second order would go by batches with dropout or noise, of which no two
 *     passes are alike.
 *
 * @example
 * await model.fit(x, y, {epochs: 5, callbacks: [new PruneAtInitialization({sparsity: 0.9})]});
 * new PruneAtInitialization({sparsity: 0.99, criterion: synFlow()});
 */
export class PruneAtInitialization extends PruningCallback {
  readonly #sparsity: number;
  readonly #rule: MaskRule;
  readonly #rounds: number;
  readonly #observedBatches: number;
  readonly #shown: ObservedData;
  /** Steps at which all is done. */
  readonly #endStep: number;
  #endProbe: (() => void) | undefined;

  constructor(args: PruneAtInitializationArgs) {
    super(expectOptions('PruneAtInitialization', args, OPTIONS));
    const {
      sparsity,
      criterion = snip(),
      allocation = globalRanking(),
      observedBatches = 1,
      data,
      batchSize,
      loss,
    } = args;
    this.#sparsity = expectSparsity('sparsity', sparsity);
    this.#rule = expectMaskRule({...args, criterion, allocation});
    const {rounds = criterion.sees === 'model' ? 100 : 1} = args;
    this.#rounds = expectInteger('rounds', rounds, {min: 1});
    this.#observedBatches = expectInteger('observedBatches', observedBatches, {min: 1});
    if (loss !== undefined && data === undefined) {
      throw new TypeError(
        'Expected `loss` only with `data`; without, the loss is the one that the model is trained by',
      );
    }
    if (data !== undefined && args.observedBatches !== undefined) {
      throw new TypeError(
        'Expected `observedBatches` without `data`, in place of which they are; leave out the one or the other',
      );
    }
    expectObservedData('PruneAtInitialization', {criterion, data, batchSize, loss});
    this.#shown = {data, batchSize, loss};
    const probes = observes(criterion) && data === undefined;
    this.#endStep = probes ? rounds * observedBatches : 0;
  }

  /** The batches that it looks at are no steps. */
  override get needsOptimizer(): boolean {
    return this.#isProbing;
  }

  override async onBatchBegin(batch: number): Promise<void> {
    await super.onBatchBegin(batch);
    if (this.#isProbing) this.#beginProbe();
  }

  override async onBatchEnd(): Promise<void> {
    this.#leaveProbe();
    await super.onBatchEnd();
  }

  override async onTrainEnd(): Promise<void> {
    await super.onTrainEnd();
    if (this.#isProbing) this.#sayTooShort();
  }

  protected override readonly keepsZeros = true;

  protected override get prunesAtStart(): boolean {
    return true;
  }

  protected override get structure(): Structure {
    return this.#rule.structure;
  }

  /** What observes `fit`. */
  protected override get criterion(): Criterion | undefined {
    return this.#endStep > 0 ? this.#rule.criterion : undefined;
  }

  protected override observesBatch(): boolean {
    return this.#isProbing;
  }

  protected override prepare(): void {
    if (!this.#isProbing || this.#rule.criterion.sees !== 'curvature') return;
    const noisy = layersWithin(this.trainedModel).find(isNoisy);
    if (!noisy) return;
    throw new RangeError(
      `PruneAtInitialization expects passes that are all alike for a criterion of second order, but layer "${noisy.name}" ` +
        `(${noisy.getClassName()}) differs in each training pass; hand over \`data\`, for which it is off`,
    );
  }

  protected override release(): void {
    this.#leaveProbe();
    super.release();
  }

  protected override async prune(
    step: number,
    pruned: readonly PrunedWeight[],
    seen: EvidenceSource,
  ): Promise<ZeroCount | undefined> {
    if (step > this.#endStep || (step > 0 && step === this.firstStep)) return undefined;
    if (this.#endStep === 0) return this.#pruneInRounds(pruned);
    const round = step / this.#observedBatches;
    if (round === 0 || !Number.isInteger(round)) return undefined;
    return updateMasks(pruned, this.#sparsityAfter(round), this.#rule, seen);
  }

  async #pruneInRounds(pruned: readonly PrunedWeight[]): Promise<ZeroCount | undefined> {
    let count: ZeroCount | undefined;
    for (let round = 1; round <= this.#rounds; round++) {
      count = await updateMasks(pruned, this.#sparsityAfter(round), this.#rule, this.#shown);
    }
    return count;
  }

  #sparsityAfter(round: number): number {
    return round === this.#rounds ? this.#sparsity : 1 - (1 - this.#sparsity) ** (round / this.#rounds);
  }

  get #isProbing(): boolean {
    return this.step < this.#endStep;
  }

  protected override get hasGathered(): boolean {
    return this.#isProbing && this.step % this.#observedBatches !== 0;
  }

  /** What ends with the batch. */
  #beginProbe(): void {
    const model = this.trainedModel;
    const stepAgain = insteadOfSteps(model.optimizer, this.#probe);
    const putBack = remember(statisticsOf(model));
    this.#endProbe = () => {
      stepAgain();
      putBack();
    };
  }

  #leaveProbe(): void {
    this.#endProbe?.();
    this.#endProbe = undefined;
  }

  /** The passes of one batch, after which all variables are what they were. */
  readonly #probe: Minimize = (loss, returnCost, variables) => {
    const model = this.trainedModel;
    const value = unchanged(model.weights, () => {
      let cost: tf.Scalar | undefined;
      this.watch(() => {
        if (cost) withoutMetrics(model, () => lossOf(loss, variables));
        else cost = lossOf(loss, variables);
      });
      return cost!;
    });
    if (returnCost === true) return value;
    value.dispose();
    return null;
  };

  /** A callback whose pruning is over would leave a dense model dense. */
  protected override async expectUsable(pruned: readonly PrunedWeight[]): Promise<void> {
    const isDue = this.isPending && this.step === this.#endStep && this.step !== this.firstStep;
    if (this.step === 0 || this.#isProbing || isDue || this.sparsity > 0 || this.#sparsity === 0) return;
    if (await roundsToNone(pruned, this.#sparsity, this.#rule)) return;
    throw new RangeError(
      `PruneAtInitialization is at step ${this.step}, after all pruning, but the model is dense instead of ${this.#sparsity} ` +
        'sparse. Use a new callback for each model, or call reset()',
    );
  }

  #sayTooShort(): void {
    say(
      'PruneAtInitialization',
      `this fit stopped at step ${this.step}, before the end of the probing at step ${this.#endStep}, ` +
        `where the sparsity is ${this.#sparsity}. Nothing was trained. Go on with the same callback, or hand over \`data\``,
    );
  }
}

/** What training changes besides what the optimizer steps: moving averages. */
function statisticsOf(model: Model): LayerVariable[] {
  const masks = new Set(prunableLayers(model).flatMap(({layer}) => layer.maskedWeights.map(({mask}) => mask)));
  return model.nonTrainableWeights.filter(weight => !masks.has(weight));
}

/** Runs a loss backward as well, for those who watch. */
function lossOf(loss: () => tf.Scalar, variables: tf.Variable[] | undefined): tf.Scalar {
  const {value, grads} = differentiating(() => tf.variableGrads(loss, variables));
  tf.dispose(grads);
  return value;
}
