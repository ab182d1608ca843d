import type * as tf from '@tensorflow/tfjs-core';
import type {Backup, EpochShape, Position} from '../../src/backup/backup.js';
import type {ModelIdentity} from '../../src/backup/model-state.js';
import type {OwnedPlace} from '../../src/backup/owned-place.js';
import type {StepLog} from '../../src/backup/step-log.js';
import {differenceAt} from '../../src/backup/topology-difference.js';
import type {Dataset} from '../../src/passes/data.js';
import {skipBatches} from '../../src/passes/skip-batches.js';
import {innerModel, type FitArgs, type Model} from '../../src/tfjs-internals.js';
import type {AnyCallback} from './callback-states.js';

/** A training between `restore` and its end. */
export interface Training {
  readonly model: Model;
  readonly identity: ModelIdentity;
  /** That has what the backup had of it. */
  readonly optimizer: tf.Optimizer;
  readonly callbacks: readonly AnyCallback[];
  readonly place: OwnedPlace;
  readonly log: StepLog;
  position: Position;
  /** Of the epoch that a backup is in, which the one that goes on must be like. */
  epochShape: EpochShape | undefined;
  fit: RunningFit | undefined;
  saidUnrepeatable: boolean;
  saidForgetful: boolean;
}

/** A `fit` that this callback is in. */
export interface RunningFit {
  readonly data: unknown;
  /** Batches of its first epoch that are passed over, until they are. */
  passedOver: number;
  /** Lets the other callbacks see batches again. */
  readonly unmute: () => void;
  /** That of the backup: a schedule may set another one when the epoch begins once more. */
  readonly learningRate: number | undefined;
  /** Whether a save waits for the end of the epoch. */
  isDue: boolean;
}

/** Where a new one is. */
export const START: Position = {epoch: 0, batch: 0, step: 0, stepInFit: 0};

/** Means over an epoch are of what all of its batches log; another one may log something else. */
export function differenceInLogs({position, epochShape}: Backup, model: Model): string | undefined {
  if (position.batch === 0) return undefined;
  return differenceAt('`logs` of the epoch that it is in', epochShape.logs, innerModel(model).metricsNames);
}

/** Whether a batch of the first epoch was done before the training was interrupted. */
export function isPassedOver({fit}: Training, batch: number): boolean {
  return batch < (fit?.passedOver ?? 0);
}

/** All that was done before is passed over. */
export function arrive({fit}: Training): void {
  fit!.passedOver = 0;
  fit!.unmute();
}

/** The dataset of a fit, from where its pass over it goes on: with `batchesPerEpoch` tf.js makes one for all epochs. */
export function goingOn({position}: Training, args: FitArgs, data: unknown): unknown {
  const isOnePass = data !== undefined && (args as {batchesPerEpoch?: number}).batchesPerEpoch != null;
  const taken = position.stepInFit - position.batch;
  return isOnePass && taken > 0 ? skipBatches(data as Dataset, taken) : data;
}

/**
 * `fit` validates an epoch before its last batch ends for callbacks, which may change the model then: too late to go on
 * there.
 */
export function isValidated({fit}: Training, params: Record<string, unknown>, batch: number): boolean {
  const {samples, batchSize, doValidation} = params as Record<string, number>;
  return fit?.data === undefined && Boolean(doValidation) && batch === Math.ceil(samples! / batchSize!) - 1;
}

/** What must be the same for the batches of an epoch to be the same; by the parameters of a fit. */
export function shapeOfEpoch(params: Record<string, unknown>, model: Model): EpochShape {
  const {samples, batchSize, steps} = params as Record<string, number | null>;
  return {
    samples: samples ?? null,
    batchSize: batchSize ?? null,
    batches: steps ?? null,
    logs: innerModel(model).metricsNames,
  };
}
