import {iterative, type IterativeArgs} from '../schedules/iterative.js';
import type {LayerScores} from '../src/allocations/allocation.js';
import {entriesOf, perLayer, type LayerSparsities} from '../src/allocations/per-layer.js';
import {updateMasks, type MaskRule, type PrunedWeight, type ZeroCount} from '../src/masks/update-masks.js';
import {expectInteger, expectNumber, expectOneOf, expectOptions, received} from '../src/math/expect.js';
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
import {SCHEDULED_PRUNING_OPTIONS, ScheduledPruning, type ScheduledPruningArgs} from './scheduled-pruning.js';

/** What each round begins with, beside its masks; see {@link IterativePruning}. */
export type Rewind = 'nothing' | 'learningRate' | 'weights' | 'reinitialize';

/** Options of {@link IterativePruning}: the rate of a round, or the sparsity after the last one. */
export type IterativePruningArgs = ScheduledPruningArgs & {
  /** T: the steps that the dense model trains before the first pruning, at least 1. */
  trainSteps: number;
  /** t: the steps of training after each pruning, in [1, trainSteps]. Defaults to `trainSteps`, down to step 0. */
  retrainSteps?: number;
  /** How many times weights are pruned, at least 1. */
  rounds: number;
  /** Defaults to 'learningRate' where a `learningRate` is given, else to 'nothing'. */
  rewind?: Rewind;
  /**
   * The learning rate at each step of the dense training, from 0 to `trainSteps - 1`; a number in [0, Infinity). By default
   * the optimizer's own stays.
   */
  learningRate?: (step: number) => number;
  /** Rates of their own for some layers, by name; they take the place of an allocation. Frankle & Carbin give the output half. */
  rates?: LayerSparsities;
  /** Where the weights to be rewound to are saved as soon as they are noted, so that a run can go on after a restart. */
  snapshot?: SnapshotPlace;
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

/**
 * Trains, prunes and trains again, in rounds, all in one `fit` of `trainSteps + rounds * retrainSteps` steps; each round prunes
 * the same fraction of what remains. With T = `trainSteps` and t = `retrainSteps`, each begins, beside its masks, with
 *
 * - `rewind: 'nothing'`: what was trained, to be fine-tuned at the last, small learning rate of the dense training;
 * - `'learningRate'`: what was trained, and the learning rates of the last t steps of the dense training once more;
 * - `'weights'`: the weights of step k = T - t, a new optimizer state and those learning rates; with t = T, the default, down to
 *   step 0: the lottery ticket;
 * - `'reinitialize'`: the control for lottery tickets: as 'weights', but the kernels drawn anew by the layers' initializers.
 *
 * So that what a round has trained can be validated and saved, masks and rewinding wait for the first batch of the next round:
 * a `fit` that ends with a round leaves the model trained. The weights that are rewound to are all those of the model, batch
 * normalizations' statistics included; the callback holds them, and `snapshot` saves them for a callback that goes on after a
 * restart, by the same options and `initialStep`.
 *
 * Han et al. 2015, https://arxiv.org/abs/1506.02626; Frankle & Carbin 2019, https://arxiv.org/abs/1803.03635; Renda et al.
 * 2020, https://arxiv.org/abs/2003.02389
 *
 * @throws TypeError or RangeError from the constructor where an option is unknown or wrong, or options contradict each other;
 *     from `fit` what `GradualPruning` throws, and where training goes on behind step k without its weights, or with those of another
 *     model.
 *
 * @example
 * // lottery tickets: ten epochs, then 15 rounds that end at 3.6 % of the weights
 * const steps = 10 * batchesPerEpoch;
 * const tickets = new IterativePruning({trainSteps: steps, rounds: 15, rate: 0.2, rates: {output: 0.1}, rewind: 'weights'});
 * await model.fit(x, y, {epochs: 160, callbacks: [tickets]});
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
  #ruleAt: (round: number, sparsity: number) => MaskRule;
  readonly #place: SnapshotPlace | undefined;
  readonly #layers: ScheduledPruningArgs['layers'];
  readonly #seed: number;
  #snapshot: WeightSnapshot | undefined;

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
    this.#ruleAt = () => this.rule;
    if (args.rates === undefined) return;
    if (args.allocation) throw new TypeError('IterativePruning expects either `rates` or an `allocation`, got both');
    this.#ruleAt = this.#byRates(args.rates);
  }

  /** The round that the next batch belongs to: 0 while the dense model trains, then 1 to `rounds`. */
  get round(): number {
    const begun = Math.floor((this.step - this.#trainSteps) / this.#retrainSteps) + 1;
    return Math.min(Math.max(begun, 0), this.#rounds);
  }

  override reset(step = 0): void {
    super.reset(step);
    this.#snapshot = undefined;
  }

  override async onTrainBegin(): Promise<void> {
    if (this.#learningRate) learningRateOf(this.trainedModel.optimizer);
    if (this.#rewindsWeights && this.step > this.#rewoundStep && this.step <= this.schedule.endStep)
      await this.#expectSnapshot();
    await super.onTrainBegin();
  }

  override async onBatchBegin(batch: number): Promise<void> {
    await super.onBatchBegin(batch);
    if (!this.#learningRate) return;
    const rate = expectNumber('learningRate(step)', this.#learningRate(this.#scheduledStep), {min: 0});
    const {optimizer} = this.trainedModel;
    if (rate !== learningRateOf(optimizer)) setLearningRate(optimizer, rate);
  }

  protected override get defersUpdates(): boolean {
    return true;
  }

  protected override async prune(step: number, pruned: readonly PrunedWeight[]): Promise<ZeroCount | undefined> {
    if (this.#rewindsWeights && step === this.#rewoundStep) await this.#takeSnapshot();
    return super.prune(step, pruned);
  }

  protected override async update(pruned: readonly PrunedWeight[], sparsity: number): Promise<ZeroCount> {
    const rewind = this.#rewinding(); // what can go wrong with it goes wrong before masks change
    const count = await updateMasks(pruned, sparsity, this.#ruleAt(this.round, sparsity));
    rewind();
    return count;
  }

  get #rewindsWeights(): boolean {
    return this.#rewind === 'weights' || this.#rewind === 'reinitialize';
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

  /** Each layer at what its own rate has left after so many rounds, all others at the sparsity that is asked for. */
  #byRates(rates: LayerSparsities): (round: number, sparsity: number) => MaskRule {
    const entries = entriesOf(rates);
    const ruleAt = (round: number, others: number) => {
      const sparsities = entries.map(([name, own]) => [name, 1 - (1 - own) ** round] as const);
      const allocation = perLayer(sparsities, {default: others});
      const sparsest = Math.max(others, ...sparsities.map(([, sparsity]) => sparsity));
      return {...this.rule, allocation: (layers: readonly LayerScores[]) => allocation(layers, sparsest)};
    };
    expectRest(entries, this.#rounds);
    ruleAt(this.#rounds, this.schedule.sparsityAt(this.schedule.endStep)); // says what else is wrong with the rates
    return ruleAt;
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
    if (!this.#rewindsWeights) return () => undefined;
    const args = {seed: this.#seed + this.round, ...(this.#layers !== undefined && {layers: this.#layers})};
    const drawAnew = this.#rewind === 'reinitialize' ? reinitializer('IterativePruning', model, args) : undefined;
    return () => {
      putBack(this.#snapshot!, model);
      drawAnew?.();
      resetOptimizer(model.optimizer);
    };
  }
}

/** Expects rates that leave something. */
function expectRest(rates: readonly (readonly [string | RegExp, number])[], rounds: number): void {
  const emptied = rates.find(([, rate]) => 1 - (1 - rate) ** rounds === 1);
  if (!emptied) return;
  throw new RangeError(
    `Expected \`rates\` to leave something after ${rounds} rounds, got ${emptied[1]} for "${String(emptied[0])}"`,
  );
}

/** Expects a way to rewind that goes together with the other options. */
function expectRewind({
  trainSteps,
  retrainSteps = trainSteps,
  learningRate,
  snapshot,
  rewind,
}: IterativePruningArgs): Rewind {
  if (learningRate !== undefined && typeof learningRate !== 'function') {
    throw new TypeError(`Expected \`learningRate\` to be a function of the step, got ${received(learningRate)}`);
  }
  const chosen = rewind ?? (learningRate ? 'learningRate' : 'nothing');
  expectOneOf('rewind', chosen, ['nothing', 'learningRate', 'weights', 'reinitialize']);
  if (chosen === 'learningRate' && !learningRate) {
    throw new TypeError("Expected a `learningRate` to be rewound by `rewind: 'learningRate'`, got undefined");
  }
  if (chosen === 'reinitialize' && retrainSteps !== trainSteps) {
    throw new RangeError(
      `Expected \`retrainSteps\` to be \`trainSteps\` (${trainSteps}) with \`rewind: 'reinitialize'\`, got ${retrainSteps}: ` +
        'weights that are new have not been trained',
    );
  }
  if (snapshot !== undefined && chosen !== 'weights' && chosen !== 'reinitialize') {
    throw new TypeError(`Expected no \`snapshot\` with \`rewind: '${chosen}'\`, which rewinds no weights`);
  }
  return chosen;
}
