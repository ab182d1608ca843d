import * as tf from '@tensorflow/tfjs-core';
import * as tfl from '@tensorflow/tfjs-layers';
import {isPlainObject, received} from '../../src/options/expect.js';
import type {Model} from '../../src/tfjs-internals.js';
import {borrowModel} from './borrowed-model.js';
import {numbersOf, type Logs} from '../parts/logs.js';
import {TrainingTurns, type TrainingHook, type TrainingLength} from './training-turns.js';

/** A training loop of your own, as callbacks see it. `await` each hook before you continue. */
export interface Training {
  /** Call it before the first batch of each epoch. */
  readonly epochBegin: () => Promise<void>;
  /** Call it before the forward pass of each batch; `logs` may say its `size`, the number of its examples. */
  readonly batchBegin: (logs?: {size?: number}) => Promise<void>;
  /** Call it after the step of each batch, with the logs that callbacks see. */
  readonly batchEnd: (logs?: Logs) => Promise<void>;
  /** Call it after the last batch of each epoch, with the logs that callbacks and `History` see. */
  readonly epochEnd: (logs?: Logs) => Promise<void>;
  /** Call it after the last epoch. Returns the history, as `fit` does. */
  readonly end: () => Promise<tfl.History>;
  /**
   * Ends the training at any point, as an error ends `fit`: callbacks release the model, and their `onTrainEnd` is not
   * called. A hook that is still running finishes first. Does nothing after `end`, or after a hook has failed.
   */
  readonly abandon: () => void;
  /**
   * The terms that regularizers, `addPenalty` and `ScheduledPenalty` add to the loss of the batch. Call it inside the
   * function that you minimize.
   */
  readonly penalty: () => tf.Scalar;
  /**
   * Whether a callback, such as `EarlyStopping`, has asked to stop: `fit` then ends the epoch after the batch, and the
   * training.
   */
  readonly stopped: boolean;
}

/** A hook that is still running. */
interface RunningHook {
  readonly name: TrainingHook;
  readonly done: Promise<void>;
}

/** Drives callbacks as `fit` does. Its hooks are bound, so that users can destructure it. */
export class TrainingLoop implements Training {
  readonly #model: Model;
  readonly #callbacks: tfl.CallbackList;
  readonly #history = new tfl.History();
  readonly #turns: TrainingTurns;
  readonly #params: ReturnType<typeof paramsOf>;
  readonly #giveBack: () => void;
  #running: RunningHook | undefined;
  #batchLogs: Logs = {};

  constructor(
    model: Model,
    optimizer: tf.Optimizer | undefined,
    callbacks: readonly tfl.Callback[],
    length: TrainingLength,
  ) {
    this.#model = model;
    this.#turns = new TrainingTurns(length);
    this.#callbacks = new tfl.CallbackList([...callbacks, this.#history]);
    this.#giveBack = borrowModel(model, optimizer, () => this.#turns.isStepTime);
    this.#params = paramsOf(model, length);
  }

  /** What `fit` does before its first epoch, in its order. */
  async start(): Promise<void> {
    await this.#orLeave(async () => {
      this.#callbacks.setParams(this.#params);
      this.#callbacks.setModel(this.#model);
      this.#model.history = this.#history;
      await this.#callbacks.onTrainBegin();
      this.#model.stopTraining = false;
    });
  }

  readonly epochBegin = () => this.#run('epochBegin', () => this.#callbacks.onEpochBegin(this.#turns.epoch));

  readonly batchBegin = (logs: {size?: number} = {}) =>
    this.#run('batchBegin', () => {
      const {batch} = this.#turns;
      this.#batchLogs = {batch, ...expectLogs(logs)};
      return this.#callbacks.onBatchBegin(batch, this.#batchLogs);
    });

  readonly batchEnd = (logs: Logs = {}) =>
    this.#run('batchEnd', async () => {
      const lent = lend(expectLogs(logs));
      Object.assign(this.#batchLogs, lent);
      try {
        await this.#callbacks.onBatchEnd(this.#turns.batch, this.#batchLogs);
      } finally {
        tf.dispose(lent);
      }
    });

  readonly epochEnd = (logs: Logs = {}) =>
    this.#run('epochEnd', async () => this.#callbacks.onEpochEnd(this.#turns.epoch, await numbersOf(expectLogs(logs))));

  readonly end = async (): Promise<tfl.History> => {
    await this.#run('end', () => this.#callbacks.onTrainEnd());
    this.#leave();
    await this.#history.syncData();
    return this.#history;
  };

  readonly abandon = (): void => this.#leave();

  readonly penalty = (): tf.Scalar => {
    if (this.#turns.isOver) throw new Error('Expected no penalty() after the end of the training: its terms are gone');
    return tf.tidy(() =>
      this.#model.calculateLosses().reduce<tf.Scalar>((sum, loss) => tf.add(sum, loss), tf.scalar(0)),
    );
  };

  get stopped(): boolean {
    return this.#model.stopTraining;
  }

  /** One hook at a time, in its turn. */
  async #run(name: TrainingHook, action: () => Promise<void>): Promise<void> {
    const before = this.#running;
    if (before) await before.done.catch(() => undefined); // it still works on the model
    await this.#orLeave(async () => {
      if (before)
        throw new Error(`${name}() was called while ${before.name}() was still running; await each hook of a training`);
      this.#turns.expect(name);
      this.#turns.begin(name);
      const done = action();
      this.#running = {name, done};
      try {
        await done;
      } finally {
        this.#running = undefined;
        if (this.#turns.isOver) this.#giveBack(); // abandoned while the hook ran
      }
      this.#turns.complete(name);
    });
  }

  async #orLeave(action: () => Promise<void>): Promise<void> {
    try {
      await action();
    } catch (error) {
      this.#leave();
      throw error;
    }
  }

  /** If a hook is running, it gives the model back when it returns. */
  #leave(): void {
    this.#turns.leave();
    if (!this.#running) this.#giveBack();
  }
}

/** The parameters of `fitDataset`: only `fit` knows the number of examples. */
function paramsOf(model: Model, {epochs, initialEpoch, batchesPerEpoch}: TrainingLength) {
  const metrics = (model.metricsNames as string[] | undefined) ?? ['loss'];
  const unknown = {samples: null, batchSize: null} as unknown as {samples: number; batchSize: number};
  const steps = (batchesPerEpoch ?? null) as number;
  return {epochs, initialEpoch, steps, ...unknown, verbose: 0, doValidation: false, metrics};
}

function expectLogs<T extends object>(logs: T): T {
  if (!isPlainObject(logs))
    throw new TypeError(`Expected logs to be an object of numbers and scalars, as {loss: 0.5}, got ${received(logs)}`);
  const wrong = Object.entries(logs).find(([, value]) => typeof value !== 'number' && !isScalar(value));
  if (!wrong) return logs;
  const [name, value] = wrong as [string, unknown];
  const got = value instanceof tf.Tensor && value.isDisposed ? 'one that was disposed' : received(value);
  throw new TypeError(`Expected logs to hold numbers and scalars, got ${got} as \`${name}\``);
}

function isScalar(value: unknown): boolean {
  return value instanceof tf.Tensor && value.rank === 0 && !value.isDisposed;
}

/** Scalars that callbacks may dispose, as some callbacks of tf.js do. */
function lend(logs: Logs): Logs {
  const entries = Object.entries(logs).map(([name, value]) => [
    name,
    typeof value === 'number' ? value : tf.clone(value),
  ]);
  return Object.fromEntries(entries) as Logs;
}
