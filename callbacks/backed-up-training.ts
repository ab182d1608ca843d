import type * as tf from '@tensorflow/tfjs-core';
import type {Backup, EpochShape, Position} from '../src/backup/backup.js';
import type {ModelIdentity} from '../src/backup/model-state.js';
import type {OwnedPlace} from '../src/backup/owned-place.js';
import type {StepLog} from '../src/backup/step-log.js';
import {differenceAt} from '../src/backup/topology-difference.js';
import {innerModel, type Model} from '../src/tfjs-internals.js';
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
}

/** A `fit` that this callback is in. */
export interface RunningFit {
  readonly data: unknown;
  /** Batches of its first epoch that are passed over, until they are. */
  passedOver: number;
  /** Lets the other callbacks see batches again. */
  readonly unmute: () => void;
}

/** Where a new one is. */
export const START: Position = {epoch: 0, batch: 0, step: 0};
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
