import * as tf from '@tensorflow/tfjs-core';
import {constantSparsity} from '../schedules/constant-sparsity.js';
import {cosineDecay} from '../schedules/cosine-decay.js';
import {expectGrid, isOnGrid, type SparsitySchedule} from '../schedules/sparsity-schedule.js';
import {countOf} from '../src/math/count-of.js';
import {expectInteger, expectNumber, expectOneOf} from '../src/options/expect.js';
import {dropSmallest, growLargest} from '../src/math/rewiring.js';
import {slotsOf, type Slot} from '../src/optimizers/slots.js';
import {rewireMasks, type Rewiring} from '../src/masks/rewire-masks.js';
import {expectScores} from '../src/masks/expect-groups.js';
import {expectFinite} from '../src/masks/score-weight.js';
import type {Evidence} from '../src/passes/evidence.js';
import type {PrunedWeight} from '../src/masks/pruned-weight.js';
import {valuesOf, type ZeroCount} from '../src/masks/zero-count.js';
import {SPARSE_TRAINING_OPTIONS, SparseTraining, type SparseTrainingArgs} from './sparse-training.js';

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

/** What a method does where nothing else is asked for. */
export type RewiringDefaults = Required<Pick<DynamicSparseTrainingArgs, 'decay' | 'frequency' | 'stepUnit'>>;

/** The option names, for the checks. */
export const DYNAMIC_SPARSE_TRAINING_OPTIONS = [
  ...SPARSE_TRAINING_OPTIONS,
  'dropFraction',
  'decay',
  'beginStep',
  'endStep',
  'frequency',
] as const;

/** A weight at a rewiring, before its new connections are chosen. */
export interface DroppedWeight extends Omit<Rewiring, 'grown'> {
  /** The larger, the sooner a connection grows there: numbers >= 0. */
  readonly scores: Float32Array;
}

/**
 * What the callbacks share that move connections while a sparse model trains: every `frequency` steps some kept weights
 * are dropped, and as many are grown among those that are not kept. What was dropped just now may come back; whatever
 * grows starts at zero, unless a method says otherwise, and the optimizer has forgotten what it knew of it. A method
 * says what is dropped, where it grows, and how much in which layer.
 */
export abstract class DynamicSparseTraining extends SparseTraining {
  /** Which fraction is dropped at which step. */
  protected readonly dropSchedule: SparsitySchedule;

  /** @param args whose names were checked. */
  constructor(args: DynamicSparseTrainingArgs, defaults: RewiringDefaults) {
    const {stepUnit = defaults.stepUnit} = args;
    super({...args, stepUnit});
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
    this.dropSchedule = {...curve, endStep, updatesAt: step => isOnGrid(step, grid) && curve.sparsityAt(step) > 0};
  }

  /** It forgets what it knew of weights that are dropped and grown. */
  override get needsOptimizer(): boolean {
    return true;
  }

  protected override async rewire(
    step: number,
    pruned: readonly PrunedWeight[],
    evidence?: Evidence,
  ): Promise<ZeroCount | undefined> {
    if (!this.dropSchedule.updatesAt(step)) return undefined;
    const fraction = this.dropSchedule.sparsityAt(step);
    const slots = slotsOf(this.trainedModel);
    const dropped: DroppedWeight[] = [];
    for (const one of pruned) {
      const scores = await scoresOf(one, () =>
        this.growthSignal(one, step, slots.get(one.weight.kernel) ?? [], evidence?.get(one.weight)),
      );
      dropped.push({...(await this.#dropFrom(one, fraction)), scores});
    }
    const counts = this.growthCounts(dropped);
    const rewirings = dropped.map((one, i) => ({
      ...one,
      grown: growLargest(one.scores, one.survivors, counts[i]!),
      startValues: this.startValues(pruned[i]!, step),
    }));
    return rewireMasks(rewirings, slots);
  }

  /**
   * What tells where a weight grows: in the places where it is largest in magnitude. Called inside `tf.tidy`.
   *
   * @param slots what the optimizer remembers of the weight.
   * @param seen what the criterion has observed of the weight.
   */
  protected abstract growthSignal(one: PrunedWeight, step: number, slots: readonly Slot[], seen?: tf.Tensor): tf.Tensor;

  /** Which of the kept weights survive when that fraction of them is dropped: by default the largest in magnitude. */
  protected drop(weights: Float32Array, kept: Uint8Array, fraction: number): Uint8Array {
    return dropSmallest(weights, kept, fraction);
  }

  /** What weights start at where they grow, a value for each place: by default zero. */
  protected startValues(_one: PrunedWeight, _step: number): Float32Array | undefined {
    return undefined;
  }

  /** How many weights are grown in each layer: by default as many as were dropped there. */
  protected growthCounts(dropped: readonly DroppedWeight[]): number[] {
    return dropped.map(droppedCount);
  }

  async #dropFrom({weight, name}: PrunedWeight, fraction: number): Promise<Omit<Rewiring, 'grown'>> {
    const weights = await valuesOf(weight.kernel.read());
    expectScores(name, weights);
    expectFinite(name, weights);
    const kept = new Uint8Array(await weight.maskValues());
    const most = countOf(kept, 0) / countOf(kept, 1);
    return {weight, kept, survivors: this.drop(weights, kept, Math.min(fraction, most))};
  }
}

async function scoresOf({name}: PrunedWeight, growthSignal: () => tf.Tensor): Promise<Float32Array> {
  const sizes = tf.tidy(() => tf.abs(growthSignal()));
  const scores = await valuesOf(sizes);
  sizes.dispose();
  expectScores(name, scores);
  expectFinite(name, scores);
  return scores;
}

/** How many weights were dropped. */
export function droppedCount({kept, survivors}: Pick<Rewiring, 'kept' | 'survivors'>): number {
  return countOf(kept, 1) - countOf(survivors, 1);
}

/** Of a first step that nobody has given, the error says where it is from. */
function tooEarly(endStep: number, frequency: number): RangeError {
  return new RangeError(
    `Expected \`endStep\` to be at least \`beginStep\`, which is \`frequency\` (${frequency}) where it is not given, got ${endStep}; ` +
      'give a smaller `frequency`, or a `beginStep`',
  );
}
