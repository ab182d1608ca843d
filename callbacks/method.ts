import type * as tfl from '@tensorflow/tfjs-layers';
import type {SparsitySchedule} from '../schedules/sparsity-schedule.js';
import type {Criterion} from '../src/criteria/criterion.js';
import type {PlacedWeight} from '../src/masks/placed-weights.js';
import type {ZeroCount} from '../src/masks/zero-count.js';
import type {EvidenceSource} from '../src/passes/evidence.js';
import type {Structure} from '../src/structures/structure.js';
import type {CallbackState} from './parts/callback-state.js';
import type {Memory} from './parts/memory.js';

/** The training in which a method prunes, at the moment when the method is called. */
export interface PrunedTraining {
  /** The name of the callback, for messages. */
  readonly owner: string;
  /** The model being trained; for a Sequential, the LayersModel inside it. Its `optimizer` is the one that steps. */
  readonly model: tfl.LayersModel;
  /** The weights to prune, in the order of the layers. */
  readonly weights: readonly PlacedWeight[];
  /** What the criterion of `observes` has seen of training, to pass on to {@link updateMasks}. */
  readonly seen: EvidenceSource;
  /** Steps completed since training began, over all fits. */
  readonly step: number;
  /** The step at which the callback began to count: 0, `initialStep`, or the argument of `reset`. */
  readonly firstStep: number;
  /** Whether `atStep` is still to be called for this step. */
  readonly isPending: boolean;
  /** The fraction of zeros among the weights, in [0, 1]. */
  readonly sparsity: number;
  /** With `stepUnit: 'fit'`, the steps of the whole training, counted from epoch 0; else undefined. */
  readonly stepsOfFit: number | undefined;
  /** The steps of this fit, from its first to its last; undefined for a dataset of unknown length. */
  readonly plannedSteps: number | undefined;
  /** Runs an extra forward and backward pass, which is not a step of `fit`, for the criterion of `observes` to see. */
  watch(pass: () => void): void;
}

/** What a method observes of training, and when. */
export interface Observation {
  /** The criterion that observes; one that uses only the weights observes nothing. */
  readonly criterion: Criterion;
  /** The updates that it observes for. */
  readonly updates: Pick<SparsitySchedule, 'updatesAt' | 'endStep'>;
  /** How many batches before each update it observes, at least 1; Infinity observes all of them. */
  readonly batches: number;
}

/** What a fit should reach. If it ends earlier, the callback says so on the console, once per training. */
export interface Goal {
  /** Whether training has reached it by this step. */
  isReachedAt(step: number): boolean;
  /** Its name in the message: "before the schedule's end at step 2000". */
  readonly name: string;
  /** What to do if a fit is too short: a sentence without the full stop. */
  readonly remedy: string;
}

/**
 * A pruning method: what distinguishes one {@link PruningCallback} from another. The callback finds the layers, counts
 * steps, keeps pruned weights at zero, writes to the logs, and saves and restores its state. The method chooses masks,
 * usually with {@link updateMasks}.
 *
 * Whatever a method sets up during a fit, it undoes in `release`. It must throw before it changes anything.
 *
 * @example
 * // prunes another tenth after each epoch, up to nine tenths
 * const byTenths: Method = {
 *   stepUnit: 'epoch',
 *   keepsZeros: () => true,
 *   atStep: ({step, weights}) => updateMasks(weights, Math.min(0.1 * step, 0.9)),
 * };
 * await model.fit(x, y, {epochs: 12, callbacks: [new PruningCallback(byTenths, {layers: /hidden/})]});
 */
export interface Method {
  /**
   * Called at every step, including step 0, before the first batch. If an update is due, it chooses all masks. If it
   * throws, it must leave all masks as they were; the next fit begins with this step again.
   *
   * @returns the zeros among the weights after an update; undefined if there was no update.
   */
  atStep(training: PrunedTraining): Promise<ZeroCount | undefined>;
  /** Whether kernels are kept at zero where masks are 0, at the end of every batch of this step. */
  keepsZeros(step: number): boolean;
  /** Throws if the method can't work with a model, before layers are chosen. */
  expectModel?(model: tfl.LayersModel): void;
  /** What it adds to the logs of each epoch, besides sparsities. */
  logs?(): Readonly<Record<string, number>>;
  /**
   * Called when a fit begins, before anything is changed: throws if the method can't work in this fit. `release` undoes
   * what it sets up.
   */
  prepare?(training: PrunedTraining): void | Promise<void>;
  /** Called before the forward pass of each batch, after any update that is due. */
  batchBegin?(training: PrunedTraining): void | Promise<void>;
  /** Called after the optimizer's step of each batch, before anything else. */
  batchEnd?(): void;
  /** Called once when a fit ends, however it ends, if the callback's `onTrainBegin` was called. */
  release?(model: tfl.LayersModel): void;

  /** What a step counts, unless the option `stepUnit` is given. Defaults to 'batch'. */
  readonly stepUnit?: 'batch' | 'epoch' | 'fit';
  /** What a step counts with `stepUnit: 'fit'`. By default batches, or epochs for a dataset of unknown length. */
  readonly unitOfFit?: 'batch' | 'epoch';
  /** What it observes of training. */
  readonly observes?: Observation | undefined;
  /** The structure, if pruned groups include biases, scales and shifts: these are kept at zero, too. */
  readonly structure?: Structure;
  /** Whether gradients reach masked weights, too, so that they or their momentum keep changing. Defaults to false. */
  readonly straightThrough?: boolean;
  /**
   * Which other callbacks may choose masks of the same layers. A method that masks only `'atStart'` can be combined
   * with one that never unmasks (`'more'`). By default any second callback is refused.
   */
  readonly masks?: 'atStart' | 'more';
  /**
   * Whether `atStep` waits until the next batch begins, so that `fit` validates and saves the model as it was trained.
   * Defaults to false: `atStep` is called as soon as the step is completed.
   */
  readonly defersUpdates?: boolean;
  /** What a fit should reach. */
  readonly goal?: Goal | undefined;
  /** Whether it uses the optimizer at this step or later, so that `startTraining` needs it. Defaults to false. */
  needsOptimizer?(step: number): boolean;
  /** Whether its random numbers at each step depend on the names of weights, and differ for renamed layers. */
  readonly drawsByName?: boolean;
  /**
   * What it remembers from step to step: a plain object that JSON can hold and the method changes. It is part of the
   * callback's state; `reset()` restores its first values.
   */
  readonly memory?: Memory;
  /** Any other state, such as tensors, which the caller disposes. */
  state?(): CallbackState | Promise<CallbackState>;
  /** Restores a state. If it throws, it is called again with its own state. */
  restore?(state: CallbackState): void | Promise<void>;
  /** Forgets that state, for another training. */
  reset?(): void;
}
