import type * as tf from '@tensorflow/tfjs-core';
import * as tfl from '@tensorflow/tfjs-layers';
// Registers the wrapper classes, as every callback does.
import '../src/layers/kinds.js';
import {OwnedPlace} from '../src/backup/owned-place.js';
import type {Place} from '../src/backup/backup.js';
import {handlerFor, type BackupHandler} from '../src/backup/place.js';
import {unrepeatable} from '../src/backup/repeatable.js';
import {expectCompiled, secondCopy} from '../src/layers/model-layers.js';
import {weightsBeside} from '../src/layers/weights-beside.js';
import {setLearningRate} from '../src/optimizers/learning-rate.js';
import {expectInteger, isCallable, isList, received} from '../src/options/expect.js';
import {boolean, option} from '../src/options/option.js';
import {read} from '../src/options/read.js';
import type {Args, Values} from '../src/options/table.js';
import {SeededBatches} from '../src/passes/seeded-batches.js';
import {innerModel, interceptFits, isInFit, type FitArgs, type Model, type TrainStep} from '../src/tfjs-internals.js';
import {BackedUpTraining} from './backup/backed-up-training.js';
import {isResumable, type AnyCallback} from './backup/callback-states.js';
import {anotherDistillation, expectCallback, misplaced, noTraining} from './backup/refusals.js';
import {saveTraining} from './backup/save-training.js';
import {sayUnrepeatable, sayWhatIsLost} from './backup/said-of-backups.js';
import {takeOver} from './backup/take-over.js';
import {loadStates} from './parts/states.js';

const OPTIONS = {
  /** When to save: at the end of every epoch, or every so many batches, at least 1. Defaults to 'epoch'. */
  every: option(
    (name, every: 'epoch' | number) => (every === 'epoch' ? every : expectInteger(name, every, {min: 1})),
    'epoch',
  ),
  /** Whether to delete the backup when the training has ended. Defaults to true. */
  deleteAtEnd: boolean(true),
};

/** Options of {@link BackupAndRestore}. */
export type BackupAndRestoreArgs = Args<typeof OPTIONS>;

/** What to continue with. */
export interface RestoredTraining<M extends Model> {
  /** The new model, with its state from the backup. */
  readonly model: M;
  /** The epoch to pass to `fit`; 0 if there was no backup. */
  readonly initialEpoch: number;
}

/**
 * Saves a training while it runs. After a crash, a closed page or a restart, the same script continues from the last
 * backup.
 *
 * It saves the model's weights, masks and statistics, and the projections of `distill`; the optimizer's slots, counters
 * and current learning rate, exactly; the epoch and the batch; and the state of every callback of this library. A
 * callback of your own takes part if it has `state()` and `restore()` ({@link ResumableCallback}); otherwise it starts
 * over.
 *
 * **Promise**: the resumed training has the same weights, masks and slots, bit by bit, as one that never stopped. This
 * needs
 *
 * - a repeatable order of examples: `shuffle: false`, a dataset whose epochs are alike, or {@link seededBatches};
 * - no dropout or noise layers of tf.js, which use `Math.random`, and no stateful layers;
 * - the same backend, wasm build and kernels (`kernels` of `startWasm`).
 *
 * A line on the console says if the run will differ, and if `EarlyStopping` starts over. `History` holds only the
 * resumed part.
 *
 * **Place**: a URL of `file://` (in Node, with and without tfjs-node), `indexeddb://`, `localstorage://` (a few
 * megabytes) or any other scheme that tf.js has handlers for; or a handler of your own with `save()` and `load()`. A
 * new backup replaces the old one completely or not at all: on a full disk or quota `fit` fails and the old backup
 * stays. (In your own handler this is up to you.) A handler reports an empty place with `undefined`, or with an error
 * whose code is ENOENT or whose message says so; any other error makes `restore` fail. A backup is not a model file.
 *
 * **Time**: after every epoch, or every `every` batches. (If `fit` validates, a backup due at the last batch of an
 * epoch waits for the end of that epoch.) tf.js can't start inside an epoch, so a resumed epoch skips the batches that
 * are done: they train nothing, no callback sees them, and a callback with state sees no second `onEpochBegin`.
 * `params.passedOver` holds their number, and the means in `History` cover the whole epoch. With `batchesPerEpoch`,
 * `fitDataset` reads the data once for all epochs, so the batches of earlier epochs are skipped, too. In your own loop
 * ({@link startTraining}) a training can only be resumed at the end of an epoch.
 *
 * **End**: with `deleteAtEnd` the backup is deleted when `fit` ends, at its last epoch or by `model.stopTraining`,
 * which `EarlyStopping` sets. A `fit` that fails keeps it. With `deleteAtEnd: false` the backup stays: the next run
 * gets the trained model, and `fit` does nothing until `epochs` is larger. Your own handler is emptied by its
 * `remove()`; without one, a small note replaces the backup.
 *
 * Several `fit` calls after one `restore` are one training if each starts at the epoch where the one before ended. A
 * place is for one training at a time: if another one has written there, `fit` fails at its next save.
 *
 * @throws TypeError or RangeError from the constructor if an option is unknown or wrong, or no handler knows the URL;
 *     from `fit` if `restore` was not called before, the model or its optimizer is not the one it returned,
 *     `initialEpoch` is another epoch, projections of `distill` came or went since, or this callback is not the last
 *     one; Error if a backup can't be written, or belongs to another training.
 *
 * @example
 * const backup = new BackupAndRestore('file://./backup');
 * const callbacks = [new GradualPruning({schedule}), new SparsityLogger()];
 * const {model, initialEpoch} = await backup.restore(() => newCompiledModel(), callbacks);
 * await model.fit(x, y, {epochs: 100, initialEpoch, shuffle: false, callbacks: [...callbacks, backup]});
 */
export class BackupAndRestore extends tfl.Callback {
  readonly #place: Place;
  readonly #options: Values<typeof OPTIONS>;
  #training: BackedUpTraining | undefined;
  #batch = 0;

  constructor(place: string | BackupHandler, args: BackupAndRestoreArgs = {}) {
    super();
    this.#options = read('BackupAndRestore', args, OPTIONS);
    this.#place = handlerFor(place);
  }

  /**
   * Continues the training in the backup, or begins one if there is none. Call it before `fit`.
   *
   * @param makeModel makes a new compiled model, just as for the training in the backup. The backup holds its weights,
   *     masks and optimizer state, but not its losses, which may be functions of yours. Call `distill` in it, too.
   * @param callbacks all callbacks of the next `fit` except this one.
   * @throws what `makeModel` throws; Error if the backup can't be read; TypeError if something else than a backup is
   *     there; RangeError if the backup is of another model, optimizer (its learning rate may differ) or list of
   *     callbacks. Nothing is changed then, and the model that was made is yours to dispose.
   */
  async restore<M extends Model>(
    makeModel: () => M | Promise<M>,
    callbacks: readonly AnyCallback[],
  ): Promise<RestoredTraining<M>> {
    if (!isCallable(makeModel)) {
      throw new TypeError(
        `BackupAndRestore.restore expects a function that makes a compiled model, got ${received(makeModel)}`,
      );
    }
    const list = [...this.#expectCallbacks(callbacks)];
    await loadStates();
    const place = new OwnedPlace(this.#place);
    const found = await place.find();
    const model = await makeModel();
    expectCompiled('BackupAndRestore', model);
    const training = new BackedUpTraining(model, list, place);
    if (found) await takeOver(training, found);
    sayWhatIsLost(list);
    interceptFits(model, {
      fit: (args, data, run) => this.#run(training, args, data, run),
      step: (batch, train) => this.#step(training, batch, train),
    });
    this.#training = training;
    return {model, initialEpoch: training.position.epoch};
  }

  override setParams(params: tfl.Callback['params']): void {
    const training = this.#expectTraining();
    super.setParams(params);
    const behind = training.callbacks.find(callback => callback.params !== params);
    if (behind) throw misplaced(`${behind.constructor.name} is behind it, or not in the list`);
    const {epoch, batch} = training.position;
    if (batch > 0) training.expectSameEpoch(params);
    // Callbacks plan for what is left by these parameters; `fitDataset` of tf.js sets no `initialEpoch`.
    Object.assign(params, {initialEpoch: epoch, passedOver: batch});
  }

  override setModel(model: tfl.LayersModel): void {
    if (!(model instanceof tfl.LayersModel)) throw secondCopy('BackupAndRestore');
    super.setModel(model);
    const training = this.#expectTraining();
    if (model === innerModel(training.model) && model.optimizer === training.optimizer) return;
    const what = model === innerModel(training.model) ? 'another optimizer' : `model "${model.name}"`;
    throw new TypeError(
      `BackupAndRestore is in a fit of ${what}, which is not the one that restore() has given; compile the model in ` +
        'the function that you hand to restore(), and train what it gives',
    );
  }

  override onEpochBegin(epoch: number): Promise<void> {
    const training = this.#expectTraining();
    expectEpoch(training, epoch);
    const {fit, optimizer} = training;
    if (fit?.data instanceof SeededBatches) fit.data.goOnAt(epoch);
    if (training.isPassedOver(0) && fit?.learningRate !== undefined) setLearningRate(optimizer, fit.learningRate);
    return Promise.resolve();
  }

  override onBatchBegin(batch: number): Promise<void> {
    this.#batch = batch;
    return Promise.resolve();
  }

  override async onBatchEnd(batch: number): Promise<void> {
    const training = this.#expectTraining();
    if (!training.completeBatch(batch)) return;
    if (typeof this.#options.every !== 'number' || training.position.step % this.#options.every !== 0) return;
    if (training.isValidated(this.params, batch)) training.fit!.isDue = true;
    else await saveTraining(training, this.params);
  }

  override async onEpochEnd(epoch: number): Promise<void> {
    const training = this.#expectTraining();
    training.completeEpoch(epoch);
    if (this.#options.every === 'epoch' || training.fit?.isDue) await saveTraining(training, this.params);
    if (training.fit) training.fit.isDue = false;
  }

  override async onTrainEnd(): Promise<void> {
    const training = this.#expectTraining();
    training.position = {...training.position, stepInFit: 0};
    if (this.#options.deleteAtEnd) await training.place.remove();
    else await saveTraining(training, this.params);
  }

  #expectCallbacks(callbacks: readonly AnyCallback[]): readonly AnyCallback[] {
    if (!isList(callbacks)) {
      throw new TypeError(
        `BackupAndRestore.restore expects the list of the callbacks of fit, [] if there are none, got ` +
          received(callbacks),
      );
    }
    callbacks.forEach((callback, i) => {
      expectCallback(callback, i);
      if (callback !== (this as AnyCallback)) return;
      throw new TypeError(`Expected all callbacks but BackupAndRestore itself, got it at ${i}`);
    });
    return callbacks;
  }

  /** Wraps `fit`, since tf.js does not tell callbacks that it has failed. */
  async #run<T>(
    training: BackedUpTraining,
    args: FitArgs,
    data: unknown,
    run: (data: unknown) => Promise<T>,
  ): Promise<T> {
    const list = [args.callbacks ?? []].flat() as AnyCallback[];
    // A second fit of the same model fails in tf.js, and the first one continues.
    if (!list.includes(this) || isInFit(innerModel(training.model))) return run(data);
    this.#expectToGoOn(training, args, list);
    sayUnrepeatable(training, unrepeatable(training.model, args, data));
    training.beginFit(
      data,
      list.filter(callback => callback !== (this as AnyCallback)),
    );
    try {
      return await run(training.rest(args, data));
    } catch (error) {
      this.#training = undefined; // progress since the last backup is lost
      throw error;
    } finally {
      training.endFit();
    }
  }

  #expectToGoOn(training: BackedUpTraining, {initialEpoch = 0}: FitArgs, list: readonly AnyCallback[]): void {
    if (training !== this.#training) throw noTraining();
    list.forEach(expectCallback);
    if (list.at(-1) !== (this as AnyCallback)) throw misplaced(`${list.at(-1)!.constructor.name} is`);
    const forgotten = list.find(each => isResumable(each) && !training.callbacks.includes(each));
    if (forgotten) throw misplaced(`restore() was not given ${forgotten.constructor.name}`);
    if (weightsBeside(training.model).length !== training.besides) throw anotherDistillation();
    expectEpoch(training, initialEpoch);
  }

  /** A skipped batch trains nothing, and logs again what it logged before. */
  #step(training: BackedUpTraining, batch: tf.Tensor[], train: TrainStep): tf.Tensor[] {
    if (training.isPassedOver(this.#batch)) return training.log.replay(this.#batch);
    const outs = train(batch);
    if (training.fit && typeof this.#options.every === 'number') training.log.note(outs);
    return outs;
  }

  #expectTraining(): BackedUpTraining {
    if (this.#training) return this.#training;
    throw noTraining();
  }
}

function expectEpoch({position}: BackedUpTraining, epoch: number): void {
  if (epoch === position.epoch) return;
  throw new RangeError(
    `Expected fit to go on with epoch ${position.epoch}, where this training is, got ${epoch}; pass the ` +
      '`initialEpoch` that restore() gives',
  );
}
