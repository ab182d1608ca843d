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
import {expectInteger, expectNumber, expectOneOf} from '../../src/options/expect.js';
import {slotsOf, type Slot} from '../../src/optimizers/slots.js';
import type {Method, Observation, PrunedTraining} from '../method.js';
import {SPARSE_TRAINING_OPTIONS, sparseTraining, type SparseTrainingArgs} from './sparse-training.js';

/** What all callbacks take that move connections while a sparse model trains. */
export interface DynamicSparseTrainingArgs extends SparseTrainingArgs {
  /**
   * Which fraction of a layer's kept weights is dropped at a rewiring, in [0, 1); no more than the layer has zeros, so
   * that a dense one is left alone. Defaults to 0.3.
   */
  dropFraction?: number;
  /**
   * What becomes of that fraction: 'constant', or along half a 'cosine' from step 0 to 0 at `endStep`,
   * `dropFraction / 2 * (1 + cos(pi * step / endStep))`.
   */
  decay?: 'constant' | 'cosine';
  /** The first step at which connections may move, at least 1. Defaults to `frequency`. */
  beginStep?: number;
  /** The last step at which connections may move; what is grown then still has to be trained. */
  endStep: number;
  /** Steps between two rewirings. */
  frequency?: number;
}

/** The option names, for the checks. */
export const DYNAMIC_SPARSE_TRAINING_OPTIONS = [
  ...SPARSE_TRAINING_OPTIONS,
  'dropFraction',
  'decay',
  'beginStep',
  'endStep',
  'frequency',
] as const;

/** A rewiring as a way of rewiring sees it. */
export interface RewiringTime extends PrunedTraining {
  /** What all chance follows from. */
  readonly seed: number;
}

/** A weight at a rewiring, before its new connections are chosen. */
export interface DroppedWeight extends Omit<Rewiring, 'grown'> {
  /** The larger, the sooner a connection grows there: numbers >= 0. */
  readonly scores: Float32Array;
}

/** In what a method differs from others that move connections. */
export interface WayOfRewiring {
  /** What it does if nothing else is asked for. */
  readonly defaults: Required<Pick<DynamicSparseTrainingArgs, 'decay' | 'frequency' | 'stepUnit'>>;
  /**
   * What tells where a weight grows: in the places where it is largest in magnitude. Called inside `tf.tidy`.
   *
   * @param slots what the optimizer remembers of the weight.
   */
  readonly growthSignal: (one: PlacedWeight, time: RewiringTime, slots: readonly Slot[]) => tf.Tensor;
  /** Which of the kept weights survive when a fraction of them is dropped. Defaults to the largest in magnitude. */
  readonly drop?: (weights: Float32Array, kept: Uint8Array, fraction: number) => Uint8Array;
  /** What weights start at where they grow, a value for each place. Defaults to zero. */
  readonly startValues?: (one: PlacedWeight, time: RewiringTime) => Float32Array | undefined;
  /** How many weights are grown in each layer. Defaults to as many as were dropped there. */
  readonly growthCounts?: (dropped: readonly DroppedWeight[]) => number[];
  /** What observes the batches before each rewiring, and how many of them. */
  readonly observes?: Omit<Observation, 'updates'>;
}

/**
 * A method that moves connections while a sparse model trains: every `frequency` steps some kept weights are dropped,
 * and as many are grown among those that are not kept. What was dropped just now may come back; the optimizer has
 * forgotten what it knew of the weights that are dropped and grown.
 *
 * @param args whose names were checked.
 */
export function rewiring(args: DynamicSparseTrainingArgs, way: WayOfRewiring): Method {
  const schedule = dropSchedule(args, way.defaults);
  const {drop = dropSmallest, growthCounts = asManyAsDropped} = way;
  const method = sparseTraining(args, async (training, seed) => {
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
  return {...method, stepUnit: way.defaults.stepUnit, needsOptimizer: () => true, observes};
}

/** Which fraction is dropped at which step. */
export function dropSchedule(
  args: DynamicSparseTrainingArgs,
  defaults: Pick<WayOfRewiring['defaults'], 'decay' | 'frequency'>,
): SparsitySchedule {
  const {dropFraction = 0.3, decay = defaults.decay, endStep, frequency = defaults.frequency} = args;
  expectNumber('dropFraction', dropFraction, {min: 0, max: 1});
  expectOneOf('decay', decay, ['constant', 'cosine']);
  expectInteger('frequency', frequency, {min: 1});
  const {beginStep = frequency} = args;
  // At step 0 nothing has been learned that a rewiring could go by.
  expectInteger('beginStep', beginStep, {min: 1});
  expectInteger('endStep', endStep);
  if (args.beginStep === undefined && endStep < beginStep) throw tooEarly(endStep, frequency);
  const grid = expectGrid({beginStep, endStep, frequency});
  const curve =
    decay === 'constant'
      ? constantSparsity({targetSparsity: dropFraction})
      : cosineDecay({initialSparsity: dropFraction, finalSparsity: 0, endStep});
  return {...curve, endStep, updatesAt: step => isOnGrid(step, grid) && curve.sparsityAt(step) > 0};
}

/** How many weights were dropped. */
export function droppedCount({kept, survivors}: Pick<Rewiring, 'kept' | 'survivors'>): number {
  return countOf(kept, 1) - countOf(survivors, 1);
}

function asManyAsDropped(dropped: readonly DroppedWeight[]): number[] {
  return dropped.map(droppedCount);
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

/** Of a first step that nobody has given, the error says where it is from. */
function tooEarly(endStep: number, frequency: number): RangeError {
  return new RangeError(
    `Expected \`endStep\` to be at least \`beginStep\`, which is \`frequency\` (${frequency}) if it is not given, ` +
      `got ${endStep}; give a smaller \`frequency\`, or a \`beginStep\``,
  );
}
