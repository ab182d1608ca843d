import * as tf from '@tensorflow/tfjs-core';
import type {SparsitySchedule} from '../schedules/sparsity-schedule.js';
import {observes, type Criterion} from '../src/criteria/criterion.js';
import {chosenLayers} from '../src/layers/chosen-layers.js';
import {expectSelector, type LayerSelector} from '../src/layers/layer-selector.js';
import type {MaskedWeight} from '../src/layers/masked-weight.js';
import type {PlacedPrunableLayer} from '../src/layers/model-layers.js';
import {expectInteger} from '../src/options/expect.js';
import {assign} from '../src/tfjs-internals.js';
import type {Grouping, Structure} from '../src/structures/structure.js';
import {stepsEachAlone} from '../src/optimizers/steps-each-alone.js';
import type {EvidenceSource} from '../src/passes/evidence.js';
import {Observer, type Gathered} from '../src/passes/observer.js';
import {tensorOf, type StoredTensor} from '../src/passes/stored-tensor.js';
import {groupingOf} from '../src/masks/grouping.js';
import {say, sayOnce} from '../src/display/say.js';
import {countModelZeros} from '../src/masks/model-zeros.js';
import {placedWeights, type PrunedWeight} from '../src/masks/pruned-weight.js';
import {countMasked, type ZeroCount} from '../src/masks/zero-count.js';
import type {CallbackState} from './callback-state.js';
import {expectSameWeights, storedUnder, tensorsUnder} from './expect-state.js';
import type {Logs, ModelCallback} from './model-callback.js';
import {StepCallback, type StepCallbackArgs} from './step-callback.js';
import {sayUnmaskedZeros} from './unmasked-zeros.js';

/** What all pruning callbacks take. */
export interface PruningCallbackArgs extends StepCallbackArgs {
  /** Which of the wrapped layers are pruned. Defaults to all that are trainable; a frozen one must be named. */
  layers?: LayerSelector;
}

/** Who chooses the masks in the `fit` that a weight is trained in. */
const choosers = new WeakMap<MaskedWeight, Set<PruningCallback>>();

/** What `state()` tells. */
interface SavedPruning {
  readonly pending: boolean;
  readonly count: ZeroCount;
  readonly observed: {
    readonly passes: number;
    readonly names: readonly string[];
    readonly seen: readonly boolean[];
  } | null;
}

/** What a criterion has gathered, by the names of the weights. */
interface Evidence<Sum> extends Gathered<Sum> {
  readonly names: readonly string[];
}

/**
 * What the pruning callbacks share: they count the steps, find the layers, say which of them are left alone because
 * they are frozen, keep pruned weights at zero, and tell the epoch's logs two sparsities: `sparsity` of the layers that
 * are pruned, `modelSparsity` of all weights of the model that can be. A method says what happens at a step.
 */
export abstract class PruningCallback extends StepCallback {
  readonly #selector: LayerSelector | undefined;
  #pending = true;
  #pruned: readonly PrunedWeight[] = [];
  /** What stops the gradients again that reach masked weights in this `fit`. */
  #stopGradients: (() => void)[] = [];
  /** The same for gradients that pass because the kernels are projected after each update. */
  #stopUnseen: (() => void)[] = [];
  /** Whose masks are this callback's to choose in this `fit`. */
  #claimed: readonly MaskedWeight[] = [];
  #grouping: Grouping | undefined;
  #count: ZeroCount = {weights: 0, zeros: 0};
  #observer: Observer | undefined;
  /** The names of what is observed. */
  #names: readonly string[] = [];
  /** What was gathered before a restart, until it is known of what weights. */
  #restored: Evidence<StoredTensor> | undefined;

  constructor(args: PruningCallbackArgs) {
    super(args);
    this.#selector = expectSelector('layers', args.layers);
  }

  /** The fraction of zeros among the weights that this callback prunes; 0 before the first `fit`. */
  get sparsity(): number {
    return this.#count.weights === 0 ? 0 : this.#count.zeros / this.#count.weights;
  }

  /** Starts counting anew, for another training; masks stay as they are. */
  override reset(step = 0): void {
    super.reset(step);
    this.#pending = true;
    this.#observer?.reset();
    this.#restored = undefined;
  }

  override async state(): Promise<CallbackState> {
    const {json, tensors} = await super.state();
    const evidence = this.#evidence();
    const observed = evidence && {
      passes: evidence.passes,
      names: evidence.names,
      seen: evidence.sums.map(sum => sum !== undefined),
    };
    return {
      json: {...json, pending: this.#pending, count: {...this.#count}, observed: observed ?? null},
      tensors: {...tensors, ...(evidence && tensorsUnder('observed', evidence.names, evidence.sums))},
    };
  }

  override async onTrainBegin(): Promise<void> {
    this.#pruned = [];
    await super.onTrainBegin();
    const layers = this.#chosen();
    this.#claim(layers);
    const weights = layers.flatMap(({layer}) => layer.maskedWeights);
    this.#count = await countMasked(weights);
    const pruned = placedWeights(this.trainedModel, layers);
    await this.expectUsable(pruned);
    if (this.keepsZeros) await sayUnmaskedZeros(this, pruned);
    this.#grouping = this.structure && groupingOf(this.structure, pruned, this.criterion ?? {});
    if (this.#grouping?.leftOut !== undefined) say(this.constructor.name, this.#grouping.leftOut);
    this.#observeJust(pruned);
    this.prepare(layers);
    this.#pruned = pruned;
    this.#project();
    if (this.#pending && !this.defersUpdates) await this.#prune();
    this.#tellProjected();
  }

  override async onTrainEnd(): Promise<void> {
    await this.#observer?.rest();
    await super.onTrainEnd();
  }

  override async onBatchBegin(batch: number): Promise<void> {
    await super.onBatchBegin(batch);
    if (this.#pending) await this.#prune();
    if (this.observesBatch(batch)) this.#observer?.start();
    else this.#observer?.stop();
  }

  override async onBatchEnd(): Promise<void> {
    this.#project(); // first: an update that fails must leave zeros where they belong
    this.#observer?.endPass();
    this.#observer?.stop(); // passes between two batches are none of this training: of a GAN's other half
    await super.onBatchEnd();
  }

  override async onEpochEnd(epoch: number, logs: Logs = {}): Promise<void> {
    await super.onEpochEnd(epoch, logs);
    if (this.#isShared) this.#count = await countMasked(this.#claimed);
    logs['sparsity'] = this.sparsity;
    const {weights, zeros} = await countModelZeros(this.trainedModel);
    logs['modelSparsity'] = zeros / weights;
  }

  /**
   * Called at the start of each `fit`, when the sparsity is known and nothing is changed yet: throws where it can't go
   * on.
   */
  protected expectUsable(_pruned: readonly PrunedWeight[]): Promise<void> {
    return Promise.resolve(); // most can
  }

  /** Called at the start of each `fit`, with the layers to prune; what it sets, `release` puts back. */
  protected prepare(_layers: readonly PlacedPrunableLayer[]): void {
    // Most need nothing.
  }

  /** Lets gradients reach masked weights for this `fit`. The layers' own setting, which is saved with them, stays. */
  protected letGradientsThrough(layers: readonly PlacedPrunableLayer[]): void {
    const weights = layers.flatMap(({layer}) => layer.maskedWeights);
    this.#stopGradients = weights.map(weight => weight.letGradientsThrough());
  }

  protected override release(): void {
    for (const weight of this.#claimed) choosers.get(weight)!.delete(this);
    this.#claimed = [];
    for (const stop of [...this.#stopGradients.splice(0), ...this.#stopUnseen.splice(0)]) stop();
    this.#restObserver();
    this.#project(); // what another callback has kept this one from doing
  }

  protected override async restoring(state: CallbackState): Promise<() => void> {
    const takeOver = await super.restoring(state);
    const {pending, count, observed} = state.json as unknown as SavedPruning;
    expectInteger('count.weights', count.weights);
    expectInteger('count.zeros', count.zeros);
    const sums = observed !== null && (await storedUnder('observed', observed, state));
    if (observed !== null) expectInteger('observed.passes', observed.passes);
    return () => {
      takeOver();
      this.#pending = pending;
      this.#count = count;
      this.#restored = observed && sums ? {passes: observed.passes, names: observed.names, sums} : undefined;
    };
  }

  /**
   * Called at every step, from the one before the first batch; returns the zeros after an update, if there was one.
   *
   * @param seen what the criterion has observed.
   */
  protected abstract prune(
    step: number,
    pruned: readonly PrunedWeight[],
    seen: EvidenceSource,
  ): Promise<ZeroCount | undefined>;

  /** Whether the step has come, but what is to be done at it has not been done yet. */
  protected get isPending(): boolean {
    return this.#pending;
  }

  /** What observes training between the updates, where it observes anything. */
  protected get criterion(): Criterion | undefined {
    return undefined;
  }

  /**
   * Whether masks wait for the next batch to begin, so that what was trained until a step can be validated and saved as
   * it is. By default they change as soon as the step is completed.
   */
  protected get defersUpdates(): boolean {
    return false;
  }

  /** Whether the criterion observes the batch to come, with its number in the epoch. */
  protected observesBatch(_batch: number): boolean {
    return true;
  }

  /** Whether a training that has come to this step has gathered something that the next update goes by. */
  protected get hasGathered(): boolean {
    return false;
  }

  /** The same for what is observed of the last batches before each update of a schedule, and begins anew after it. */
  protected hasGatheredFor(schedule: SparsitySchedule, batches: number): boolean {
    if (this.step === 0 || schedule.updatesAt(this.step)) return false;
    const lastBatch = this.#batchesPerEpoch - 1;
    return this.isJustBefore(schedule, batches, lastBatch, this.step - 1);
  }

  /** Runs a pass, forward and backward, that is no step of `fit`, and lets the criterion observe it. */
  protected watch(pass: () => void): void {
    if (this.#observer) this.#observer.watch(pass);
    else pass();
  }

  /** Whether the kernels themselves are zero where the masks are, at the end of every batch. */
  protected abstract readonly keepsZeros: boolean;

  /** Whether it masks before training, and from then on leaves the choice to others. */
  protected get prunesAtStart(): boolean {
    return false;
  }

  /** Whether what is masked stays so, whoever has masked it: it goes together with what prunes at the start. */
  protected get onlyMasksMore(): boolean {
    return false;
  }

  /** Which weights go together, where groups are pruned that may take vectors along: biases, scales and shifts. */
  protected get structure(): Structure | undefined {
    return undefined;
  }

  /** The steps that the `fit` that begins will make, where tf.js tells; undefined for a dataset of unknown length. */
  protected get plannedSteps(): number | undefined {
    const {epochs, initialEpoch, passedOver} = this.params as Record<string, number | null>;
    const epochCount = (epochs ?? NaN) - (initialEpoch ?? 0);
    const planned = this.stepUnit === 'epoch' ? epochCount : epochCount * this.#batchesPerEpoch - (passedOver ?? 0);
    return Number.isNaN(planned) ? undefined : planned;
  }

  /**
   * Whether the batch to come is among the last ones before an update; where it can't be known which they are, all of
   * the epoch that ends with it are.
   */
  protected isJustBefore(schedule: SparsitySchedule, batches: number, batch: number, step = this.step): boolean {
    if (step >= schedule.endStep) return false;
    if (batches === Infinity) return true;
    const isNear = (steps: number) => {
      const left = this.#batchesUntil(steps, batch);
      return Number.isNaN(left) ? steps === 1 : left <= batches;
    };
    for (let steps = 1; isNear(steps) && step + steps <= schedule.endStep; steps++) {
      if (schedule.updatesAt(step + steps)) return true;
    }
    return false;
  }

  /** How many batches are to be completed until so many more steps are; NaN where tf.js does not tell. */
  #batchesUntil(steps: number, batch: number): number {
    return this.stepUnit === 'batch' ? steps : steps * this.#batchesPerEpoch - batch;
  }

  /** NaN for a dataset of unknown length. */
  get #batchesPerEpoch(): number {
    const {steps, samples, batchSize} = this.params as Record<string, number | null>;
    return steps ?? Math.ceil((samples ?? NaN) / (batchSize ?? NaN));
  }

  protected override expectFitting(before: readonly ModelCallback[]): void {
    super.expectFitting(before);
    const layers = this.#chosen();
    for (const other of before) {
      if (!(other instanceof PruningCallback) || this.#goesWith(other)) continue;
      const theirs = new Set(other.#chosen().map(({layer}) => layer));
      const both = layers.find(({layer}) => theirs.has(layer));
      if (both) throw twoChoosers(other, this, both.path);
    }
  }

  /** What is left alone is said to each callback once. */
  #chosen(): PlacedPrunableLayer[] {
    return chosenLayers(this.constructor.name, this.trainedModel, this.#selector, this);
  }

  /** Also where a layer is part of two models that are trained in turn. */
  #claim(layers: readonly PlacedPrunableLayer[]): void {
    for (const {layer, path} of layers) {
      for (const other of layer.maskedWeights.flatMap(weight => [...(choosers.get(weight) ?? [])])) {
        if (!this.#goesWith(other)) throw twoChoosers(other, this, path);
      }
    }
    this.#claimed = layers.flatMap(({layer}) => layer.maskedWeights);
    for (const weight of this.#claimed) choosers.set(weight, (choosers.get(weight) ?? new Set()).add(this));
  }

  /** Whether it has left the choice to another one, which may have masked more since. */
  get #isShared(): boolean {
    return this.prunesAtStart && this.#claimed.some(weight => choosers.get(weight)!.size > 1);
  }

  #goesWith(other: PruningCallback): boolean {
    return (this.prunesAtStart && other.onlyMasksMore) || (other.prunesAtStart && this.onlyMasksMore);
  }

  /** Sums go on from fit to fit, as long as the weights are the same. */
  #observeJust(pruned: readonly PrunedWeight[]): void {
    const {criterion} = this;
    if (!criterion || !observes(criterion)) return;
    const weights = pruned.map(({weight}) => weight);
    const names = pruned.map(({name}) => name);
    if (this.#restored) expectSameWeights(this.constructor.name, 'what was observed', this.#restored.names, names);
    if (!this.#observer?.observesJust(weights)) {
      this.#observer?.dispose();
      this.#observer = new Observer(weights, criterion);
    }
    this.#names = names;
    if (this.#restored) this.#observer.takeOver(this.#restored);
    this.#restored = undefined;
    this.#sayIfForgotten();
  }

  /** Of what is gathered nothing was saved with the model: where it was lost, masks would be others without a word. */
  #sayIfForgotten(): void {
    if (this.#observer!.passes > 0 || this.step === 0 || this.step !== this.firstStep || !this.hasGathered) return;
    sayOnce(
      this,
      this.constructor.name,
      `training goes on at step ${this.step} without what its criterion had gathered until then, so that the next masks may be others. ` +
        'To keep it, use BackupAndRestore, or give this callback the `state()` of the one before by `restore(state)`',
    );
  }

  /** What was gathered, on the backend or before a restart; the tensors are the caller's. */
  #evidence(): Evidence<tf.Tensor> | undefined {
    if (this.#restored) return {...this.#restored, sums: this.#restored.sums.map(sum => sum && tensorOf(sum))};
    if (!this.#observer || this.#observer.passes === 0) return undefined;
    return {...this.#observer.gathered(), names: this.#names};
  }

  protected override async stepCompleted(): Promise<void> {
    this.#pending = true;
    if (!this.defersUpdates) await this.#prune();
  }

  /** What failed is still to be done: the next `fit` begins with it. */
  async #prune(): Promise<void> {
    const count = await this.prune(this.step, this.#pruned, {gathered: this.#observer?.evidence});
    if (count) this.#observer?.masksUpdated();
    this.#count = count ?? this.#count;
    this.#pending = false;
    this.#tellProjected();
  }

  /**
   * Whether kernels are kept at zero may change with the step, and is to be the same after a restart. Where an
   * optimizer may look at all gradients at once, those of pruned weights are to be zero for it.
   */
  #tellProjected(): void {
    const isProjected = this.keepsZeros && stepsEachAlone(this.trainedModel.optimizer);
    if (isProjected === this.#stopUnseen.length > 0) return;
    for (const stop of this.#stopUnseen.splice(0)) stop();
    if (isProjected) this.#stopUnseen = this.#pruned.map(({weight}) => weight.letGradientsThrough({unseen: true}));
  }

  /** At once: a `fit` that fails waits for nobody. */
  #restObserver(): void {
    try {
      this.#observer?.restNow();
    } catch {
      this.#observer?.dispose();
      // The fit has failed already, and this must not take the place of its error.
      say(
        this.constructor.name,
        `what its criterion has gathered is lost with this fit, as the backend can't download it at once`,
      );
    }
  }

  #project(): void {
    if (!this.keepsZeros) return;
    for (const {weight} of this.#pruned) weight.project();
    tf.tidy(() => this.#projectVectors());
  }

  #projectVectors(): void {
    const vectors = this.#grouping?.withoutGone?.(this.#pruned.map(({weight}) => weight.mask.read())) ?? [];
    for (const [vector, value] of vectors) assign(vector, value);
  }
}

/** Of two that choose masks of the same weights, one would undo what the other does. */
function twoChoosers(one: PruningCallback, other: PruningCallback, path: string): TypeError {
  return new TypeError(
    `${one.constructor.name} and ${other.constructor.name} are to choose masks of the same layer "${path}" in one fit, and would ` +
      'undo what the other does; list one of them, or give each layers of its own by `layers`',
  );
}
