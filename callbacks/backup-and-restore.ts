import * as tf from '@tensorflow/tfjs-core';
import * as tfl from '@tensorflow/tfjs-layers';
// Registers the wrapper classes, as every callback does.
import '../src/layers/kinds.js';
import {backendName} from '../src/backup/backend.js';
import {toArtifacts, type Backup, type FoundBackup} from '../src/backup/backup.js';
import {identityNow, modelDifference, modelIdentity, modelState, putModelState} from '../src/backup/model-state.js';
import {OwnedPlace} from '../src/backup/owned-place.js';
import {handlerFor, type BackupHandler, type Place} from '../src/backup/place.js';
import {unrepeatable} from '../src/backup/repeatable.js';
import {StepLog} from '../src/backup/step-log.js';
import {differenceAt} from '../src/backup/topology-difference.js';
import {expectCompiled, secondCopy} from '../src/layers/model-layers.js';
import {expectInteger, isCallable, isList, received} from '../src/options/expect.js';
import {boolean, option} from '../src/options/option.js';
import {read} from '../src/options/read.js';
import type {Args, Values} from '../src/options/table.js';
import {SeededBatches} from '../src/passes/seeded-batches.js';
import {setLearningRate} from '../src/optimizers/learning-rate.js';
import {
  fieldsOf,
  innerModel,
  interceptFits,
  isInFit,
  type FitArgs,
  type Model,
  type TrainStep,
} from '../src/tfjs-internals.js';
import {
  arrive,
  differenceInLogs,
  goingOn,
  isPassedOver,
  isValidated,
  shapeOfEpoch,
  START,
  type Training,
} from './backup/backed-up-training.js';
import {
  callbackNames,
  callbackStates,
  isResumable,
  putCallbackStates,
  savedCallbackNames,
  type AnyCallback,
} from './backup/callback-states.js';
import {expectCallback, misplaced, noTraining} from './backup/expect-last.js';
import {muteBatches} from './backup/muted-batches.js';
import {
  sayIfElsewhere,
  sayIfForgetful,
  sayIfRenamed,
  sayUnrepeatable,
  sayWhatIsLost,
} from './backup/said-of-backups.js';

const OPTIONS = {
  /** When to save: at the end of every epoch, or after every so many batches, at least 1. Defaults to 'epoch'. */
  every: option(
    (name, every: 'epoch' | number) => (every === 'epoch' ? every : expectInteger(name, every, {min: 1})),
    'epoch',
  ),
  /** Whether to delete the backup when the training has ended. Defaults to true. */
  deleteAtEnd: boolean(true),
};

/** Options of {@link BackupAndRestore}. */
export type BackupAndRestoreArgs = Args<typeof OPTIONS>;

/** What `fit` goes on with. */
export interface RestoredTraining<M extends Model> {
  /** The new model, with all that the backup had of it. */
  readonly model: M;
  /** The epoch to go on with, for `fit`; 0 where there was no backup. */
  readonly initialEpoch: number;
}

/**
 * Saves a training while it runs. After a crash, a closed page or a restart, the same script goes on from the last
 * backup.
 *
 * It saves the model's weights, masks and statistics; the optimizer's slots, counters and current learning rate, to the
 * last bit; the epoch and the batch; and the state of every callback of this library. A callback of your own joins by
 * having `state()` and `restore()` ({@link ResumableCallback}); one without them starts over.
 *
 * **Promise**: the resumed training has the same weights, masks and slots, bit by bit, as one that never stopped. This
 * needs
 *
 * - an order of examples that repeats: `shuffle: false`, a dataset whose epochs are alike, or {@link seededBatches};
 * - no dropout or noise layers of tf.js, which draw from `Math.random`, and no stateful layers;
 * - the same backend and wasm build.
 *
 * A line on the console says so where it can be seen that the run will differ. `EarlyStopping` starts over, which is
 * said as well. `History` holds the resumed part only.
 *
 * **Place**: a URL of `file://` (in Node, with and without tfjs-node), `indexeddb://`, `localstorage://` (a few
 * megabytes) or any other scheme that tf.js has handlers for; or a handler of your own with `save()` and `load()`. A
 * new backup replaces the old one completely or not at all: on a full disk or quota `fit` fails and the old backup
 * stays. (In your own handler this is up to you.) A handler reports an empty place by `undefined`, or by an error whose
 * code is ENOENT or whose message says so; any other error ends `restore`. A backup is not a model file.
 *
 * **Time**: after every epoch, or after every `every` batches. (If `fit` validates, a backup due at the last batch of
 * an epoch waits for the end of that epoch.) tf.js can't start inside an epoch, so a resumed epoch skips the batches
 * that are done: they train nothing, no callback sees them, and a callback with state sees no second `onEpochBegin`.
 * `params.passedOver` holds their number, and the means in `History` cover the whole epoch. With `batchesPerEpoch`,
 * where `fitDataset` reads the data once for all epochs, the batches of earlier epochs are skipped, too. In a loop of
 * your own ({@link startTraining}) a training can only be resumed at the end of an epoch.
 *
 * **End**: with `deleteAtEnd` the backup is deleted when `fit` ends, at its last epoch or by `model.stopTraining`,
 * which `EarlyStopping` sets. A `fit` that fails keeps it. With `deleteAtEnd: false` the backup stays: the next run
 * gets the trained model, and `fit` does nothing until `epochs` is larger. Your own handler is emptied by its
 * `remove()`; without one, a small note replaces the backup.
 *
 * Several `fit` calls after one `restore` are one training if each starts at the epoch where the one before ended. A
 * place is for one training at a time: if another one has written there, `fit` fails at its next save.
 *
 * @throws TypeError or RangeError from the constructor where an option is unknown or wrong, or no handler knows the
 *     URL; from `fit` where `restore` was not called before, the model or its optimizer is not the one it gave,
 *     `initialEpoch` is another epoch, or this callback is not the last one; Error where a backup can't be written, or
 *     is another training's.
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
  #training: Training | undefined;
  #batch = 0;

  constructor(place: string | BackupHandler, args: BackupAndRestoreArgs = {}) {
    super();
    this.#options = read('BackupAndRestore', args, OPTIONS);
    this.#place = handlerFor(place);
  }

  /**
   * Goes on with the training in the backup, or begins one where there is none. Call it before `fit`.
   *
   * @param makeModel makes the compiled model anew, as it was made for the training in the backup: that has its
   *     weights, masks and all that its optimizer knows, but not its losses, which may be functions of yours.
   * @param callbacks all callbacks of the `fit` to come but this one.
   * @throws what `makeModel` throws; Error where the backup can't be read; TypeError where something else than a backup
   *     is there; RangeError where the backup is of another model, optimizer (its learning rate may differ) or list of
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
    const place = new OwnedPlace(this.#place);
    const found = await place.find();
    const model = await makeModel();
    expectCompiled('BackupAndRestore', model);
    const training: Training = {
      model,
      identity: modelIdentity(model),
      optimizer: innerModel(model).optimizer,
      callbacks: list,
      place,
      log: new StepLog(),
      position: START,
      epochShape: undefined,
      fit: undefined,
      saidUnrepeatable: false,
      saidForgetful: false,
    };
    if (found) await this.#takeOver(found, training);
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
    if (training.position.batch > 0) this.#expectSameEpoch(training);
    // Those that plan by the parameters plan for what is left; tf.js tells them nothing of `initialEpoch` in
    // `fitDataset`.
    Object.assign(params, {initialEpoch: training.position.epoch, passedOver: training.position.batch});
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
    this.#expectEpoch(training, epoch);
    const {fit, optimizer} = training;
    if (fit?.data instanceof SeededBatches) fit.data.goOnAt(epoch);
    if (isPassedOver(training, 0) && fit?.learningRate !== undefined) setLearningRate(optimizer, fit.learningRate);
    return Promise.resolve();
  }

  override onBatchBegin(batch: number): Promise<void> {
    this.#batch = batch;
    return Promise.resolve();
  }

  override async onBatchEnd(batch: number): Promise<void> {
    const training = this.#expectTraining();
    if (isPassedOver(training, batch)) {
      if (!isPassedOver(training, batch + 1)) arrive(training);
      return;
    }
    const {epoch, step, stepInFit} = training.position;
    training.position = {epoch, batch: batch + 1, step: step + 1, stepInFit: stepInFit + 1};
    if (typeof this.#options.every !== 'number' || training.position.step % this.#options.every !== 0) return;
    if (training.fit && isValidated(training, this.params, batch)) training.fit.isDue = true;
    else await this.#save(training);
  }

  override async onEpochEnd(epoch: number): Promise<void> {
    const training = this.#expectTraining();
    const {batch, ...position} = training.position;
    if (isPassedOver(training, 0)) {
      throw this.#refusal(`epoch ${epoch} has fewer batches than the ${batch} that were done of it`);
    }
    training.position = {...position, epoch: epoch + 1, batch: 0};
    training.log.clear();
    if (this.#options.every === 'epoch' || training.fit?.isDue) await this.#save(training);
    if (training.fit) training.fit.isDue = false;
  }

  override async onTrainEnd(): Promise<void> {
    const training = this.#expectTraining();
    training.position = {...training.position, stepInFit: 0};
    if (this.#options.deleteAtEnd) await training.place.remove();
    else await this.#save(training);
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

  /** Batches can be passed over only where they are the same as before. */
  #expectSameEpoch({position, epochShape, fit, model}: Training): void {
    if (!fit) {
      throw new RangeError(
        `This training goes on inside epoch ${position.epoch}, which only fit and fitDataset can do`,
      );
    }
    const difference = differenceAt('the epoch', epochShape, shapeOfEpoch(this.params, model));
    if (difference !== undefined) throw this.#refusal(`${difference}, within which it goes on`);
  }

  /** All that a backup holds goes into the model, its optimizer and the callbacks, or nothing does. */
  async #takeOver(found: FoundBackup, training: Training): Promise<void> {
    const {backup} = found;
    const {model, identity, callbacks, log} = training;
    const difference =
      modelDifference(backup.model, identity) ??
      differenceAt('the list of callbacks', savedCallbackNames(backup.callbacks), callbackNames(callbacks)) ??
      differenceInLogs(backup, model);
    if (difference !== undefined) throw this.#refusal(difference);
    await sayIfElsewhere(this.#place.name, backup.backend);
    sayIfRenamed(backup.model.weights, identity.weights, callbacks);
    const tensors = found.tensors();
    try {
      await putCallbackStates(callbacks, backup.callbacks, tensors, async () => {
        await log.restore(tensors['log']!);
        putModelState(model, {progress: backup.progress, tensors});
      });
    } finally {
      tf.dispose(tensors);
    }
    const {position, epochShape, userDefinedMetadata} = backup;
    Object.assign(training, {position, epochShape});
    if (userDefinedMetadata) model.setUserDefinedMetadata(userDefinedMetadata);
  }

  #refusal(difference: string): RangeError {
    return new RangeError(
      `BackupAndRestore can't go on with the training in ${this.#place.name}: ${difference}. Go on with what the ` +
        'backup was made with, or keep the backups of another training in another place',
    );
  }

  /** tf.js tells no callback how a `fit` ends that fails: this is around it. */
  async #run<T>(training: Training, args: FitArgs, data: unknown, run: (data: unknown) => Promise<T>): Promise<T> {
    const list = [args.callbacks ?? []].flat() as AnyCallback[];
    // A model trains but once at a time: a second fit is told so by tf.js, and the first one goes on.
    if (!list.includes(this) || isInFit(innerModel(training.model))) return run(data);
    this.#expectToGoOn(training, args, list);
    this.#sayIfUnrepeatable(training, args, data);
    const passedOver = training.position.batch;
    const others = passedOver > 0 ? list.filter(callback => callback !== (this as AnyCallback)) : [];
    const {learningRate} = fieldsOf(training.optimizer) as {learningRate?: number};
    training.fit = {data, passedOver, unmute: muteBatches(others), learningRate, isDue: false};
    try {
      return await run(goingOn(training, args, data));
    } catch (error) {
      this.#training = undefined; // what has been done since the last backup is in nobody's books
      throw error;
    } finally {
      training.fit.unmute();
      training.fit = undefined;
      training.log.clear();
    }
  }

  #expectToGoOn(training: Training, {initialEpoch = 0}: FitArgs, list: readonly AnyCallback[]): void {
    if (training !== this.#training) throw noTraining();
    list.forEach(expectCallback);
    if (list.at(-1) !== (this as AnyCallback)) throw misplaced(`${list.at(-1)!.constructor.name} is`);
    const forgotten = list.find(each => isResumable(each) && !training.callbacks.includes(each));
    if (forgotten) throw misplaced(`restore() was not given ${forgotten.constructor.name}`);
    this.#expectEpoch(training, initialEpoch);
  }

  #expectEpoch({position}: Training, epoch: number): void {
    if (epoch === position.epoch) return;
    throw new RangeError(
      `Expected fit to go on with epoch ${position.epoch}, where this training is, got ${epoch}; pass the ` +
        '`initialEpoch` that restore() gives',
    );
  }

  #sayIfUnrepeatable(training: Training, args: FitArgs, data: unknown): void {
    if (!training.saidUnrepeatable) sayUnrepeatable(unrepeatable(training.model, args, data));
    training.saidUnrepeatable = true;
  }

  /** A batch that is passed over trains nothing, and logs once more what it has logged. */
  #step(training: Training, batch: tf.Tensor[], train: TrainStep): tf.Tensor[] {
    if (isPassedOver(training, this.#batch)) return training.log.replay(this.#batch);
    const outs = train(batch);
    if (training.fit && typeof this.#options.every === 'number') training.log.note(outs);
    return outs;
  }

  async #save(training: Training): Promise<void> {
    const {saved, tensors: ofCallbacks} = await callbackStates(training.callbacks);
    const log = await training.log.read();
    try {
      const {progress, tensors} = modelState(training.model);
      if (!training.saidForgetful) sayIfForgetful(training.optimizer);
      training.saidForgetful = true;
      await training.place.save(async writer =>
        toArtifacts(await this.#backupOf(training, {writer, progress, callbacks: saved}), {
          ...tensors,
          ...ofCallbacks,
          log,
        }),
      );
    } finally {
      tf.dispose([log, ...Object.values(ofCallbacks)]);
    }
  }

  async #backupOf(
    {model, identity, position}: Training,
    parts: Pick<Backup, 'writer' | 'progress' | 'callbacks'>,
  ): Promise<Backup> {
    return {
      ...parts,
      position,
      backend: await backendName(),
      model: identityNow(identity, model),
      epochShape: shapeOfEpoch(this.params, model),
      userDefinedMetadata: model.getUserDefinedMetadata(),
    };
  }

  #expectTraining(): Training {
    if (this.#training) return this.#training;
    throw noTraining();
  }
}
