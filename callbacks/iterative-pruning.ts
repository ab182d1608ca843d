import {iterative, ROUNDS} from '../schedules/iterative.js';
import type {LayerSparsities} from '../src/allocations/per-layer.js';
import {allocationByRates} from '../src/allocations/rates.js';
import {reinitializer} from '../src/masks/sanity-checks.js';
import {renewMasks} from '../src/masks/update-masks.js';
import {drawnSeed} from '../src/math/random-numbers.js';
import {learningRateOf} from '../src/optimizers/learning-rate.js';
import {resetOptimizer} from '../src/optimizers/slots.js';
import {expectNumber} from '../src/options/expect.js';
import {integer, needs, sparsity, unchecked} from '../src/options/option.js';
import {expectAbsent, expectExactlyOne, read} from '../src/options/read.js';
import type {Args, ExactlyOne, Extended, Values} from '../src/options/table.js';
import {BorrowedLearningRate} from './families/borrowed-learning-rate.js';
import {layOver, overFit} from './families/fit-schedule.js';
import {REWIND, rewindOf, rewindsWeights} from './families/rewind.js';
import {RewindPoint} from './families/rewind-point.js';
import {SCHEDULED_PRUNING, scheduledPruning} from './families/scheduled.js';
import type {Method, PrunedTraining} from './method.js';
import {expectNoLength} from './parts/fit-length.js';
import {joined} from './parts/state-keeper.js';
import {PRUNING, PruningCallback} from './pruning-callback.js';

const OPTIONS = {
  /**
   * The sparsity after the last round, in [0, 1), in rounds that fit the training: the dense training and each round
   * take the same part of it. The first `fit` determines the length of the training; later ones continue it.
   */
  sparsity: sparsity(undefined),
  /** How many times to prune, at least 1. Given unless `sparsity` is; then it defaults to 3. */
  rounds: integer({min: 1}, undefined),
  /**
   * Separate rates for some layers, by name, in place of an allocation. Frankle & Carbin prune the output layer at half
   * the rate.
   */
  rates: unchecked<LayerSparsities>(),
  /** The seed of the weights that `rewind: 'reinitialize'` draws, a whole number >= 0. Drawn by default. */
  seed: needs('rewind', "only 'reinitialize' draws weights", integer({}, drawnSeed)),
};

/** Options of {@link IterativePruning}: the rate of a round, or the sparsity after the last one. */
export type IterativePruningArgs = ExactlyOne<
  Args<Extended<typeof SCHEDULED_PRUNING & typeof PRUNING & typeof REWIND & typeof ROUNDS, typeof OPTIONS>>,
  (typeof TARGETS)[number]
>;

const TARGETS = ['rate', 'finalSparsity', 'sparsity'] as const;

/**
 * Trains, prunes and trains again, in rounds, all in one `fit` of `trainSteps + rounds * retrainSteps` steps. Each
 * round prunes the same fraction of the remaining weights. With T = `trainSteps` and t = `retrainSteps`, a round starts
 * from
 *
 * - `rewind: 'nothing'`: the trained weights, fine-tuned at the last, small learning rate of the dense training;
 * - `'learningRate'`: the trained weights, with the learning rates of the last t steps of the dense training again;
 * - `'weights'`: the weights of step k = T - t, a new optimizer state and those learning rates; with t = T, the
 *   default, this is step 0: the lottery ticket;
 * - `'reinitialize'`: the control for lottery tickets: as 'weights', but with new kernels drawn by the layers'
 *   initializers.
 *
 * `sparsity` alone lays the rounds over the fit: `rounds` of them, 3 by default, after a dense training that is as long
 * as each. What is left of the fit after equal parts belongs to the last round.
 *
 * Masks change, and weights are rewound, at the first batch of the next round, so a `fit` that ends with a round leaves
 * the trained model, and validates and saves it. All weights of the model are rewound, the statistics of batch
 * normalizations included. The callback keeps them in its `state()`; `snapshot` saves them for a new process that
 * continues with nothing but the same options and `initialStep`.
 *
 * Han et al. 2015, https://arxiv.org/abs/1506.02626; Frankle & Carbin 2019, https://arxiv.org/abs/1803.03635; Renda et
 * al. 2020, https://arxiv.org/abs/2003.02389
 *
 * @throws TypeError or RangeError from the constructor if an option is unknown or wrong, or options contradict each
 *     other; from `fit` what `GradualPruning` throws, and if training continues after step k without the weights of
 *     step k, or with those of another model.
 *
 * @example
 * await model.fit(x, y, {epochs: 20, callbacks: [new IterativePruning({sparsity: 0.9})]}); // prunes after 5, 10, 15
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
  readonly #plan: Plan;

  constructor(args: IterativePruningArgs) {
    const plan = planOf(args);
    super(iterativePruning(plan), args);
    this.#plan = plan;
  }

  /** The round that the next batch belongs to: 0 while the dense model trains, then 1 to `rounds`. */
  get round(): number {
    return roundAt(this.#plan, this.step);
  }
}

type Plan = ReturnType<typeof planOf>;

/** The options, checked and with all defaults, and what follows from them. */
function planOf(args: IterativePruningArgs) {
  const given = read(OWNER, args, {...REWIND, ...ROUNDS, ...SCHEDULED_PRUNING, ...PRUNING, ...OPTIONS});
  const {sparsity, rates} = given;
  if (rates !== undefined) expectAbsent(OWNER, args, ['allocation'], 'with `rates`, which take its place');
  const {rounds, schedule, ...steps} = sparsity === undefined ? givenRounds(given) : fittedRounds(given, sparsity);
  const options = rewindOf(OWNER, {...given, ...steps});
  return {
    ...options,
    rounds,
    schedule,
    allocationAfter: rates === undefined ? undefined : allocationByRates(rates, rounds),
  };
}

const OWNER = 'IterativePruning';

type Options = Values<
  Extended<typeof SCHEDULED_PRUNING & typeof PRUNING & typeof REWIND & typeof ROUNDS, typeof OPTIONS>
>;

/** Rounds of whole steps. */
function givenRounds(options: Options) {
  const {stepUnit, rate, finalSparsity, retrainSteps} = options;
  if (stepUnit === 'fit') {
    throw new TypeError(
      `${OWNER} counts \`trainSteps\` and \`retrainSteps\` in whole batches or epochs, not as fractions of the fit; ` +
        'for rounds that fit the training give `sparsity`, and `rounds`, alone',
    );
  }
  const trainSteps = REWIND.trainSteps.check('trainSteps', options.trainSteps!);
  const rounds = ROUNDS.rounds.check('rounds', options.rounds!);
  expectExactlyOne(OWNER, options, TARGETS);
  expectNoLength(OWNER, options);
  const target = rate === undefined ? {finalSparsity: finalSparsity!} : {rate};
  const schedule = iterative({rounds, ...target, beginStep: trainSteps, frequency: retrainSteps ?? trainSteps});
  return {rounds, schedule, trainSteps: trainSteps};
}

/** Rounds in equal parts of the fit; how long they are is known when it begins. */
function fittedRounds(options: Options, finalSparsity: number) {
  const {stepUnit, rounds = 3} = options;
  expectExactlyOne(OWNER, options, TARGETS);
  const why = 'with `sparsity`, which lays the rounds over the fit';
  expectAbsent(OWNER, options, ['trainSteps', 'retrainSteps'], why);
  if (stepUnit !== 'fit') expectAbsent(OWNER, options, ['stepUnit'], why);
  const part = 1 / (rounds + 1);
  const schedule = overFit(iterative({rounds, finalSparsity, beginStep: part, frequency: part}));
  return {rounds, schedule, trainSteps: Infinity};
}

/** Says how long the parts of a training are, and returns the training without what is left after equal parts. */
function layRounds(plan: Plan, training: PrunedTraining): PrunedTraining {
  const {stepsOfFit: steps} = training;
  if (plan.sparsity === undefined || steps === undefined) return training;
  const parts = plan.rounds + 1;
  const part = Math.floor(steps / parts);
  if (part === 0) {
    throw new RangeError(
      `${OWNER} trains ${parts} times in a fit of ${steps} steps; give it fewer \`rounds\`, or train for longer`,
    );
  }
  Object.assign(plan, {trainSteps: part, retrainSteps: part});
  return {...training, stepsOfFit: part * parts};
}

function iterativePruning(plan: Plan): Method {
  const {learningRate, rewind, schedule, allocationAfter} = plan;
  const rewindsTo = plan.sparsity === undefined ? plan.trainSteps - plan.retrainSteps : 0;
  const point = rewindsWeights(rewind) ? new RewindPoint(rewindsTo, plan.snapshot) : undefined;
  const rate = new BorrowedLearningRate();
  const pruning = scheduledPruning(schedule, plan, {
    defersUpdates: true,
    ruleAt: step => (allocationAfter ? {allocation: allocationAfter(roundAt(plan, step))} : {}),
    async update(training, sparsity, rule) {
      const goBack = rewinding(training); // throws what can go wrong before masks change
      const count = await renewMasks(training.weights, sparsity, rule, training.seen);
      goBack();
      return count;
    },
  });
  const memory = Object.assign(pruning.memory!, {seed: plan.seed});

  /** Prepares the rewinding as far as it can fail, and returns a function that does it. */
  function rewinding({owner, model, step}: PrunedTraining): () => void {
    if (!point) return () => undefined;
    const drawing = {seed: memory.seed + roundAt(plan, step), layers: plan.layers};
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
    async prepare(fit) {
      const training = layRounds(plan, fit);
      if (learningRate) learningRateOf(training.model.optimizer);
      layOver(schedule, training);
      if (training.step <= schedule.endStep) await point?.expectKnown(training);
      await pruning.prepare!(training);
    },
    async atStep(training) {
      await point?.takeIfDue(training);
      return pruning.atStep(training);
    },
    batchBegin({model, step}) {
      if (!learningRate) return;
      const dense = denseStepAt(plan, step);
      const due = learningRate(plan.sparsity === undefined ? dense : dense / plan.trainSteps);
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

function roundAt({trainSteps, retrainSteps, rounds}: Plan, step: number): number {
  if (step < trainSteps) return 0;
  const begun = Math.floor((step - trainSteps) / retrainSteps) + 1;
  return Math.min(begun, rounds);
}

/** The step of the dense training whose learning rate applies. */
function denseStepAt(plan: Plan, step: number): number {
  const {trainSteps, retrainSteps, rewind} = plan;
  const round = roundAt(plan, step);
  if (round === 0) return step;
  const last = trainSteps - 1;
  if (rewind === 'nothing') return last;
  const begun = trainSteps + (round - 1) * retrainSteps;
  return Math.min(trainSteps - retrainSteps + step - begun, last);
}
