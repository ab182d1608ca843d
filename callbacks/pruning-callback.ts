import * as tf from '@tensorflow/tfjs-core';
import type {SparsitySchedule} from '../schedules/sparsity-schedule.js';
import type {Criterion} from '../src/criteria/criterion.js';
import {chosenLayers} from '../src/layers/chosen-layers.js';
import type {LayerSelector} from '../src/layers/layer-selector.js';
import type {MaskedWeight} from '../src/layers/masked-weight.js';
import type {PlacedPrunableLayer} from '../src/layers/model-layers.js';
import {assign} from '../src/tfjs-internals.js';
import type {Grouping, Structure} from '../src/structures/structure.js';
import {Observer, observes} from '../src/passes/observer.js';
import {groupingOf} from '../src/masks/grouping.js';
import {say} from '../src/report/say.js';
import {placedWeights, type PrunedWeight} from '../src/masks/pruned-weight.js';
import {countMasked, type ZeroCount} from '../src/masks/zero-count.js';
import type {Logs} from './model-callback.js';
import {StepCallback, type StepCallbackArgs} from './step-callback.js';

/** What all pruning callbacks take. */
export interface PruningCallbackArgs extends StepCallbackArgs {
  /** Which of the wrapped layers are pruned. Defaults to all that are trainable; a frozen one must be named. */
  layers?: LayerSelector;
}

/**
 * What the pruning callbacks share: they count the steps, find the layers, keep pruned weights at zero, and tell the
 * sparsity to the epoch's logs. A method says what happens at a step.
 */
export abstract class PruningCallback extends StepCallback {
  readonly #selector: LayerSelector | undefined;
  #pending = true;
  #pruned: readonly PrunedWeight[] = [];
  #grouping: Grouping | undefined;
  #count: ZeroCount = {weights: 0, zeros: 0};
  #observer: Observer | undefined;

  constructor(args: PruningCallbackArgs) {
    super(args);
    this.#selector = args.layers;
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
  }

  override async onTrainBegin(): Promise<void> {
    await super.onTrainBegin();
    const layers = chosenLayers(this.constructor.name, this.trainedModel, this.#selector);
    const weights = layers.flatMap(({layer}) => layer.maskedWeights);
    this.#count = await countMasked(weights);
    this.expectUsable();
    const pruned = placedWeights(this.trainedModel, layers);
    this.#grouping = this.structure && groupingOf(this.structure, pruned, this.criterion);
    if (this.#grouping?.leftOut !== undefined) say(this.constructor.name, this.#grouping.leftOut);
    this.#pruned = pruned;
    this.#observeJust(weights);
    this.prepare(layers);
    this.#project();
    if (this.#pending) await this.#prune();
    for (const {weight} of this.#pruned) weight.projectedAfterUpdates = this.keepsZeros;
  }

  override async onTrainEnd(): Promise<void> {
    await super.onTrainEnd();
    await this.#leave();
  }

  override async onBatchBegin(batch: number): Promise<void> {
    await super.onBatchBegin(batch);
    if (this.#pending) await this.#prune();
    if (this.observesBatch(batch)) this.#observer?.start();
    else this.#observer?.stop();
  }

  override async onBatchEnd(): Promise<void> {
    this.#project(); // first: an update that fails must leave zeros where they belong
    await this.orLeave(() => this.#observer?.endPass());
    await super.onBatchEnd();
  }

  override async onEpochEnd(epoch: number, logs: Logs = {}): Promise<void> {
    await super.onEpochEnd(epoch, logs);
    logs['sparsity'] = this.sparsity;
  }

  /** Called at the start of each `fit`, when the sparsity is known and nothing is changed yet: throws where it can't go on. */
  protected expectUsable(): void {
    // Most can.
  }

  /** Called at the start of each `fit`, with the layers to prune. */
  protected prepare(_layers: readonly PlacedPrunableLayer[]): void {
    // Most need nothing.
  }

  /** Called at the end of each `fit`, and where an update fails: puts back what `prepare` has set. */
  protected release(): void {
    // Most set nothing.
  }

  /** Called at every step, from the one before the first batch; returns the zeros after an update, if there was one. */
  protected abstract prune(step: number, pruned: readonly PrunedWeight[]): Promise<ZeroCount | undefined>;

  /** What observes training between the updates, where it observes anything. */
  protected get criterion(): Criterion | undefined {
    return undefined;
  }

  /**
   * Whether masks wait for the next batch to begin, so that what was trained until a step can be validated and saved as it
   * is. By default they change as soon as the step is completed.
   */
  protected get defersUpdates(): boolean {
    return false;
  }

  /** Whether the criterion observes the batch to come, with its number in the epoch. */
  protected observesBatch(_batch: number): boolean {
    return true;
  }

  /** Runs a pass, forward and backward, that is no step of `fit`, and lets the criterion observe it. */
  protected watch(pass: () => void): void {
    if (this.#observer) this.#observer.watch(pass);
    else pass();
  }

  /** Whether the kernels themselves are zero where the masks are, at the end of every batch. */
  protected abstract readonly keepsZeros: boolean;

  /** Which weights go together, where groups are pruned that may take vectors along: biases, scales and shifts. */
  protected get structure(): Structure | undefined {
    return undefined;
  }

  /** The steps that the `fit` that begins will make, where tf.js tells; undefined for a dataset of unknown length. */
  protected get plannedSteps(): number | undefined {
    const {epochs, initialEpoch} = this.params as Record<string, number | null>;
    const epochCount = (epochs ?? NaN) - (initialEpoch ?? 0);
    const planned = epochCount * (this.stepUnit === 'epoch' ? 1 : this.#batchesPerEpoch);
    return Number.isNaN(planned) ? undefined : planned;
  }

  /**
   * Whether the batch to come is among the last ones before an update; where it can't be known which they are, all of the
   * epoch that ends with it are.
   */
  protected isJustBefore(schedule: SparsitySchedule, batches: number, batch: number): boolean {
    if (this.step >= schedule.endStep) return false;
    if (batches === Infinity) return true;
    const isNear = (steps: number) => {
      const left = this.#batchesUntil(steps, batch);
      return Number.isNaN(left) ? steps === 1 : left <= batches;
    };
    for (let steps = 1; isNear(steps) && this.step + steps <= schedule.endStep; steps++) {
      if (schedule.updatesAt(this.step + steps)) return true;
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

  /** Sums go on from fit to fit, as long as the weights are the same. */
  #observeJust(weights: readonly MaskedWeight[]): void {
    const {criterion} = this;
    if (!criterion || !observes(criterion)) return;
    this.#observer?.stop();
    if (this.#observer?.observesJust(weights)) return;
    this.#observer?.dispose();
    this.#observer = new Observer(weights, criterion);
  }

  protected override async stepCompleted(): Promise<void> {
    this.#pending = true;
    if (!this.defersUpdates) await this.#prune();
  }

  /** What failed is still to be done: the next `fit` begins with it. */
  async #prune(): Promise<void> {
    const pruned = this.#pruned.map(one => ({...one, observed: this.#observer?.observed(one.weight)}));
    const count = await this.orLeave(() => this.prune(this.step, pruned));
    if (count && this.criterion?.remembers !== true) this.#observer?.reset();
    this.#count = count ?? this.#count;
    this.#pending = false;
  }

  /** tf.js tells no callback of a `fit` that failed: one that fails must leave the model by itself. */
  protected async orLeave<T>(action: () => T | Promise<T>): Promise<T> {
    try {
      return await action();
    } catch (error) {
      await this.#leave();
      throw error;
    }
  }

  /** As if this callback had never looked at the model. */
  async #leave(): Promise<void> {
    for (const {weight} of this.#pruned) weight.projectedAfterUpdates = false;
    this.release();
    await this.#observer?.rest();
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
