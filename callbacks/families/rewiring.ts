import * as tf from '@tensorflow/tfjs-core';
import {constantSparsity} from '../../schedules/constant-sparsity.js';
import {cosineDecay} from '../../schedules/cosine-decay.js';
import {expectGrid, isOnGrid, type SparsitySchedule} from '../../schedules/sparsity-schedule.js';
import {expectScores} from '../../src/masks/expect-groups.js';
import {expectFinite} from '../../src/masks/score-weight.js';
import type {PlacedWeight} from '../../src/masks/placed-weights.js';
import {rewireMasks, type Rewiring} from '../../src/masks/rewire-masks.js';
import {valuesOf} from '../../src/masks/zero-count.js';
import {countOf} from '../../src/math/count-of.js';
import {dropSmallest, growLargest} from '../../src/math/rewiring.js';
import {number, oneOf} from '../../src/options/option.js';
import type {Args, Extended, Values} from '../../src/options/table.js';
import {slotsOf, type Slot} from '../../src/optimizers/slots.js';
import type {Method, Observation, PrunedTraining} from '../method.js';
import {PRUNING} from '../pruning-callback.js';
import {layOver, overFit} from './fit-schedule.js';
import {REWIRING_STEPS, rewiringSteps, type RewiringSteps} from './rewiring-steps.js';
import {SPARSE_TRAINING, sparseTraining} from './sparse-training.js';

const OPTIONS = {
  /**
   * The fraction of a layer's kept weights to drop at each rewiring, in [0, 1). A layer drops at most as many weights
   * as it has zeros, so a dense layer is left alone. Defaults to 0.3.
   */
  dropFraction: number({min: 0, max: 1}, 0.3),
  /**
   * How that fraction develops: 'constant', or 'cosine', half a cosine that falls to 0 at `endStep`:
   * `dropFraction / 2 * (1 + cos(pi * step / endStep))`. Defaults to 'cosine'.
   */
  decay: oneOf(['constant', 'cosine'], 'cosine'),
};

/** The options of every callback that moves connections while a sparse model trains. */
export const DYNAMIC_SPARSE_TRAINING: Extended<typeof SPARSE_TRAINING, typeof PRUNING> &
  typeof REWIRING_STEPS &
  typeof OPTIONS = {...SPARSE_TRAINING, ...PRUNING, ...REWIRING_STEPS, ...OPTIONS};

/** Options of every callback that moves connections while a sparse model trains. */
export type DynamicSparseTrainingArgs = Args<typeof DYNAMIC_SPARSE_TRAINING>;

/** A training at the moment of a rewiring. */
export interface RewiringTime extends PrunedTraining {
  /** The seed of all random choices. */
  readonly seed: number;
}

/** A weight at a rewiring, before its new connections are chosen. */
export interface DroppedWeight extends Omit<Rewiring, 'grown'> {
  /** The larger, the sooner a connection grows there: numbers >= 0. */
  readonly scores: Float32Array;
}

/** What distinguishes a method from others that move connections. */
export interface WayOfRewiring {
  /**
   * Where connections grow: where this is largest in magnitude. Called inside `tf.tidy`.
   *
   * @param slots what the optimizer remembers of the weight.
   */
  readonly growthSignal: (one: PlacedWeight, time: RewiringTime, slots: readonly Slot[]) => tf.Tensor;
  /** Which of the kept weights survive when a fraction of them is dropped. Defaults to the largest in magnitude. */
  readonly drop?: (weights: Float32Array, kept: Uint8Array, fraction: number) => Uint8Array;
  /** The values that grown weights start at, one for each place of the weight. Defaults to zero. */
  readonly startValues?: (one: PlacedWeight, time: RewiringTime) => Float32Array | undefined;
  /** How many weights are grown in each layer. Defaults to as many as were dropped there. */
  readonly growthCounts?: (dropped: readonly DroppedWeight[]) => number[];
  /** The criterion that observes the batches before each rewiring, and how many batches. */
  readonly observes?: Omit<Observation, 'updates'>;
}

/**
 * A method that moves connections while a sparse model trains: every `frequency` steps it drops some kept weights, and
 * grows as many among those that are not kept then. A weight that was just dropped may grow again. The optimizer's
 * slots of dropped and grown weights are reset.
 *
 * @param frequency the default of the option, in batches or epochs.
 * @throws TypeError or RangeError if the steps are of another unit than `stepUnit` says.
 */
export function rewiring(
  owner: string,
  options: Values<typeof DYNAMIC_SPARSE_TRAINING>,
  way: WayOfRewiring,
  frequency = 1,
): Method {
  const {isFitted, ...steps} = rewiringSteps(owner, options, frequency);
  const inUnit = dropSchedule({...options, ...steps});
  const schedule = isFitted ? overFit(inUnit) : inUnit;
  const {drop = dropSmallest, growthCounts = dropped => dropped.map(droppedCount)} = way;
  const method = sparseTraining(options, async (training, seed) => {
    if (!schedule.updatesAt(training.step)) return undefined;
    const time = {...training, seed};
    const slots = slotsOf(training.model);
    const dropped: DroppedWeight[] = [];
    for (const one of training.weights) {
      const scores = await magnitudes(one.name, () => way.growthSignal(one, time, slots.get(one.weight.kernel) ?? []));
      dropped.push({...(await dropFrom(one, schedule.sparsityAt(training.step), drop)), scores});
    }
    const counts = growthCounts(dropped);
    const rewirings = dropped.map((one, i) => ({
      ...one,
      grown: growLargest(one.scores, one.survivors, counts[i]!),
      startValues: way.startValues?.(training.weights[i]!, time),
    }));
    return rewireMasks(rewirings, slots);
  });
  const observes = way.observes && {...way.observes, updates: schedule};
  return {
    ...method,
    ...(isFitted && {stepUnit: 'fit'}),
    needsOptimizer: () => true,
    observes,
    async prepare(training) {
      layOver(schedule, training);
      await method.prepare!(training);
    },
  };
}

/** The fraction to drop at each step. */
export function dropSchedule(options: Values<typeof OPTIONS> & Omit<RewiringSteps, 'isFitted'>): SparsitySchedule {
  const {dropFraction, decay, endStep, frequency, beginStep = frequency} = options;
  if (options.beginStep === undefined && endStep < beginStep) throw tooEarly(endStep, frequency);
  const grid = expectGrid({beginStep, endStep, frequency});
  const curve =
    decay === 'constant'
      ? constantSparsity({targetSparsity: dropFraction})
      : cosineDecay({initialSparsity: dropFraction, finalSparsity: 0, endStep});
  return {
    ...curve,
    endStep,
    updatesAt: (step, previous) => isOnGrid(grid, step, previous) && curve.sparsityAt(step) > 0,
  };
}

/** The number of dropped weights. */
export function droppedCount({kept, survivors}: Pick<Rewiring, 'kept' | 'survivors'>): number {
  return countOf(kept, 1) - countOf(survivors, 1);
}

async function magnitudes(name: string, signal: () => tf.Tensor): Promise<Float32Array> {
  const sizes = tf.tidy(() => tf.abs(signal()));
  const scores = await valuesOf(sizes);
  sizes.dispose();
  expectScores(name, scores);
  expectFinite(name, scores);
  return scores;
}

async function dropFrom(
  {weight, name}: PlacedWeight,
  fraction: number,
  drop: NonNullable<WayOfRewiring['drop']>,
): Promise<Omit<Rewiring, 'grown'>> {
  const weights = await valuesOf(weight.kernel.read());
  expectScores(name, weights);
  expectFinite(name, weights);
  const kept = new Uint8Array(await weight.maskValues());
  const most = countOf(kept, 0) / countOf(kept, 1);
  return {weight, kept, survivors: drop(weights, kept, Math.min(fraction, most))};
}

/** The error for a default `beginStep` that is too late; it says where the default is from. */
function tooEarly(endStep: number, frequency: number): RangeError {
  return new RangeError(
    `Expected \`endStep\` to be at least \`beginStep\`, which is \`frequency\` (${frequency}) if it is not given, ` +
      `got ${endStep}; give a smaller \`frequency\`, or a \`beginStep\``,
  );
}
