import * as tf from '@tensorflow/tfjs-core';
import * as tfl from '@tensorflow/tfjs-layers';
// Registers the wrapper classes, so that a saved model loads where nothing but a callback is imported.
import '../src/layers/kinds.js';
import {expectModel, secondCopy} from '../src/layers/model-layers.js';
import {isInFit, whenFitEnds} from '../src/tfjs-internals.js';
import type {CallbackState, ResumableCallback} from './callback-state.js';
import {describedOptions} from './described-options.js';
import {expectStateLike} from './expect-state.js';
import {joinList, listOf} from './listed-together.js';

/** What tf.js hands to the hooks: numbers, and scalars that belong to it. */
export type Logs = NonNullable<Parameters<tfl.Callback['onEpochEnd']>[1]>;

/** The hooks that tf.js calls. */
export const HOOKS = [
  'onTrainBegin',
  'onTrainEnd',
  'onEpochBegin',
  'onEpochEnd',
  'onBatchBegin',
  'onBatchEnd',
] as const;
/** The parameters of fits whose callbacks were all asked. */
const fitting = new WeakSet<object>();
const WHERE_TO_USE = 'use it in the callbacks of model.fit, or in startTraining(model, callbacks, {...})';

/**
 * A callback that needs its model, and says in plain words why it has none. What it sets belongs to the running `fit`
 * and is gone with it, however it ends.
 */
export abstract class ModelCallback extends tfl.Callback implements ResumableCallback {
  readonly #options: object;
  #isInFit = false;
  #hasBegun = false;
  #isInBatch = false;

  /** @param options that a state must agree with. */
  constructor(options: object = {}) {
    super();
    this.#options = options;
    // In a list that begins with a plain object tf.js takes the hooks off their object: bound, they can say what is
    // wrong.
    for (const hook of HOOKS) Object.assign(this, {[hook]: (this[hook] as () => Promise<void>).bind(this)});
  }

  /**
   * What this callback needs to go on in another process; the tensors are yours to dispose.
   *
   * @throws Error within a batch: in a `fit` let a callback ask that stands behind this one, in `onBatchEnd` or later.
   */
  // eslint-disable-next-line @typescript-eslint/require-await -- an error is to be a rejection
  async state(): Promise<CallbackState> {
    if (this.#isInBatch) {
      throw new Error(
        `${this.constructor.name} gives its state between two batches, but was asked within one; let a callback ask that stands behind ` +
          'it in the list, when the batch ends',
      );
    }
    return {json: {callback: this.constructor.name, options: describedOptions(this.#options)}, tensors: {}};
  }

  /**
   * Takes over what another callback of the same class and options has given as its `state()`, before the `fit` that
   * goes on.
   *
   * @throws TypeError or RangeError that says what differs, Error within a `fit`. Nothing is changed then.
   */
  async restore(state: CallbackState): Promise<void> {
    if (this.#isInFit) throw new Error(`${this.constructor.name} takes a state over before a fit, not within it`);
    const own = await this.state();
    tf.dispose(own.tensors);
    expectStateLike(this.constructor.name, state, own.json);
    (await this.restoring(state))();
  }

  override setParams(params: tfl.Callback['params']): void {
    if (this.#isInFit && params !== this.params) {
      throw new Error(
        `${this.constructor.name} is in another fit, of model "${this.trainedModel.name}", that is still going on; ` +
          'give each fit a callback of its own, or wait until the other has ended',
      );
    }
    super.setParams(params);
    if (Object(params) === params) joinList(params, this);
  }

  override setModel(model: tfl.LayersModel): void {
    if (!(model instanceof tfl.LayersModel)) throw secondCopy(this.constructor.name);
    super.setModel(model);
    if (this.#isInFit || !isInFit(model)) return;
    this.#isInFit = true;
    whenFitEnds(model, () => {
      this.#isInFit = false;
      this.#leave();
    });
  }

  override onTrainBegin(): Promise<void> {
    const {name} = this.trainedModel;
    if ((this.params as object | null | undefined) == null) {
      throw new TypeError(`${this.constructor.name} has model "${name}", but no parameters of a fit: ${WHERE_TO_USE}`);
    }
    ModelCallback.expectListFits(this.params);
    this.#hasBegun = true;
    return Promise.resolve();
  }

  /**
   * Throws where it can't work in this `fit`, or not with those before it in the list. All callbacks are asked before
   * the first one changes anything.
   */
  protected expectFitting(_before: readonly ModelCallback[]): void {
    // Most can.
  }

  /** Asks all that are in the list of a fit, once. */
  static expectListFits(params: object): void {
    const list = listOf(params);
    if (fitting.has(params)) return;
    list.forEach((callback, i) => callback.expectFitting(list.slice(0, i)));
    fitting.add(params);
  }

  override async onBatchBegin(_batch: number): Promise<void> {
    await this.#expectBegun('onBatchBegin');
    this.#isInBatch = true;
  }

  override async onBatchEnd(_batch?: number): Promise<void> {
    await this.#expectBegun('onBatchEnd');
    this.#isInBatch = false;
  }

  override onEpochEnd(_epoch: number, _logs?: Logs): Promise<void> {
    return this.#expectBegun('onEpochEnd');
  }

  override async onTrainEnd(): Promise<void> {
    await this.#expectBegun('onTrainEnd');
    this.#leave();
  }

  /** Finds out all that can be wrong with a state of a callback like this one, and returns what takes it over. */
  protected restoring(_state: CallbackState): Promise<() => void> {
    return Promise.resolve(() => undefined);
  }

  /**
   * Called once when a `fit` ends in which this callback has begun, however it ends: puts back all that was set for it.
   */
  protected release(): void {
    // Some set nothing.
  }

  /**
   * Whether it works on the optimizer that trains the model, besides the model: `startTraining` must be given it then.
   */
  get needsOptimizer(): boolean {
    return false;
  }

  /** Whether a `fit` goes on in which this callback has begun. */
  protected get isTraining(): boolean {
    return this.#hasBegun;
  }

  /** The model that is being trained: for a Sequential, the LayersModel inside it. */
  protected get trainedModel(): tfl.LayersModel {
    const model = this.model as tfl.LayersModel | null | undefined;
    if (model != null) return expectModel(this.constructor.name, model);
    throw new TypeError(
      `fit gave no model to ${this.constructor.name}: ${WHERE_TO_USE}. If it stands there, the first callback of the list decides ` +
        'how tf.js takes all of them: wrap plain objects as new tf.CustomCallback({...}). If there are none, two copies of ' +
        '@tensorflow/tfjs-layers are installed: see `npm ls @tensorflow/tfjs-layers`',
    );
  }

  #leave(): void {
    if (!this.#hasBegun) return;
    this.#hasBegun = false;
    this.#isInBatch = false;
    this.release();
  }

  /** Also for those who call the hooks themselves. */
  // eslint-disable-next-line @typescript-eslint/require-await -- an error is to be a rejection, as of all hooks
  async #expectBegun(hook: string): Promise<void> {
    if (this.#hasBegun) return;
    const {name} = this.trainedModel;
    throw new Error(
      `${hook} of ${this.constructor.name} was called for model "${name}" without an onTrainBegin before it: ${WHERE_TO_USE}`,
    );
  }
}
