import type * as tf from '@tensorflow/tfjs-core';
import type {EpochShape, Position} from '../../src/backup/backup.js';
import {modelIdentity, type ModelIdentity} from '../../src/backup/model-state.js';
import type {OwnedPlace} from '../../src/backup/owned-place.js';
import {StepLog} from '../../src/backup/step-log.js';
import {differenceAt} from '../../src/backup/topology-difference.js';
import {weightsBeside} from '../../src/layers/weights-beside.js';
import type {Dataset} from '../../src/passes/data.js';
import {skipBatches} from '../../src/passes/skip-batches.js';
import {fieldsOf, innerModel, type FitArgs, type Model} from '../../src/tfjs-internals.js';
import type {AnyCallback} from './callback-states.js';
import {muteBatches} from './muted-batches.js';
import {anotherTraining} from './refusals.js';

/** A running `fit` of a training. */
export interface RunningFit {
  readonly data: unknown;
  /** The number of batches of its first epoch to skip; 0 once they are skipped. */
  passedOver: number;
  /** Lets the other callbacks see batches again. */
  readonly unmute: () => void;
  /** The learning rate of the backup, which a schedule may change when the epoch begins again. */
  readonly learningRate: number | undefined;
  /** Whether a save waits for the end of the epoch. */
  isDue: boolean;
}

type Params = Record<string, unknown>;

/** A training from `restore` to its end. */
export class BackedUpTraining {
  readonly model: Model;
  readonly identity: ModelIdentity;
  /** How many variables are trained beside the model. */
  readonly besides: number;
  /** The optimizer with the state of the backup. */
  readonly optimizer: tf.Optimizer;
  readonly callbacks: readonly AnyCallback[];
  readonly place: OwnedPlace;
  readonly log = new StepLog();
  position: Position = {epoch: 0, batch: 0, step: 0, stepInFit: 0};
  /** The shape of the epoch that the backup is in, which the resumed epoch must have, too. */
  epochShape: EpochShape | undefined;
  fit: RunningFit | undefined;

  constructor(model: Model, callbacks: readonly AnyCallback[], place: OwnedPlace) {
    this.model = model;
    this.identity = modelIdentity(model);
    this.besides = weightsBeside(model).length;
    this.optimizer = innerModel(model).optimizer;
    this.callbacks = callbacks;
    this.place = place;
  }

  /** Whether a batch of the first epoch was done before the training was interrupted. */
  isPassedOver(batch: number): boolean {
    return batch < (this.fit?.passedOver ?? 0);
  }

  /** Begins a fit; other callbacks don't see batches that are skipped. */
  beginFit(data: unknown, others: readonly AnyCallback[]): void {
    const passedOver = this.position.batch;
    const {learningRate} = fieldsOf(this.optimizer) as {learningRate?: number};
    const unmute = muteBatches(passedOver > 0 ? others : []);
    this.fit = {data, passedOver, unmute, learningRate, isDue: false};
  }

  /** Ends the fit, whether or not it succeeded. */
  endFit(): void {
    this.fit?.unmute();
    this.fit = undefined;
    this.log.clear();
  }

  /** Notes the end of a batch, and returns whether it was trained rather than skipped. */
  completeBatch(batch: number): boolean {
    if (this.isPassedOver(batch)) {
      if (!this.isPassedOver(batch + 1)) this.#arrive();
      return false;
    }
    const {epoch, step, stepInFit} = this.position;
    this.position = {epoch, batch: batch + 1, step: step + 1, stepInFit: stepInFit + 1};
    return true;
  }

  /**
   * Notes the end of an epoch.
   *
   * @throws RangeError if it had fewer batches than were to be skipped.
   */
  completeEpoch(epoch: number): void {
    const {batch, ...position} = this.position;
    if (this.isPassedOver(0)) {
      throw anotherTraining(this.place, `epoch ${epoch} has fewer batches than the ${batch} that were done of it`);
    }
    this.position = {...position, epoch: epoch + 1, batch: 0};
    this.log.clear();
  }

  /** Expects the skipped batches to be the same as before. */
  expectSameEpoch(params: Params): void {
    if (!this.fit) {
      throw new RangeError(
        `This training goes on inside epoch ${this.position.epoch}, which only fit and fitDataset can do`,
      );
    }
    const difference = differenceAt('the epoch', this.epochShape, this.shapeOfEpoch(params));
    if (difference !== undefined) throw anotherTraining(this.place, `${difference}, within which it goes on`);
  }

  /** The rest of a fit's dataset: with `batchesPerEpoch` tf.js makes one pass over it for all epochs. */
  rest(args: FitArgs, data: unknown): unknown {
    const isOnePass = data !== undefined && (args as {batchesPerEpoch?: number}).batchesPerEpoch != null;
    const taken = this.position.stepInFit - this.position.batch;
    return isOnePass && taken > 0 ? skipBatches(data as Dataset, taken) : data;
  }

  /**
   * Whether a batch is the last of an epoch that `fit` validates. `fit` validates before `onBatchEnd`, in which
   * callbacks may still change the model: a training can't resume there.
   */
  isValidated(params: Params, batch: number): boolean {
    const {samples, batchSize, doValidation} = params as Record<string, number>;
    if (!this.fit || this.fit.data !== undefined || !doValidation) return false;
    return batch === Math.ceil(samples! / batchSize!) - 1;
  }

  /** The parameters of a fit that determine the batches of an epoch. */
  shapeOfEpoch(params: Params): EpochShape {
    const {samples, batchSize, steps} = params as Record<string, number | null>;
    return {
      samples: samples ?? null,
      batchSize: batchSize ?? null,
      batches: steps ?? null,
      logs: innerModel(this.model).metricsNames,
    };
  }

  #arrive(): void {
    this.fit!.passedOver = 0;
    this.fit!.unmute();
  }
}
