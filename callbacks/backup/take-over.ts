import * as tf from '@tensorflow/tfjs-core';
import type {Backup, FoundBackup} from '../../src/backup/backup.js';
import {modelDifference, putModelState} from '../../src/backup/model-state.js';
import {differenceAt} from '../../src/backup/topology-difference.js';
import {innerModel, type Model} from '../../src/tfjs-internals.js';
import type {BackedUpTraining} from './backed-up-training.js';
import {callbackDifference, putCallbackStates} from './callback-states.js';
import {anotherTraining} from './refusals.js';
import {sayIfElsewhere, sayIfRenamed} from './said-of-backups.js';

/**
 * Restores a backup into the model of a training, its optimizer and its callbacks: all of it, or nothing.
 *
 * @throws RangeError if the backup is of another training.
 */
export async function takeOver(training: BackedUpTraining, found: FoundBackup): Promise<void> {
  const {backup} = found;
  const {model, identity, callbacks, place, log} = training;
  const difference =
    modelDifference(backup.model, identity) ??
    callbackDifference(backup.callbacks, callbacks) ??
    differenceInLogs(backup, model);
  if (difference !== undefined) throw anotherTraining(place, difference);
  await sayIfElsewhere(place.name, backup.backend);
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
  training.position = backup.position;
  training.epochShape = backup.epochShape;
  if (backup.userDefinedMetadata) model.setUserDefinedMetadata(backup.userDefinedMetadata);
}

/** The means over an epoch need the same logs from all its batches; another model may log other metrics. */
function differenceInLogs({position, epochShape}: Backup, model: Model): string | undefined {
  if (position.batch === 0) return undefined;
  return differenceAt('`logs` of the epoch that it is in', epochShape.logs, innerModel(model).metricsNames);
}
