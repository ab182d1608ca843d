import * as tfl from '@tensorflow/tfjs-layers';
// Registers the wrapper classes, so that a saved model loads where nothing but a callback is imported.
import '../../src/layers/kinds.js';
import {expectModel, secondCopy} from '../../src/layers/model-layers.js';
import {isInFit, whenFitEnds} from '../../src/tfjs-internals.js';
import {expectListFits, joinList, type ListMember} from './list-of-fit.js';

/** The hooks that tf.js calls. */
export const HOOKS = [
  'onTrainBegin',
  'onTrainEnd',
  'onEpochBegin',
  'onEpochEnd',
  'onBatchBegin',
  'onBatchEnd',
] as const;

type Hook = (typeof HOOKS)[number];

const WHERE_TO_USE = 'use it in the callbacks of model.fit, or in startTraining(model, callbacks, {...})';

/** What a guard asks of its callback. */
export interface Guarded {
  /**
   * Throws if the callback can't work in the fit that begins, or with those before it in the list. All callbacks of a
   * list are asked before the first one changes anything.
   */
  expectFitting?(before: readonly tfl.Callback[]): void;
  /** Undoes everything set up for a fit. Called once when a fit ends, however it ends, if the callback had begun. */
  release?(): void;
}

/**
 * Wraps the hooks of a callback and makes sure that they are called in a fit: with a model, with parameters, after
 * `onTrainBegin`, and in one fit at a time. When the fit ends, however it ends, the guard calls `release`.
 *
 * The hooks become bound properties of the callback. In a list that begins with a plain object, tf.js detaches the
 * hooks from their object; bound, they can still say what is wrong.
 */
export class FitGuard implements ListMember {
  readonly callback: tfl.Callback;
  /** The callback's name, for messages. */
  readonly owner: string;
  readonly #guarded: Guarded;
  #isInFit = false;
  #hasBegun = false;
  #isInBatch = false;

  constructor(callback: tfl.Callback, guarded: Guarded = {}) {
    this.callback = callback;
    this.owner = callback.constructor.name;
    this.#guarded = guarded;
    this.#guardParams(callback.setParams.bind(callback));
    this.#guardModel(callback.setModel.bind(callback));
    for (const hook of HOOKS) this.#guardHook(hook);
  }

  /** The model being trained; for a Sequential, the LayersModel inside it. Its optimizer is the one that steps. */
  get model(): tfl.LayersModel {
    const model = this.callback.model as tfl.LayersModel | null | undefined;
    if (model != null) return this.#hasBegun ? model : expectModel(this.owner, model);
    throw new TypeError(
      `fit gave no model to ${this.owner}: ${WHERE_TO_USE}. If it stands there, the first callback of the list ` +
        'decides how tf.js takes all of them: wrap plain objects as new tf.CustomCallback({...}). If there are ' +
        'none, two copies of @tensorflow/tfjs-layers are installed: see `npm ls @tensorflow/tfjs-layers`',
    );
  }

  expectFitting(before: readonly tfl.Callback[]): void {
    this.#guarded.expectFitting?.(before);
  }

  /** Whether a fit of this callback is running. */
  get isInFit(): boolean {
    return this.#isInFit;
  }

  /** Whether a batch of this callback is running. */
  get isInBatch(): boolean {
    return this.#isInBatch;
  }

  #guardParams(setParams: tfl.Callback['setParams']): void {
    this.callback.setParams = params => {
      if (this.#isInFit && params !== this.callback.params) throw this.#otherFit();
      setParams(params);
      if (Object(params) === params) joinList(params, this);
    };
  }

  #guardModel(setModel: tfl.Callback['setModel']): void {
    this.callback.setModel = model => {
      if (!(model instanceof tfl.LayersModel)) throw secondCopy(this.owner);
      setModel(model);
      if (this.#isInFit || !isInFit(model)) return;
      this.#isInFit = true;
      whenFitEnds(model, () => {
        this.#isInFit = false;
        this.#leave();
      });
    };
  }

  #guardHook(hook: Hook): void {
    const own = this.callback[hook].bind(this.callback) as (...args: unknown[]) => Promise<void>;
    const guarded = async (...args: unknown[]) => {
      this.#expectTurn(hook);
      await own(...args);
      if (hook === 'onTrainEnd') this.#leave();
    };
    Object.assign(this.callback, {[hook]: guarded});
  }

  #expectTurn(hook: Hook): void {
    if (hook === 'onTrainBegin') this.#begin();
    else if (hook !== 'onEpochBegin') this.#expectBegun(hook);
    if (hook === 'onBatchBegin') this.#isInBatch = true;
    if (hook === 'onBatchEnd') this.#isInBatch = false;
  }

  #begin(): void {
    const {name} = this.model;
    const params = this.callback.params as object | null | undefined;
    if (params == null) {
      throw new TypeError(`${this.owner} has model "${name}", but no parameters of a fit: ${WHERE_TO_USE}`);
    }
    expectListFits(params);
    this.#hasBegun = true;
  }

  /** Catches users who call the hooks themselves, too. */
  #expectBegun(hook: Hook): void {
    if (this.#hasBegun) return;
    throw new Error(
      `${hook} of ${this.owner} was called for model "${this.model.name}" without an onTrainBegin before it: ` +
        WHERE_TO_USE,
    );
  }

  #leave(): void {
    if (!this.#hasBegun) return;
    this.#hasBegun = false;
    this.#isInBatch = false;
    this.#guarded.release?.();
  }

  #otherFit(): Error {
    return new Error(
      `${this.owner} is in another fit, of model "${this.model.name}", that is still going on; ` +
        'give each fit a callback of its own, or wait until the other has ended',
    );
  }
}
