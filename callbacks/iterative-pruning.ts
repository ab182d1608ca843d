import * as tf from '@tensorflow/tfjs-core';
import {iterative, type IterativeArgs} from '../schedules/iterative.js';
import type {Allocation} from '../src/allocations/allocation.js';
import type {LayerSparsities} from '../src/allocations/per-layer.js';
import {allocationByRates} from '../src/allocations/rates.js';
import type {MaskRule} from '../src/masks/mask-rule.js';
import type {EvidenceSource} from '../src/passes/evidence.js';
import type {PrunedWeight} from '../src/masks/pruned-weight.js';
import {updateMasks} from '../src/masks/update-masks.js';
import type {ZeroCount} from '../src/masks/zero-count.js';
import {expectInteger, expectNumber, expectOptions} from '../src/options/expect.js';
import {learningRateOf, setLearningRate} from '../src/optimizers/learning-rate.js';
import {resetOptimizer} from '../src/optimizers/slots.js';
import {reinitializer} from '../src/masks/sanity-checks.js';
import {
  expectFitting,
  expectPlace,
  loadSnapshot,
  putBack,
  saveSnapshot,
  takeSnapshot,
  type SnapshotPlace,
  type WeightSnapshot,
} from '../src/layers/weight-snapshot.js';
import type {CallbackState} from './callback-state.js';
import {storedUnder, tensorsUnder} from './expect-state.js';
import {expectRewind, rewindsWeights, type Rewind, type RewindArgs} from './rewind.js';
import {SCHEDULED_PRUNING_OPTIONS, ScheduledPruning, type ScheduledPruningArgs} from './scheduled-pruning.js';

/** Options of {@link IterativePruning}: the rate of a round, or the sparsity after the last one. */
export type IterativePruningArgs = ScheduledPruningArgs &
  RewindArgs & {
    /** How many times weights are pruned, at least 1. */
    rounds: number;
    /**
     * Rates of their own for some layers, by name; they take the place of an allocation. Frankle & Carbin give the
     * output half.
     */
    rates?: LayerSparsities;
    /** With 'reinitialize': a whole number >= 0, the same one draws the same weights. Drawn by default. */
    seed?: number;
  } & ({rate: number; finalSparsity?: never} | {finalSparsity: number; rate?: never});

const OWN_OPTIONS = [
  'trainSteps',
  'retrainSteps',
  'rounds',
  'rate',
  'finalSparsity',
  'rewind',
  'learningRate',
  'rates',
  'snapshot',
  'seed',
] as const;

/** What `state()` tells. */
interface SavedRounds {
  readonly seed: number;
  readonly ownRate: number | null;
  readonly setRate: number | null;
  readonly snapshot: readonly string[] | null;
}

/**
 * Trains, prunes and trains again, in rounds, all in one `fit` of `trainSteps + rounds * retrainSteps` steps; each
 * round prunes the same fraction of what remains. With T = `trainSteps` and t = `retrainSteps`, each begins, beside its
 * masks, with
 *
 * - `rewind: 'nothing'`: what was trained, to be fine-tuned at the last, small learning rate of the dense training;
 * - `'learningRate'`: what was trained, and the learning rates of the last t steps of the dense training once more;
 * - `'weights'`: the weights of step k = T - t, a new optimizer state and those learning rates; with t = T, the
 *   default, down to step 0: the lottery ticket;
 * - `'reinitialize'`: the control for lottery tickets: as 'weights', but the kernels drawn anew by the layers'
 *   initializers.
 *
 * So that what a round has trained can be validated and saved, masks and rewinding wait for the first batch of the next
 * round: a `fit` that ends with a round leaves the model trained. The weights that are rewound to are all those of the
 * model, batch normalizations' statistics included; the callback holds them, they are part of its `state()`, and
 * `snapshot` saves them for a callback that goes on after a restart by the same options and `initialStep` alone.
 *
 * Han et al. 2015, https://arxiv.org/abs/1506.02626; Frankle & Carbin 2019, https://arxiv.org/abs/1803.03635; Renda et
 * al. 2020, https://arxiv.org/abs/2003.02389
 *
 * @throws TypeError or RangeError from the constructor where an option is unknown or wrong, or options contradict each
 *     other; from `fit` what `GradualPruning` throws, and where training goes on behind step k without its weights, or
 *     with those of another model.
 *
 * @example
 * // lottery tickets: ten epochs, then 15 rounds that end at 3.6 % of the weights
 * const steps = 10 * batchesPerEpoch;
 * const tickets = new IterativePruning({trainSteps: steps, rounds: 15, rate: 0.2, rates: {output: 0.1}, rewind:
 * 'weights'}); await model.fit(x, y, {epochs: 160, callbacks: [tickets]});
 *
 * @example
 * // learning-rate rewinding, with epochs as steps
 * const learningRate = epoch => 0.1 * (epoch < 20 ? 1 : 0.1);
 * new IterativePruning({trainSteps: 30, rounds: 5, finalSparsity: 0.95, learningRate, stepUnit: 'epoch'});
 */
export class IterativePruning extends ScheduledPruning {
  readonly #trainSteps: number;
  readonly #retrainSteps: number;
  readonly #rounds: number;
  readonly #rewind: Rewind;
  readonly #learningRate: ((step: number) => number) | undefined;
  readonly #allocationAfter: ((round: number) => Allocation) | undefined;
  readonly #place: SnapshotPlace | undefined;
  readonly #layers: ScheduledPruningArgs['layers'];
  #seed: number;
  #snapshot: WeightSnapshot | undefined;
  /** The learning rate of before the fit, while this callback sets it. */
  #ownRate: number | undefined;
  #setRate: number | undefined;

  constructor(args: IterativePruningArgs) {
    const {
      trainSteps,
      retrainSteps = trainSteps,
      rounds,
      rate,
      finalSparsity,
    } = expectOptions('IterativePruning', args, [...OWN_OPTIONS, ...SCHEDULED_PRUNING_OPTIONS]);
    expectInteger('trainSteps', trainSteps, {min: 1});
    expectInteger('retrainSteps', retrainSteps, {min: 1});
    if (retrainSteps > trainSteps) {
      throw new RangeError(
        `Expected \`retrainSteps\` to be at most \`trainSteps\` (${trainSteps}), got ${retrainSteps}`,
      );
    }
    super(
      iterative({rounds, rate, finalSparsity, beginStep: trainSteps, frequency: retrainSteps} as IterativeArgs),
      args,
    );
    this.#trainSteps = trainSteps;
    this.#retrainSteps = retrainSteps;
    this.#rounds = rounds;
    const {learningRate, seed, snapshot} = args;
    this.#rewind = expectRewind(args);
    this.#learningRate = learningRate;
    this.#place = snapshot === undefined ? undefined : expectPlace('snapshot', snapshot);
    this.#layers = args.layers;
    this.#seed = seed === undefined ? Math.floor(Math.random() * 2 ** 31) : expectInteger('seed', seed);
    if (args.rates === undefined) return;
    if (args.allocation) throw new TypeError('IterativePruning expects either `rates` or an `allocation`, got both');
    this.#allocationAfter = allocationByRates(args.rates, rounds);
  }

  /** The round that the next batch belongs to: 0 while the dense model trains, then 1 to `rounds`. */
  get round(): number {
    const begun = Math.floor((this.step - this.#trainSteps) / this.#retrainSteps) + 1;
    return Math.min(Math.max(begun, 0), this.#rounds);
  }

  /** For its learning rate, and to be as new where weights are rewound. */
  override get needsOptimizer(): boolean {
    return this.#learningRate !== undefined || rewindsWeights(this.#rewind);
  }

  override reset(step = 0): void {
    super.reset(step);
    this.#snapshot = undefined;
    if (!this.isTraining) this.#ownRate = this.#setRate = undefined;
  }

  override async state(): Promise<CallbackState> {
    const {json, tensors} = await super.state();
    const names = this.#snapshot?.map(({name}) => name) ?? null;
    const snapshot = this.#snapshot?.map(({values, shape}) => tf.tensor(values, [...shape])) ?? [];
    return {
      json: {
        ...json,
        seed: this.#seed,
        ownRate: this.#ownRate ?? null,
        setRate: this.#setRate ?? null,
        snapshot: names,
      },
      tensors: {...tensors, ...tensorsUnder('snapshot', names ?? [], snapshot)},
    };
  }

  override async onTrainBegin(): Promise<void> {
    if (this.#learningRate) learningRateOf(this.trainedModel.optimizer);
    if (rewindsWeights(this.#rewind) && this.step > this.#rewoundStep && this.step <= this.schedule.endStep)
      await this.#expectSnapshot();
    await super.onTrainBegin();
  }

  override async onBatchBegin(batch: number): Promise<void> {
    await super.onBatchBegin(batch);
    if (!this.#learningRate) return;
    const rate = expectNumber('learningRate(step)', this.#learningRate(this.#scheduledStep), {min: 0});
    const {optimizer} = this.trainedModel;
    this.#ownRate ??= learningRateOf(optimizer);
    this.#setRate = rate;
    if (rate !== learningRateOf(optimizer)) setLearningRate(optimizer, rate);
  }

  /** The learning rate is this callback's as long as it is in the list, unless another one has set it since. */
  protected override release(): void {
    super.release();
    if (this.#setRate === undefined) return;
    const {optimizer} = this.trainedModel;
    if (learningRateOf(optimizer) === this.#setRate) setLearningRate(optimizer, this.#ownRate!);
    this.#ownRate = undefined;
    this.#setRate = undefined;
  }

  protected override async restoring(state: CallbackState): Promise<() => void> {
    const takeOver = await super.restoring(state);
    const {seed, ownRate, setRate, snapshot: names} = state.json as unknown as SavedRounds;
    expectInteger('seed', seed);
    if (ownRate !== null) expectNumber('ownRate', ownRate);
    const stored = names !== null ? await storedUnder('snapshot', {names}, state) : [];
    return () => {
      takeOver();
      this.#seed = seed;
      this.#ownRate = ownRate ?? undefined;
      this.#setRate = setRate ?? undefined;
      this.#snapshot = names?.map((name, i) => ({name, ...stored[i]!}));
    };
  }

  protected override get defersUpdates(): boolean {
    return true;
  }

  protected override async prune(
    step: number,
    pruned: readonly PrunedWeight[],
    seen: EvidenceSource,
  ): Promise<ZeroCount | undefined> {
    if (rewindsWeights(this.#rewind) && step === this.#rewoundStep) await this.#takeSnapshot();
    return super.prune(step, pruned, seen);
  }

  protected override async update(
    pruned: readonly PrunedWeight[],
    sparsity: number,
    _step: number,
    seen: EvidenceSource,
  ): Promise<ZeroCount> {
    const rewind = this.#rewinding(); // what can go wrong with it goes wrong before masks change
    const count = await updateMasks(pruned, sparsity, this.ruleNow, seen);
    rewind();
    return count;
  }

  protected override get ruleNow(): MaskRule {
    const allocation = this.#allocationAfter?.(this.round);
    return allocation ? {...this.rule, allocation} : this.rule;
  }

  /** k: the step whose weights, and at least whose learning rate, come back. */
  get #rewoundStep(): number {
    return this.#trainSteps - this.#retrainSteps;
  }

  /** The step of the dense training whose learning rate is due. */
  get #scheduledStep(): number {
    const {round} = this;
    if (round === 0) return this.step;
    const last = this.#trainSteps - 1;
    if (this.#rewind === 'nothing') return last;
    const begun = this.#trainSteps + (round - 1) * this.#retrainSteps;
    return Math.min(this.#rewoundStep + this.step - begun, last);
  }

  async #takeSnapshot(): Promise<void> {
    this.#snapshot = await takeSnapshot(this.trainedModel);
    if (this.#place !== undefined) await saveSnapshot(this.#snapshot, this.#place);
  }

  async #expectSnapshot(): Promise<void> {
    if (!this.#snapshot && this.#place === undefined) {
      throw new RangeError(
        `IterativePruning goes on at step ${this.step} and will rewind to the weights of step ${this.#rewoundStep}, but has not seen them; ` +
          'go on with the callback that has, or give both the first one and this one a `snapshot` to keep them in',
      );
    }
    this.#snapshot ??= await loadSnapshot(this.#place!);
    expectFitting(this.#snapshot, this.trainedModel);
  }

  #rewinding(): () => void {
    const model = this.trainedModel;
    if (!rewindsWeights(this.#rewind)) return () => undefined;
    const args = {seed: this.#seed + this.round, ...(this.#layers !== undefined && {layers: this.#layers})};
    const drawAnew = this.#rewind === 'reinitialize' ? reinitializer('IterativePruning', model, args) : undefined;
    return () => {
      putBack(this.#snapshot!, model);
      drawAnew?.();
      resetOptimizer(model.optimizer);
    };
  }
}
