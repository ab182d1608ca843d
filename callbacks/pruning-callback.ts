import * as tfl from '@tensorflow/tfjs-layers';
import {observes} from '../src/criteria/criterion.js';
import {say} from '../src/display/say.js';
import {chosenLayers} from '../src/layers/chosen-layers.js';
import {expectSelector, layerSelector, type LayerSelector} from '../src/layers/layer-selector.js';
import type {PlacedPrunableLayer} from '../src/layers/model-layers.js';
import {groupingOf} from '../src/masks/grouping.js';
import {countModelZeros} from '../src/masks/model-zeros.js';
import {placedWeights, type PlacedWeight} from '../src/masks/placed-weights.js';
import {countMasked, type ZeroCount} from '../src/masks/zero-count.js';
import {expectMethods} from '../src/options/expect.js';
import {read} from '../src/options/read.js';
import type {Args} from '../src/options/table.js';
import type {Method, PrunedTraining} from './method.js';
import type {CallbackState, CallbackTraits, Remembering, ResumableCallback} from './parts/callback-state.js';
import {Claim} from './parts/claim.js';
import {EventLoopPauses} from './parts/event-loop-pauses.js';
import {FitGuard} from './parts/fit-guard.js';
import {expectNoLength, plannedSteps} from './parts/fit-length.js';
import type {Logs} from './parts/logs.js';
import {expectMemory, Remembered} from './parts/memory.js';
import type {ObservationWindow} from './parts/observation-window.js';
import {Projector} from './parts/projector.js';
import {ShortFitNotice} from './parts/short-fit-notice.js';
import {States} from './parts/states.js';
import {FIT_STEPS, StepCounter, STEPS} from './parts/step-counter.js';
import {sayUnmaskedZeros} from './parts/unmasked-zeros.js';

const LAYERS = {
  /** Which wrapped layers to prune. Defaults to all trainable ones; a frozen layer must be named. */
  layers: layerSelector(),
};

/** The options of a pruning callback whose steps may be laid over the fit. */
export const PRUNING: typeof LAYERS & typeof FIT_STEPS = {...LAYERS, ...FIT_STEPS};

/** The options of a pruning callback whose steps are batches or epochs. */
export const PRUNING_BY_STEPS: typeof LAYERS & typeof STEPS = {...LAYERS, ...STEPS};

/** The options of a pruning callback whose steps are always batches. */
export const PRUNING_BY_BATCH: Omit<typeof PRUNING_BY_STEPS, 'stepUnit'> = {...LAYERS, initialStep: STEPS.initialStep};

/** Options of every pruning callback. */
export type PruningCallbackArgs = Args<typeof PRUNING>;

/**
 * A callback that prunes by a {@link Method}. It counts steps, finds the layers, says which ones it skips because they
 * are frozen, keeps pruned weights at zero, and adds two sparsities to the epoch's logs: `sparsity` of the pruned
 * layers, and `modelSparsity` of all weights of the model that can be pruned.
 *
 * Every pruning callback of this library is one. For a method of your own, create an instance or derive a class;
 * messages and backups identify it by its class name.
 *
 * @param method what happens at each step.
 * @param args which layers to prune, and what a step is. Your own class passes all of its options: `restore` expects a
 *     state with the same ones.
 * @throws TypeError or RangeError from the constructor if an option is wrong or `method` is not a method; from `fit` if
 *     the model has no wrapped layer, `layers` matches none, another callback chooses masks of the same layers, and
 *     whatever the method throws.
 *
 * @example
 * class ByTenths extends PruningCallback {
 *   constructor(args = {}) {
 *     super(byTenths(), args); // see Method
 *   }
 * }
 */
export class PruningCallback extends tfl.Callback implements ResumableCallback, CallbackTraits {
  readonly #method: Method;
  readonly #selector: LayerSelector | undefined;
  readonly #fit: FitGuard;
  readonly #steps: StepCounter;
  readonly #claim: Claim;
  readonly #progress: {pending: boolean; count: ZeroCount} = {pending: true, count: {weights: 0, zeros: 0}};
  readonly #notice: ShortFitNotice | undefined;
  readonly #memory: Remembered;
  readonly #states: States;
  readonly #pauses = new EventLoopPauses();
  #weights: readonly PlacedWeight[] = [];
  #projector: Projector | undefined;
  #window: ObservationWindow | undefined;

  constructor(method: Method, args: PruningCallbackArgs = {}) {
    super();
    if (new.target === PruningCallback) {
      read('PruningCallback', args, PRUNING);
      if (args.stepUnit !== 'fit') expectNoLength('PruningCallback', args);
    }
    this.#method = expectMethods('method', method, ['atStep', 'keepsZeros']);
    const {stepUnit = method.stepUnit} = args;
    const options = stepUnit === undefined ? args : {...args, stepUnit};
    this.#selector = expectSelector('layers', args.layers);
    this.#fit = new FitGuard(this, {
      expectFitting: before => this.#expectFitting(before),
      release: () => this.#release(),
    });
    this.#steps = new StepCounter(options, method.unitOfFit);
    this.#claim = new Claim(this.#fit.owner, method.masks);
    this.#notice = method.goal && new ShortFitNotice(this.#fit.owner, method.goal);
    this.#memory = new Remembered(expectMemory(method.memory ?? {}));
    const window = method.observes && this.#stateOfWindow();
    const parts = [this.#steps, new Remembered(this.#progress), window, this.#notice?.remembered, this.#memory];
    this.#states = new States(this.#fit, options, [...parts.filter(part => part !== undefined), stateOf(method)]);
  }

  /** Steps completed since training began, over all `fit` calls; part of `state()`. */
  get step(): number {
    return this.#steps.step;
  }

  /** The fraction of zeros among the weights that this callback prunes; 0 before the first `fit`. */
  get sparsity(): number {
    const {weights, zeros} = this.#progress.count;
    return weights === 0 ? 0 : zeros / weights;
  }

  /** The seed in use, to repeat a training whose seed was drawn; undefined for a method without randomness. */
  get seed(): number | undefined {
    return this.#method.memory?.seed;
  }

  /** Whether `startTraining` must be given the optimizer that trains the model. */
  get needsOptimizer(): boolean {
    return this.#method.needsOptimizer?.(this.step) === true;
  }

  /** Whether it draws random numbers at each step by the names of weights. */
  get drawsByName(): boolean {
    return this.#method.drawsByName === true;
  }

  /** Starts counting again at a `step`, 0 by default, for another training; masks stay as they are. */
  reset(step?: number): void {
    this.#steps.reset(step);
    this.#progress.pending = true;
    this.#window?.reset();
    this.#notice?.remembered.reset();
    this.#memory.reset();
    this.#method.reset?.();
  }

  state(): Promise<CallbackState> {
    return this.#states.state();
  }

  restore(state: CallbackState): Promise<void> {
    return this.#states.restore(state);
  }

  override async onTrainBegin(): Promise<void> {
    this.#weights = [];
    this.#projector = undefined;
    this.#pauses.begin();
    await this.#steps.begin(this.#fit.owner, this.params);
    const layers = this.#layers();
    this.#claim.take(layers);
    this.#progress.count = await countMasked(this.#claim.weights);
    const weights = placedWeights(this.#fit.model, layers);
    await this.#method.prepare?.(this.#trainingOf(weights));
    await this.#takeUp(weights);
    this.#project();
    if (!this.#method.defersUpdates) await this.#updateIfPending();
    this.#announce();
    this.#sayIfShort();
  }

  override async onBatchBegin(batch: number): Promise<void> {
    await this.#updateIfPending();
    this.#window?.batchBegin(batch);
    if (this.#method.batchBegin) await this.#method.batchBegin(this.#trainingOf(this.#weights));
  }

  override async onBatchEnd(_batch?: number): Promise<void> {
    this.#method.batchEnd?.();
    this.#project(); // first, since the update may fail
    this.#window?.batchEnd();
    if (this.#steps.completed('batch')) await this.#stepCompleted();
    await this.#pauses.pauseIfDue();
  }

  override async onEpochEnd(_epoch: number, logs: Logs = {}): Promise<void> {
    if (this.#steps.completed('epoch')) await this.#stepCompleted();
    if (this.#claim.isShared) this.#progress.count = await countMasked(this.#claim.weights);
    logs['sparsity'] = this.sparsity;
    const {weights, zeros} = await countModelZeros(this.#fit.model);
    logs['modelSparsity'] = zeros / weights;
    Object.assign(logs, this.#method.logs?.());
  }

  override async onTrainEnd(): Promise<void> {
    await this.#window?.rest();
    this.#notice?.sayIfShort('stopped', this.step, this.sparsity);
  }

  /** Reports skipped layers, once per callback. */
  #layers(): PlacedPrunableLayer[] {
    return chosenLayers(this.#fit.owner, this.#fit.model, this.#selector, this);
  }

  #expectFitting(before: readonly tfl.Callback[]): void {
    this.#steps.expectListedOnce(this.#fit, before);
    this.#method.expectModel?.(this.#fit.model);
    const layers = this.#layers();
    for (const other of before) {
      if (other instanceof PruningCallback) this.#claim.expectApart(layers, other.#claim, other.#layers());
    }
  }

  #trainingOf(weights: readonly PlacedWeight[]): PrunedTraining {
    return {
      owner: this.#fit.owner,
      model: this.#fit.model,
      weights,
      seen: this.#window?.seen ?? {},
      step: this.step,
      firstStep: this.#steps.firstStep,
      isPending: this.#progress.pending,
      sparsity: this.sparsity,
      stepsOfFit: this.#steps.stepsOfFit,
      plannedSteps: plannedSteps(this.params, this.#steps.unit),
      watch: pass => (this.#window ? this.#window.watch(pass) : pass()),
    };
  }

  /** Starts to observe and project the weights of a fit. */
  async #takeUp(weights: readonly PlacedWeight[]): Promise<void> {
    const {structure, observes, straightThrough = false} = this.#method;
    if (this.#keepsZeros) await sayUnmaskedZeros(this, weights);
    const grouping = structure && groupingOf(structure, weights, observes?.criterion ?? {});
    if (grouping?.leftOut !== undefined) say(this.#fit.owner, grouping.leftOut);
    (await this.#loadWindow())?.begin(weights);
    this.#weights = weights;
    this.#projector = new Projector(weights, grouping, straightThrough);
  }

  /** Its code is loaded only for a criterion that observes. */
  async #loadWindow(): Promise<ObservationWindow | undefined> {
    const observation = this.#method.observes;
    if (!observation || !observes(observation.criterion)) return undefined;
    const {ObservationWindow} = await import('./parts/observation-window.js');
    return (this.#window ??= new ObservationWindow(this.#fit, this.#steps, observation));
  }

  #stateOfWindow(): Remembering {
    return {
      state: async () => (await this.#loadWindow())?.state() ?? {json: {observed: null}, tensors: {}},
      restore: async state => (await this.#loadWindow())?.restore(state),
    };
  }

  async #stepCompleted(): Promise<void> {
    this.#progress.pending = true;
    if (!this.#method.defersUpdates) await this.#updateIfPending();
  }

  /** An update that fails stays pending: the next `fit` begins with it. */
  async #updateIfPending(): Promise<void> {
    if (!this.#progress.pending) return;
    const count = await this.#method.atStep(this.#trainingOf(this.#weights));
    if (count) {
      this.#progress.count = count;
      this.#window?.updated();
      this.#project();
    }
    this.#progress.pending = false;
    this.#announce();
  }

  get #keepsZeros(): boolean {
    return this.#method.keepsZeros(this.step);
  }

  #project(): void {
    if (this.#keepsZeros) this.#projector?.project();
  }

  /** Called after each step, since whether zeros are kept may depend on the step. */
  #announce(): void {
    this.#projector?.announce(this.#keepsZeros, this.#fit.model.optimizer);
  }

  #sayIfShort(): void {
    const steps = plannedSteps(this.params, this.#steps.unit);
    if (steps !== undefined) this.#notice?.sayIfShort('will stop', this.step + steps);
  }

  #release(): void {
    try {
      this.#method.release?.(this.#fit.model);
    } finally {
      this.#claim.release();
      this.#projector?.release();
      this.#window?.restNow();
      this.#project(); // an error in another callback may have skipped it
    }
  }
}

/** The state of a method besides its memory. */
function stateOf(method: Method): Remembering {
  return {
    state: () => method.state?.() ?? {json: {}, tensors: {}},
    restore: state => method.restore?.(state),
  };
}
