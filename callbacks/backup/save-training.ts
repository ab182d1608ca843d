import * as tf from '@tensorflow/tfjs-core';
import {backendName} from '../../src/backup/backend.js';
import {toArtifacts, type Backup} from '../../src/backup/backup.js';
import {identityNow, modelState} from '../../src/backup/model-state.js';
import type {BackedUpTraining} from './backed-up-training.js';
import {callbackStates} from './callback-states.js';
import {sayIfForgetful} from './said-of-backups.js';

/** Saves a training at its current position. */
export async function saveTraining(training: BackedUpTraining, params: Record<string, unknown>): Promise<void> {
  const {saved: callbacks, tensors: ofCallbacks} = await callbackStates(training.callbacks);
  const log = await training.log.read();
  try {
    const {progress, tensors: ofModel} = modelState(training.model);
    sayIfForgetful(training, training.optimizer);
    const parts = {...(await placeOf(training, params)), progress, callbacks};
    const tensors = {...ofModel, ...ofCallbacks, log};
    await training.place.save(writer => toArtifacts({...parts, writer}, tensors));
  } finally {
    tf.dispose([log, ...Object.values(ofCallbacks)]);
  }
}

/** The position of a training, and what it must find there when it resumes. */
async function placeOf(
  training: BackedUpTraining,
  params: Record<string, unknown>,
): Promise<Omit<Backup, 'writer' | 'progress' | 'callbacks'>> {
  const {model, identity, position} = training;
  return {
    position,
    backend: await backendName(),
    model: identityNow(identity, model),
    epochShape: training.shapeOfEpoch(params),
    userDefinedMetadata: model.getUserDefinedMetadata(),
  };
}
