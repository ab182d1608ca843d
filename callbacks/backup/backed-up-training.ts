import type * as tf from '@tensorflow/tfjs-core';
import type {EpochShape, Position} from '../../src/backup/backup.js';
import {modelIdentity, type ModelIdentity} from '../../src/backup/model-state.js';
import type {OwnedPlace} from '../../src/backup/owned-place.js';
import {StepLog} from '../../src/backup/step-log.js';
import {differenceAt} from '../../src/backup/topology-difference.js';
import type {Dataset} from '../../src/passes/data.js';
import {skipBatches} from '../../src/passes/skip-batches.js';
import {fieldsOf, innerModel, type FitArgs, type Model} from '../../src/tfjs-internals.js';
import type {AnyCallback} from './callback-states.js';
import {muteBatches} from './muted-batches.js';
import {anotherTraining} from './refusals.js';

/** A `fit` of a training. */
export interface RunningFit {
  readonly data: unknown;
  /** How many batches of its first epoch are passed over, until they are. */
  passedOver: number;
  /** Lets the other callbacks see batches again. */
  readonly unmute: () => void;
  /** The learning rate of the backup: a schedule may set another one when the epoch begins once more. */
  readonly learningRate: number | undefined;
  /** Whether a save waits for the end of the epoch. */
  isDue: boolean;
}

type Params = Record<string, unknown>;

/** A training between `restore` and its end. */
export class BackedUpTraining {
  readonly model: Model;
  readonly identity: ModelIdentity;
  /** The optimizer that has the state of the backup. */
  readonly optimizer: tf.Optimizer;
  readonly callbacks: readonly AnyCallback[];
  readonly place: OwnedPlace;
  readonly log = new StepLog();
  position: Position = {epoch: 0, batch: 0, step: 0, stepInFit: 0};
  /** The shape of the epoch that a backup is in, which the one that goes on must have, too. */
  epochShape: EpochShape | undefined;
  fit: RunningFit | undefined;

  constructor(model: Model, callbacks: readonly AnyCallback[], place: OwnedPlace) {
    this.model = model;
    this.identity = modelIdentity(model);
    this.optimizer = innerModel(model).optimizer;
    this.callbacks = callbacks;
    this.place = place;
  }

  /** Whether a batch of the first epoch was done before the training was interrupted. */
  isPassedOver(batch: number): boolean {
    return batch < (this.fit?.passedOver ?? 0);
  }

  /** Begins a fit, in which others see no batch that is passed over. */
  beginFit(data: unknown, others: readonly AnyCallback[]): void {
    const passedOver = this.position.batch;
    const {learningRate} = fieldsOf(this.optimizer) as {learningRate?: number};
    const unmute = muteBatches(passedOver > 0 ? others : []);
    this.fit = {data, passedOver, unmute, learningRate, isDue: false};
  }

  /** Ends it, however it has ended. */
  endFit(): void {
    this.fit?.unmute();
    this.fit = undefined;
    this.log.clear();
  }

  /** Notes the end of a batch, and returns whether it was trained now. */
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
   * @throws RangeError if it had fewer batches than are passed over.
   */
  completeEpoch(epoch: number): void {
    const {batch, ...position} = this.position;
    if (this.isPassedOver(0)) {
      throw anotherTraining(this.place, `epoch ${epoch} has fewer batches than the ${batch} that were done of it`);
    }
    this.position = {...position, epoch: epoch + 1, batch: 0};
    this.log.clear();
  }

  /** Expects the batches that are passed over to be the same as before. */
  expectSameEpoch(params: Params): void {
    if (!this.fit) {
      throw new RangeError(
        `This training goes on inside epoch ${this.position.epoch}, which only fit and fitDataset can do`,
      );
    }
    const difference = differenceAt('the epoch', this.epochShape, this.shapeOfEpoch(params));
    if (difference !== undefined) throw anotherTraining(this.place, `${difference}, within which it goes on`);
  }

  /** The dataset of a fit from where its pass goes on: with `batchesPerEpoch` tf.js makes one pass for all epochs. */
  rest(args: FitArgs, data: unknown): unknown {
    const isOnePass = data !== undefined && (args as {batchesPerEpoch?: number}).batchesPerEpoch != null;
    const taken = this.position.stepInFit - this.position.batch;
    return isOnePass && taken > 0 ? skipBatches(data as Dataset, taken) : data;
  }

  /**
   * Whether a batch is the last of an epoch that `fit` validates. It does so before the batch ends for callbacks, which
   * may change the model then: too late to go on there.
   */
  isValidated(params: Params, batch: number): boolean {
    const {samples, batchSize, doValidation} = params as Record<string, number>;
    if (!this.fit || this.fit.data !== undefined || !doValidation) return false;
    return batch === Math.ceil(samples! / batchSize!) - 1;
  }

  /** What must be the same for the batches of an epoch to be the same, by the parameters of a fit. */
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
