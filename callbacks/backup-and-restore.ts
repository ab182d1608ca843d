import * as tf from '@tensorflow/tfjs-core';
import * as tfl from '@tensorflow/tfjs-layers';
import type {Tensors} from '../src/backup/artifacts.js';
import {backendName} from '../src/backup/backend.js';
import {
  endedArtifacts,
  readBackup,
  readWriter,
  toArtifacts,
  type Backup,
  type EpochShape,
  type FoundBackup,
  type Position,
  type Writer,
} from '../src/backup/backup.js';
import {
  identityNow,
  modelDifference,
  modelIdentity,
  modelState,
  putModelState,
  type ModelIdentity,
} from '../src/backup/model-state.js';
import {handlerFor, type BackupHandler, type Place} from '../src/backup/place.js';
import {unrepeatable} from '../src/backup/repeatable.js';
import {StepLog} from '../src/backup/step-log.js';
import {differenceAt} from '../src/backup/topology-difference.js';
import {expectCompiled} from '../src/layers/model-layers.js';
import {expectBoolean, expectInteger, expectOptions, isList, received} from '../src/math/expect.js';
import {SeededBatches} from '../src/passes/seeded-batches.js';
import {innerModel, interceptFits, type FitArgs, type Model, type TrainStep} from '../src/tfjs-internals.js';
import {
  callbackNames,
  callbackStates,
  isResumable,
  putCallbackStates,
  savedCallbackNames,
  type AnyCallback,
} from './callback-states.js';
import {ModelCallback} from './model-callback.js';
import {muteBatches} from './muted-batches.js';

/** Options of {@link BackupAndRestore}. */
export interface BackupAndRestoreArgs {
  /** When it saves: at the end of every epoch, or of every so many batches, at least 1. Defaults to 'epoch'. */
  every?: 'epoch' | number;
  /** Whether the backup goes when the training has ended. Defaults to true. */
  deleteAtEnd?: boolean;
}

/** What `fit` goes on with. */
export interface RestoredTraining<M extends Model> {
  /** The new model, with all that the backup had of it. */
  readonly model: M;
  /** The epoch to go on with, for `fit`; 0 where there was no backup. */
  readonly initialEpoch: number;
}

/** A training between `restore` and its end. */
interface Training {
  readonly model: Model;
  readonly identity: ModelIdentity;
  readonly callbacks: readonly AnyCallback[];
  readonly run: string;
  readonly log: StepLog;
  /** Who has written what is in the place, as far as this training knows. */
  writer: Writer | undefined;
  position: Position;
  /** Of the epoch that a backup is in, which the one that goes on must be like. */
  epochShape: EpochShape | undefined;
  fit: RunningFit | undefined;
  saidUnrepeatable: boolean;
}

/** A `fit` that this callback is in. */
interface RunningFit {
  readonly data: unknown;
  /** Batches of its first epoch that are passed over, until they are. */
  passedOver: number;
  /** Lets the other callbacks see batches again. */
  readonly unmute: () => void;
}

const START: Position = {epoch: 0, batch: 0, step: 0};

export class BackupAndRestore extends ModelCallback {
  readonly #place: Place;
  readonly #every: 'epoch' | number;
  readonly #deleteAtEnd: boolean;
  #training: Training | undefined;
  #batch = 0;

  constructor(place: string | BackupHandler, args: BackupAndRestoreArgs = {}) {
    super();
    const {every = 'epoch', deleteAtEnd = true} = expectOptions('BackupAndRestore', args, ['every', 'deleteAtEnd']);
    this.#place = handlerFor(place);
    this.#every = every === 'epoch' ? every : expectInteger('every', every, {min: 1});
    this.#deleteAtEnd = expectBoolean('deleteAtEnd', deleteAtEnd);
  }

  /**
   * Goes on with the training in the backup, or begins one where there is none. Call it before `fit`.
   *
   * @param makeModel makes the compiled model anew, as it was made for the training in the backup: that has its weights, masks
   *     and all that its optimizer knows, but not its losses, which may be functions of yours.
   * @param callbacks all callbacks of the `fit` to come but this one.
   * @throws what `makeModel` throws; Error where the backup can't be read; TypeError where something else than a backup is
   *     there; RangeError where the backup is of another model, optimizer or list of callbacks: nothing is changed then.
   */
  async restore<M extends Model>(
    makeModel: () => M | Promise<M>,
    callbacks: readonly AnyCallback[],
  ): Promise<RestoredTraining<M>> {
    if (typeof makeModel !== 'function') {
      throw new TypeError(
        `BackupAndRestore.restore expects a function that makes a compiled model, got ${received(makeModel)}`,
      );
    }
    const list = [...this.#expectCallbacks(callbacks)];
    const found = await readBackup(this.#place);
    const model = await makeModel();
    expectCompiled('BackupAndRestore', model);
    const training: Training = {
      model,
      identity: modelIdentity(model),
      callbacks: list,
      run: crypto.getRandomValues(new Uint32Array(4)).join('-'),
      log: new StepLog(),
      writer: undefined,
      position: START,
      epochShape: undefined,
      fit: undefined,
      saidUnrepeatable: false,
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

  override setParams(params: Parameters<tfl.Callback['setParams']>[0]): void {
    const {callbacks, position, epochShape, fit, model} = this.#expectTraining();
    super.setParams(params);
    const behind = callbacks.find(callback => callback.params !== params);
    if (behind) throw misplaced(`${behind.constructor.name} is behind it, or not in the list`);
    if (position.batch === 0) return;
    if (!fit)
      throw new RangeError(
        `This training goes on inside epoch ${position.epoch}, which only fit and fitDataset can do`,
      );
    const difference = differenceAt('the epoch', epochShape, shapeOfEpoch(params, model));
    if (difference !== undefined) throw this.#refusal(`${difference}, within which it goes on`);
    // Those that plan by the parameters plan for what is left; tf.js tells them nothing of `initialEpoch` in `fitDataset`.
    Object.assign(params, {initialEpoch: position.epoch, passedOver: position.batch});
  }

  override setModel(model: tfl.LayersModel): void {
    super.setModel(model);
    if (model === innerModel(this.#expectTraining().model)) return;
    throw new TypeError(
      `BackupAndRestore is in a fit of model "${model.name}", which is not the one that restore() has given; call restore() ` +
        'before, and train its model',
    );
  }

  override async onEpochBegin(epoch: number): Promise<void> {
    await super.onEpochBegin(epoch);
    const training = this.#expectTraining();
    this.#expectEpoch(training, epoch);
    if (training.fit?.data instanceof SeededBatches) training.fit.data.goOnAt(epoch);
  }

  override async onBatchBegin(batch: number): Promise<void> {
    await super.onBatchBegin(batch);
    this.#batch = batch;
  }

  override async onBatchEnd(batch: number): Promise<void> {
    await super.onBatchEnd(batch);
    const training = this.#expectTraining();
    if (isPassedOver(training, batch)) {
      if (!isPassedOver(training, batch + 1)) arrive(training);
      return;
    }
    const {epoch, step} = training.position;
    training.position = {epoch, batch: batch + 1, step: step + 1};
    if (typeof this.#every === 'number' && training.position.step % this.#every === 0) await this.#save(training);
  }

  override async onEpochEnd(epoch: number): Promise<void> {
    await super.onEpochEnd(epoch);
    const training = this.#expectTraining();
    const {step, batch} = training.position;
    if (isPassedOver(training, 0)) {
      throw this.#refusal(`epoch ${epoch} has fewer batches than the ${batch} that were done of it`);
    }
    training.position = {epoch: epoch + 1, batch: 0, step};
    training.log.clear();
    if (this.#every === 'epoch') await this.#save(training);
  }

  override async onTrainEnd(): Promise<void> {
    await super.onTrainEnd();
    const training = this.#expectTraining();
    if (this.#deleteAtEnd) await this.#remove(training);
    else await this.#save(training);
  }

  #expectCallbacks(callbacks: readonly AnyCallback[]): readonly AnyCallback[] {
    if (!isList(callbacks)) {
      throw new TypeError(
        `BackupAndRestore.restore expects the list of the callbacks of fit, [] where there are none, got ${received(callbacks)}`,
      );
    }
    callbacks.forEach((callback, i) => {
      if (callback === (this as AnyCallback))
        throw new TypeError(`Expected all callbacks but BackupAndRestore itself, got it at ${i}`);
      expectCallback(callback, i);
    });
    return callbacks;
  }

  /** All that a backup holds goes into the model, its optimizer and the callbacks, or nothing does. */
  async #takeOver({backup, tensors: load}: FoundBackup, training: Training): Promise<void> {
    const {model, identity, callbacks, log} = training;
    const difference =
      modelDifference(backup.model, identity) ??
      differenceAt('the list of callbacks', savedCallbackNames(backup.callbacks), callbackNames(callbacks));
    if (difference !== undefined) throw this.#refusal(difference);
    await this.#sayIfElsewhere(backup.backend);
    const tensors = load();
    try {
      await putCallbackStates(callbacks, backup.callbacks, tensors, async () => {
        await log.restore(tensors['log']!);
        putModelState(model, {progress: backup.progress, tensors});
      });
    } finally {
      tf.dispose(tensors as tf.NamedTensorMap);
    }
    const {writer, position, epochShape, userDefinedMetadata} = backup;
    Object.assign(training, {writer, position, epochShape});
    if (userDefinedMetadata) model.setUserDefinedMetadata(userDefinedMetadata);
  }

  #refusal(difference: string): RangeError {
    return new RangeError(
      `BackupAndRestore can't go on with the training in ${this.#place.name}: ${difference}. Go on with what the backup was made ` +
        'with, or keep the backups of another training in another place',
    );
  }

  async #sayIfElsewhere(backend: string): Promise<void> {
    const here = await backendName();
    if (backend === here) return;
    // eslint-disable-next-line no-console -- the training goes on as well as before, but not with the same bits
    console.warn(
      `BackupAndRestore: the backup in ${this.#place.name} was made on ${backend}, and goes on on ${here}; results may differ in their last bits`,
    );
  }

  /** tf.js tells no callback how a `fit` ends that fails: this is around it. */
  async #run<T>(training: Training, args: FitArgs, data: unknown, run: () => Promise<T>): Promise<T> {
    const list = [args.callbacks ?? []].flat() as AnyCallback[];
    if (!list.includes(this)) return run();
    this.#expectToGoOn(training, args, list);
    this.#sayIfUnrepeatable(training, args, data);
    const passedOver = training.position.batch;
    const others = passedOver > 0 ? list.filter(callback => callback !== (this as AnyCallback)) : [];
    training.fit = {data, passedOver, unmute: muteBatches(others)};
    try {
      return await run();
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
      `Expected fit to go on with epoch ${position.epoch}, where this training is, got ${epoch}; pass the \`initialEpoch\` that ` +
        'restore() gives',
    );
  }

  #sayIfUnrepeatable(training: Training, args: FitArgs, data: unknown): void {
    const reasons = unrepeatable(training.model, args, data);
    if (reasons.length === 0 || training.saidUnrepeatable) return;
    training.saidUnrepeatable = true;
    // eslint-disable-next-line no-console -- the backup is as good, but who counts on equal bits must know
    console.warn(
      `BackupAndRestore: if this training is resumed, it will not be equal bit by bit to one that never stopped: ${reasons.join('; ')}`,
    );
  }

  /** A batch that is passed over trains nothing, and logs once more what it has logged. */
  #step(training: Training, batch: tf.Tensor[], train: TrainStep): tf.Tensor[] {
    if (isPassedOver(training, this.#batch)) return training.log.replay(this.#batch);
    const outs = train(batch);
    if (training.fit && typeof this.#every === 'number') training.log.note(outs);
    return outs;
  }

  async #save(training: Training): Promise<void> {
    await this.#expectOurs(training);
    const {run, model, identity, callbacks, position, log} = training;
    const writer = {run, saves: (training.writer?.run === run ? training.writer.saves : 0) + 1};
    const {saved, tensors: ofCallbacks} = await callbackStates(callbacks);
    const ofSteps = await log.read();
    try {
      const {progress, tensors} = modelState(model);
      const backup: Backup = {
        writer,
        position,
        backend: await backendName(),
        model: identityNow(identity, model),
        progress,
        callbacks: saved,
        epochShape: shapeOfEpoch(this.params, model),
        userDefinedMetadata: model.getUserDefinedMetadata(),
      };
      const all: Tensors = {...tensors, ...ofCallbacks, log: ofSteps};
      await this.#keep(await toArtifacts(backup, all));
    } finally {
      tf.dispose([ofSteps, ...Object.values(ofCallbacks)]);
    }
    training.writer = writer;
  }

  async #keep(artifacts: tf.io.ModelArtifacts): Promise<void> {
    const {name} = this.#place;
    try {
      await this.#place.save(artifacts);
    } catch (cause) {
      const reason = cause instanceof Error ? cause.message : String(cause);
      throw new Error(`BackupAndRestore could not save to ${name}, and training stops: ${reason}`, {cause});
    }
  }

  async #remove(training: Training): Promise<void> {
    await this.#expectOurs(training);
    if (this.#place.remove) await this.#place.remove();
    else if (training.writer) await this.#keep(endedArtifacts(training.writer));
    training.writer = undefined;
  }

  /** Whoever else has written here since is a training that goes on. */
  async #expectOurs({writer, run}: Training): Promise<void> {
    const present = await readWriter(this.#place);
    if (!present || present.run === run || (present.run === writer?.run && present.saves === writer.saves)) return;
    throw new Error(
      `BackupAndRestore has found the backup of another training in ${this.#place.name}, which was written since this one began; ` +
        'let only one of them run, or give each a place of its own',
    );
  }

  #expectTraining(): Training {
    if (this.#training) return this.#training;
    throw noTraining();
  }
}

/** Whether a batch of the first epoch was done before the training was interrupted. */
function isPassedOver({fit}: Training, batch: number): boolean {
  return batch < (fit?.passedOver ?? 0);
}

/** All that was done before is passed over. */
function arrive({fit}: Training): void {
  fit!.passedOver = 0;
  fit!.unmute();
}

function shapeOfEpoch(params: Record<string, unknown>, model: Model): EpochShape {
  const {samples, batchSize, steps} = params as Record<string, number | null>;
  return {
    samples: samples ?? null,
    batchSize: batchSize ?? null,
    batches: steps ?? null,
    logs: innerModel(model).metricsNames,
  };
}

function expectCallback(callback: AnyCallback, index: number): void {
  if (typeof (callback as Partial<AnyCallback> | null | undefined)?.setParams === 'function') return;
  throw new TypeError(
    `Expected callbacks that are instances, got ${received(callback)} at ${index}; wrap plain objects as new tf.CustomCallback({...})`,
  );
}

function misplaced(what: string): TypeError {
  return new TypeError(
    `BackupAndRestore expects to be the last callback of fit, behind those that restore() was given, but ${what}; write ` +
      '`callbacks: [...callbacks, backup]`, and `backup.restore(makeModel, callbacks)` before',
  );
}

function noTraining(): Error {
  return new Error(
    'BackupAndRestore expects restore() before each training, also after a fit that failed: `const {model, initialEpoch} = await ' +
      'backup.restore(() => newCompiledModel, callbacks)`, then fit this model with `initialEpoch` and `callbacks: [...callbacks, backup]`',
  );
}

/** tf.js' own callback that remembers something: it forgets it whenever a `fit` begins. */
function sayWhatIsLost(callbacks: readonly AnyCallback[]): void {
  if (!callbacks.some(callback => callback instanceof tfl.EarlyStopping)) return;
  // eslint-disable-next-line no-console -- training goes on, but may stop later than it would have
  console.warn(
    'BackupAndRestore: EarlyStopping can not be saved; in a training that is resumed its best value and its patience start anew',
  );
}
