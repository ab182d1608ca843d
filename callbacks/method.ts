import type * as tfl from '@tensorflow/tfjs-layers';
import type {SparsitySchedule} from '../schedules/sparsity-schedule.js';
import type {Criterion} from '../src/criteria/criterion.js';
import type {PlacedWeight} from '../src/masks/placed-weights.js';
import type {ZeroCount} from '../src/masks/zero-count.js';
import type {EvidenceSource} from '../src/passes/evidence.js';
import type {Structure} from '../src/structures/structure.js';
import type {CallbackState} from './parts/callback-state.js';
import type {Memory} from './parts/memory.js';

/** A training that a method prunes in, as it is when the method is called. */
export interface PrunedTraining {
  /** The name of the callback, for messages. */
  readonly owner: string;
  /** The model that is trained: of a Sequential, the LayersModel inside it. Its `optimizer` is the one that steps. */
  readonly model: tfl.LayersModel;
  /** The weights to prune, in the order of the layers. */
  readonly weights: readonly PlacedWeight[];
  /** What the criterion of `observes` has seen of training, to hand on to {@link updateMasks}. */
  readonly seen: EvidenceSource;
  /** Steps completed since training began, over all fits. */
  readonly step: number;
  /** The step that the callback began to count at: 0, `initialStep`, or the one that `reset` was given. */
  readonly firstStep: number;
  /** Whether `atStep` is still to be called for this step. */
  readonly isPending: boolean;
  /** The fraction of zeros among the weights, in [0, 1]. */
  readonly sparsity: number;
  /** The steps of this fit, from its first to its last; undefined for a dataset of unknown length. */
  readonly plannedSteps: number | undefined;
  /** Runs a pass, forward and backward, that is no step of `fit`, and lets the criterion of `observes` see it. */
  watch(pass: () => void): void;
}

/** What a method wants to see of training, and when. */
export interface Observation {
  /** What observes; one that goes by the weights alone observes nothing. */
  readonly criterion: Criterion;
  /** When the updates are that it observes for. */
  readonly updates: Pick<SparsitySchedule, 'updatesAt' | 'endStep'>;
  /** How many batches before each update it observes, at least 1; Infinity is all of them. */
  readonly batches: number;
}

/** What a fit should reach. If it ends before, the callback says so on the console, once in a training. */
export interface Goal {
  /** Whether a training has reached it by this step. */
  isReachedAt(step: number): boolean;
  /** What it is, as in "before the schedule's end at step 2000". */
  readonly name: string;
  /** What to do if a fit is too short: a sentence without its full stop. */
  readonly remedy: string;
}

/**
 * A pruning method: what differs from one {@link PruningCallback} to the next. The callback finds the layers, counts
 * steps, keeps pruned weights at zero, writes to the logs, and saves and restores its state. The method chooses masks,
 * mostly by {@link updateMasks}.
 *
 * What a method sets during a fit, it takes back in `release`. It must throw before it changes anything.
 *
 * @example
 * // prunes a tenth more after each epoch, up to nine tenths
 * const byTenths: Method = {
 *   stepUnit: 'epoch',
 *   keepsZeros: () => true,
 *   atStep: ({step, weights}) => updateMasks(weights, Math.min(0.1 * step, 0.9)),
 * };
 * await model.fit(x, y, {epochs: 12, callbacks: [new PruningCallback(byTenths, {layers: /hidden/})]});
 */
export interface Method {
  /**
   * Called at every step, the one before the first batch included: chooses masks if an update is due, all or none. If
   * it throws, the next fit begins with this step again.
   *
   * @returns the zeros among the weights after an update; undefined if there was none.
   */
  atStep(training: PrunedTraining): Promise<ZeroCount | undefined>;
  /** Whether the kernels are zero where the masks are, at the end of every batch of this step. */
  keepsZeros(step: number): boolean;
  /**
   * Called when a fit begins, before anything is changed: throws if the method can't work in it. What it sets,
   * `release` takes back.
   */
  prepare?(training: PrunedTraining): void | Promise<void>;
  /** Called before the forward pass of each batch, after the update that was due. */
  batchBegin?(training: PrunedTraining): void | Promise<void>;
  /** Called after the optimizer's step of each batch, before all else. */
  batchEnd?(): void;
  /** Called once when a fit ends in which the callback has begun, however it ends. */
  release?(model: tfl.LayersModel): void;

  /** What a step counts, unless the callback is told otherwise. Defaults to 'batch'. */
  readonly stepUnit?: 'batch' | 'epoch';
  /** What it wants to see of training. */
  readonly observes?: Observation | undefined;
  /** The structure, if groups are pruned that take biases, scales and shifts along: these are kept at zero, too. */
  readonly structure?: Structure;
  /** Whether gradients reach masked weights as well, so that they or their momentum go on. Defaults to false. */
  readonly straightThrough?: boolean;
  /**
   * Which other callbacks may choose masks of the same layers. A method that masks `'atStart'` and then leaves the
   * masks to others may stand beside one that only ever masks `'more'`. By default any second one is refused.
   */
  readonly masks?: 'atStart' | 'more';
  /**
   * Whether `atStep` waits until the next batch begins, so that the model is validated and saved as it was trained.
   * Defaults to false: `atStep` is called as soon as the step is completed.
   */
  readonly defersUpdates?: boolean;
  /** What a fit should reach. */
  readonly goal?: Goal | undefined;
  /** Whether it works on the optimizer at a step or later: `startTraining` must be given it then. Defaults to no. */
  needsOptimizer?(step: number): boolean;
  /** Whether it draws random numbers at each step by the names of weights, and so draws others for renamed layers. */
  readonly drawsByName?: boolean;
  /**
   * What it remembers from step to step: a plain object of JSON that the method changes. It is part of the callback's
   * state, and has its first values again after `reset()`.
   */
  readonly memory?: Memory;
  /** What it remembers besides, such as tensors, which the caller disposes. */
  state?(): CallbackState | Promise<CallbackState>;
  /** Takes over what `state` gave. If it throws, it is called again with its own state. */
  restore?(state: CallbackState): void | Promise<void>;
  /** Forgets what `state` gives, for another training. */
  reset?(): void;
}
