import type * as tf from '@tensorflow/tfjs-core';
import {observes, type ObservingCriterion} from '../../src/criteria/criterion.js';
import {say, sayOnce} from '../../src/display/say.js';
import type {PlacedWeight} from '../../src/masks/placed-weights.js';
import {expectInteger} from '../../src/options/expect.js';
import type {EvidenceSource} from '../../src/passes/evidence.js';
import {Observer, type Gathered} from '../../src/passes/observer.js';
import {tensorOf, type StoredTensor} from '../../src/passes/stored-tensor.js';
import type {Observation} from '../method.js';
import type {CallbackState, Remembering} from './callback-state.js';
import {expectSameWeights, storedUnder, tensorsUnder} from './expect-state.js';
import type {FitGuard} from './fit-guard.js';
import {batchesPerEpoch} from './fit-length.js';
import type {StepCounter} from './step-counter.js';

/** What `state()` saves besides tensors. */
interface SavedEvidence {
  readonly passes: number;
  readonly names: readonly string[];
  readonly seen: readonly boolean[];
}

/** What a criterion has gathered, with the names of the weights. */
interface NamedSums<Sum> extends Gathered<Sum> {
  readonly names: readonly string[];
}

/**
 * Lets a criterion observe the last batches before each update. Its sums continue from fit to fit as long as the
 * weights are the same; between fits they are stored outside the backend.
 */
export class ObservationWindow implements Remembering {
  readonly #guard: FitGuard;
  readonly #steps: StepCounter;
  readonly #observation: Observation;
  #observer: Observer | undefined;
  /** The names of the observed weights. */
  #names: readonly string[] = [];
  #batchesPerEpoch = NaN;
  /** What was gathered before a restart, until a fit begins. */
  #restored: NamedSums<StoredTensor> | undefined;

  constructor(guard: FitGuard, steps: StepCounter, observation: Observation) {
    this.#guard = guard;
    this.#steps = steps;
    this.#observation = observation;
  }

  /**
   * Called when a fit begins, with the weights to observe.
   *
   * @throws RangeError if the restored state is of other weights.
   */
  begin(weights: readonly PlacedWeight[]): void {
    this.#batchesPerEpoch = batchesPerEpoch(this.#guard.callback.params);
    const {criterion} = this.#observation;
    if (!observes(criterion)) return;
    this.#names = weights.map(({name}) => name);
    if (this.#restored) expectSameWeights(this.#guard.owner, 'what was observed', this.#restored.names, this.#names);
    this.#observer = this.#observerOf(weights, criterion);
    if (this.#restored) this.#observer.takeOver(this.#restored);
    this.#restored = undefined;
    this.#sayIfForgotten();
  }

  /** Begins to observe if the batch that begins is among the last ones before an update. */
  batchBegin(batch: number): void {
    if (this.#isJustBefore(this.#steps.step, batch)) this.#observer?.start();
    else this.#observer?.stop();
  }

  /** Ends the pass of a batch. Passes between two batches, such as of a GAN's other half, are not observed. */
  batchEnd(): void {
    this.#observer?.endPass();
    this.#observer?.stop();
  }

  /** Runs a pass that is not a step of `fit`, and observes it. */
  watch(pass: () => void): void {
    if (this.#observer) this.#observer.watch(pass);
    else pass();
  }

  /** What was gathered so far. */
  get seen(): EvidenceSource {
    return {gathered: this.#observer?.evidence};
  }

  /** Starts over after an update, unless the criterion remembers. */
  updated(): void {
    this.#observer?.masksUpdated();
  }

  /** Moves the sums off the backend. */
  async rest(): Promise<void> {
    await this.#observer?.rest();
  }

  /** The same, synchronously, for a fit that has failed: it does not wait, and its error must not be replaced. */
  restNow(): void {
    try {
      this.#observer?.restNow();
    } catch {
      this.#observer?.dispose();
      say(
        this.#guard.owner,
        'what its criterion has gathered is lost with this fit, as the backend can only download it later',
      );
    }
  }

  /** Forgets what was gathered. */
  reset(): void {
    this.#observer?.reset();
    this.#restored = undefined;
  }

  state(): CallbackState {
    const evidence = this.#evidence();
    if (!evidence) return {json: {observed: null}, tensors: {}};
    const {passes, names, sums} = evidence;
    const observed: SavedEvidence = {passes, names, seen: sums.map(sum => sum !== undefined)};
    return {json: {observed}, tensors: tensorsUnder('observed', names, sums)};
  }

  async restore(state: CallbackState): Promise<void> {
    const {observed} = state.json as unknown as {observed: SavedEvidence | null};
    const restored = observed === null ? undefined : await evidenceIn(observed, state);
    this.reset();
    this.#restored = restored;
  }

  #observerOf(weights: readonly PlacedWeight[], criterion: ObservingCriterion): Observer {
    const masked = weights.map(({weight}) => weight);
    if (this.#observer?.observesJust(masked)) return this.#observer;
    this.#observer?.dispose();
    return new Observer(masked, criterion);
  }

  /** The model's file does not hold the sums. Without them the next masks would silently differ. */
  #sayIfForgotten(): void {
    const {step, firstStep} = this.#steps;
    if (this.#observer!.passes > 0 || step === 0 || step !== firstStep || !this.#hasGatheredBy(step)) return;
    sayOnce(
      this.#guard.callback,
      this.#guard.owner,
      `training goes on at step ${step} without what its criterion had gathered until then, so that the next masks ` +
        'may be others. To keep it, use BackupAndRestore, or give this callback the `state()` of the one before by ' +
        '`restore(state)`',
    );
  }

  /** Whether a training at this step has gathered something that the next update needs. */
  #hasGatheredBy(step: number): boolean {
    const {updates} = this.#observation;
    if (step >= updates.endStep) return false;
    if (this.#observer!.remembers) return true;
    return !updates.updatesAt(step) && this.#isJustBefore(step - 1, this.#batchesPerEpoch - 1);
  }

  /**
   * Whether the batch that follows a step is among the last ones before an update. If the length of an epoch is
   * unknown, these are all batches of the epoch that ends with the update.
   *
   * @param batch its number in the epoch.
   */
  #isJustBefore(step: number, batch: number): boolean {
    const {updates, batches} = this.#observation;
    if (step >= updates.endStep) return false;
    if (batches === Infinity) return true;
    const isNear = (steps: number) => {
      const left = this.#batchesUntil(steps, batch);
      return Number.isNaN(left) ? steps === 1 : left <= batches;
    };
    for (let steps = 1; isNear(steps) && step + steps <= updates.endStep; steps++) {
      if (updates.updatesAt(step + steps)) return true;
    }
    return false;
  }

  /** The number of batches until so many more steps are completed; NaN if the length of an epoch is unknown. */
  #batchesUntil(steps: number, batch: number): number {
    return this.#steps.unit === 'batch' ? steps : steps * this.#batchesPerEpoch - batch;
  }

  /** What was gathered, on the backend or before a restart; the tensors belong to the caller. */
  #evidence(): NamedSums<tf.Tensor> | undefined {
    if (this.#restored) return {...this.#restored, sums: this.#restored.sums.map(sum => sum && tensorOf(sum))};
    if (!this.#observer || this.#observer.passes === 0) return undefined;
    return {...this.#observer.gathered(), names: this.#names};
  }
}

async function evidenceIn(observed: SavedEvidence, state: CallbackState): Promise<NamedSums<StoredTensor>> {
  const sums = await storedUnder('observed', observed, state);
  return {passes: expectInteger('observed.passes', observed.passes), names: observed.names, sums};
}
