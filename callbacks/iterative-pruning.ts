import {iterative, type IterativeArgs} from '../schedules/iterative.js';
import type {Allocation} from '../src/allocations/allocation.js';
import type {LayerSparsities} from '../src/allocations/per-layer.js';
import {allocationByRates} from '../src/allocations/rates.js';
import {reinitializer} from '../src/masks/sanity-checks.js';
import {updateMasks} from '../src/masks/update-masks.js';
import {learningRateOf} from '../src/optimizers/learning-rate.js';
import {resetOptimizer} from '../src/optimizers/slots.js';
import {expectInteger, expectNumber, expectOptions} from '../src/options/expect.js';
import {BorrowedLearningRate} from './families/borrowed-learning-rate.js';
import {expectRewind, rewindsWeights, type Rewind, type RewindArgs} from './families/rewind.js';
import {drawnSeed} from './families/drawn-seed.js';
import {RewindPoint} from './families/rewind-point.js';
import {SCHEDULED_PRUNING_OPTIONS, scheduledPruning, type ScheduledPruningArgs} from './families/scheduled.js';
import type {Method, PrunedTraining} from './method.js';
import {joined} from './parts/state-keeper.js';
import {PruningCallback} from './pruning-callback.js';

/** Options of {@link IterativePruning}: the rate of a round, or the sparsity after the last one. */
export type IterativePruningArgs = ScheduledPruningArgs &
  RewindArgs & {
    /** How many times to prune, at least 1. */
    rounds: number;
    /**
     * Separate rates for some layers, by name, in place of an allocation. Frankle & Carbin prune the output layer at
     * half the rate.
     */
    rates?: LayerSparsities;
    /** With 'reinitialize': a whole number >= 0; the same one draws the same weights. Random by default. */
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
 * Trains, prunes and trains again, in rounds, all in one `fit` of `trainSteps + rounds * retrainSteps` steps. Each
 * round prunes the same fraction of the remaining weights. With T = `trainSteps` and t = `retrainSteps`, a round starts
 * from
 *
 * - `rewind: 'nothing'`: the trained weights, fine-tuned at the last, small learning rate of the dense training;
 * - `'learningRate'`: the trained weights, with the learning rates of the last t steps of the dense training again;
 * - `'weights'`: the weights of step k = T - t, a new optimizer state and those learning rates; with t = T, the
 *   default, this is step 0: the lottery ticket;
 * - `'reinitialize'`: the control for lottery tickets: as 'weights', but with kernels drawn anew by the layers'
 *   initializers.
 *
 * Masks change, and weights are rewound, at the first batch of the next round, so a `fit` that ends with a round leaves
 * the model trained, validated and saved as such. All weights of the model are rewound, the statistics of batch
 * normalizations included. The callback holds them as part of its `state()`; `snapshot` saves them for a new process
 * that continues by the same options and `initialStep` alone.
 *
 * Han et al. 2015, https://arxiv.org/abs/1506.02626; Frankle & Carbin 2019, https://arxiv.org/abs/1803.03635; Renda et
 * al. 2020, https://arxiv.org/abs/2003.02389
 *
 * @throws TypeError or RangeError from the constructor if an option is unknown or wrong, or options contradict each
 *     other; from `fit` what `GradualPruning` throws, and if training continues after step k without the weights of
 *     step k, or with those of another model.
 *
 * @example
 * // lottery tickets: ten epochs, then 15 rounds that end at 3.6 % of the weights
 * const steps = 10 * batchesPerEpoch;
 * const rates = {output: 0.1};
 * const tickets = new IterativePruning({trainSteps: steps, rounds: 15, rate: 0.2, rates, rewind: 'weights'});
 * await model.fit(x, y, {epochs: 160, callbacks: [tickets]});
 *
 * @example
 * // learning-rate rewinding, with epochs as steps
 * const learningRate = epoch => 0.1 * (epoch < 20 ? 1 : 0.1);
 * new IterativePruning({trainSteps: 30, rounds: 5, finalSparsity: 0.95, learningRate, stepUnit: 'epoch'});
 */
export class IterativePruning extends PruningCallback {
  readonly #args: IterativePruningArgs;

  constructor(args: IterativePruningArgs) {
    super(iterativePruning(args), args);
    this.#args = args;
  }

  /** The round that the next batch belongs to: 0 while the dense model trains, then 1 to `rounds`. */
  get round(): number {
    return roundAt(this.#args, this.step);
  }
}

function iterativePruning(args: IterativePruningArgs): Method {
  const schedule = scheduleOf(expectOptions('IterativePruning', args, [...OWN_OPTIONS, ...SCHEDULED_PRUNING_OPTIONS]));
  const {trainSteps, retrainSteps = trainSteps, learningRate, snapshot, seed = drawnSeed()} = args;
  const rewind = expectRewind(args);
  const allocationAfter = allocationsOf(args);
  const point = rewindsWeights(rewind) ? new RewindPoint(trainSteps - retrainSteps, snapshot) : undefined;
  const rate = new BorrowedLearningRate();
  const pruning = scheduledPruning(schedule, args, {
    defersUpdates: true,
    ruleAt: step => (allocationAfter ? {allocation: allocationAfter(roundAt(args, step))} : {}),
    async update(training, sparsity, rule) {
      const goBack = rewinding(training); // what can go wrong with it goes wrong before masks change
      const count = await updateMasks(training.weights, sparsity, rule, training.seen);
      goBack();
      return count;
    },
  });
  const memory = Object.assign(pruning.memory!, {seed: expectInteger('seed', seed)});

  /** Prepares all that can fail of going back, and returns a function that does it. */
  function rewinding({owner, model, step}: PrunedTraining): () => void {
    if (!point) return () => undefined;
    const {layers} = args;
    const drawing = {seed: memory.seed + roundAt(args, step), ...(layers !== undefined && {layers})};
    const redraw = rewind === 'reinitialize' ? reinitializer(owner, model, drawing) : undefined;
    return () => {
      point.putBack(model);
      redraw?.();
      resetOptimizer(model.optimizer);
    };
  }

  return {
    ...pruning,
    needsOptimizer: () => learningRate !== undefined || point !== undefined,
    async prepare(training) {
      if (learningRate) learningRateOf(training.model.optimizer);
      if (training.step <= schedule.endStep) await point?.expectKnown(training);
      await pruning.prepare!(training);
    },
    async atStep(training) {
      await point?.takeIfDue(training);
      return pruning.atStep(training);
    },
    batchBegin({model, step}) {
      if (!learningRate) return;
      const due = learningRate(denseStepAt(args, rewind, step));
      rate.set(model.optimizer, expectNumber('learningRate(step)', due, {min: 0}));
    },
    release: model => rate.giveBack(model.optimizer),
    reset() {
      pruning.reset!();
      rate.reset();
      point?.reset();
    },
    state: () => joined([rate.state(), ...(point ? [point.state()] : [])]),
    async restore(state) {
      rate.restore(state);
      await point?.restore(state);
    },
  };
}

function scheduleOf({trainSteps, retrainSteps = trainSteps, rounds, rate, finalSparsity}: IterativePruningArgs) {
  expectInteger('trainSteps', trainSteps, {min: 1});
  expectInteger('retrainSteps', retrainSteps, {min: 1});
  if (retrainSteps > trainSteps) {
    throw new RangeError(`Expected \`retrainSteps\` to be at most \`trainSteps\` (${trainSteps}), got ${retrainSteps}`);
  }
  return iterative({rounds, rate, finalSparsity, beginStep: trainSteps, frequency: retrainSteps} as IterativeArgs);
}

/** The allocation after each round, if layers have rates of their own. */
function allocationsOf({rates, rounds, allocation}: IterativePruningArgs): ((round: number) => Allocation) | undefined {
  if (rates === undefined) return undefined;
  if (allocation) throw new TypeError('IterativePruning expects either `rates` or an `allocation`, got both');
  return allocationByRates(rates, rounds);
}

function roundAt({trainSteps, retrainSteps = trainSteps, rounds}: IterativePruningArgs, step: number): number {
  const begun = Math.floor((step - trainSteps) / retrainSteps) + 1;
  return Math.min(Math.max(begun, 0), rounds);
}

/** The step of the dense training whose learning rate is due. */
function denseStepAt(args: IterativePruningArgs, rewind: Rewind, step: number): number {
  const {trainSteps, retrainSteps = trainSteps} = args;
  const round = roundAt(args, step);
  if (round === 0) return step;
  const last = trainSteps - 1;
  if (rewind === 'nothing') return last;
  const begun = trainSteps + (round - 1) * retrainSteps;
  return Math.min(trainSteps - retrainSteps + step - begun, last);
}
