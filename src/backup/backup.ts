import type * as tf from '@tensorflow/tfjs-core';
import type {Tensors} from './artifacts.js';
import {decodeTensors, encodeTensors} from './artifacts.js';
import type {ModelIdentity, ModelProgress} from './model-state.js';

/** A place for a backup: a save replaces what was there, completely or not at all. */
export interface Place {
  /** The name in errors. */
  readonly name: string;
  /** Loads what is there; undefined if there is nothing. */
  load(): Promise<tf.io.ModelArtifacts | undefined>;
  /** Like `load` without the weights, if that is faster. */
  head?(): Promise<Pick<tf.io.ModelArtifacts, 'userDefinedMetadata'> | undefined>;
  save(artifacts: tf.io.ModelArtifacts): Promise<unknown>;
  /** Removes what is there; without this method it can only be overwritten. */
  remove?(): Promise<unknown>;
}

const KIND = 'tfjs-pruning backup of a training, no model';
const VERSION = 1;

/** The writer of a backup: each started or resumed training is a new writer. */
export interface Writer {
  readonly run: string;
  readonly saves: number;
}

/** The position of a training. */
export interface Position {
  /** Completed epochs. */
  readonly epoch: number;
  /** Completed batches of the current epoch. */
  readonly batch: number;
  /** Completed batches since training began. */
  readonly step: number;
  /** Completed batches of this `fit`, which with `batchesPerEpoch` reads a dataset once for all epochs. */
  readonly stepInFit: number;
}

/** A callback in a backup; without state, only its class is saved. */
export interface SavedCallback {
  readonly className: string;
  readonly json?: Record<string, unknown>;
  readonly tensors?: readonly string[];
}

/** The batches of an epoch, and what they log. */
export interface EpochShape {
  readonly samples: number | null;
  readonly batchSize: number | null;
  readonly batches: number | null;
  readonly logs: readonly string[];
}

/** The state of a training without its tensors. */
export interface Backup {
  readonly writer: Writer;
  readonly position: Position;
  readonly backend: string;
  readonly model: ModelIdentity;
  readonly progress: ModelProgress;
  readonly callbacks: readonly SavedCallback[];
  readonly epochShape: EpochShape;
  /** The metadata that the user has set on the model. */
  readonly userDefinedMetadata?: object | undefined;
}

/** What is left of a training that has ended, in a place that can't be emptied. */
type Ended = Pick<Backup, 'writer'> & {readonly hasEnded: true};

/** A backup as artifacts of tf.js, so that any place for models can hold it. */
export async function toArtifacts(backup: Backup, tensors: Tensors): Promise<tf.io.ModelArtifacts> {
  const {model, ...rest} = backup;
  const {topology, ...identity} = model;
  return {
    modelTopology: topology as object,
    ...headOf({...rest, model: identity}),
    ...(await encodeTensors(tensors)),
  };
}

/** The note that a training has ended, in place of its backup. */
export function endedArtifacts(writer: Writer): tf.io.ModelArtifacts {
  return {modelTopology: {}, weightSpecs: [], weightData: new ArrayBuffer(0), ...headOf({writer, hasEnded: true})};
}

/** A backup that was found; `tensors` creates them for the caller to dispose. */
export interface FoundBackup {
  readonly backup: Backup;
  tensors(): Tensors;
}

/**
 * Reads the backup in a place; undefined if there is none, or if the training has ended.
 *
 * @throws TypeError if something else is there, or a backup of another version of this library.
 */
export async function readBackup(place: Place): Promise<FoundBackup | undefined> {
  const artifacts = await place.load();
  const found = artifacts && contentOf(place, artifacts);
  if (!artifacts || !found || 'hasEnded' in found) return undefined;
  const model = {...found.model, topology: artifacts.modelTopology};
  return {backup: {...found, model}, tensors: () => decodeTensors(artifacts)};
}

/** Reads the writer of the backup in a place; undefined if there is none, or if the training has ended. */
export async function readWriter(place: Place): Promise<Writer | undefined> {
  const head = await (place.head?.() ?? place.load());
  const found = head && contentOf(place, head);
  return found && !('hasEnded' in found) ? found.writer : undefined;
}

function headOf(
  content: object,
): Pick<tf.io.ModelArtifacts, 'format' | 'generatedBy' | 'convertedBy' | 'userDefinedMetadata'> {
  return {
    format: 'layers-model',
    generatedBy: KIND,
    convertedBy: null,
    userDefinedMetadata: {backup: {kind: KIND, version: VERSION, ...content}},
  };
}

function contentOf(
  {name}: Place,
  {userDefinedMetadata}: Pick<tf.io.ModelArtifacts, 'userDefinedMetadata'>,
): Backup | Ended {
  const {backup} = (userDefinedMetadata ?? {}) as {backup?: {kind?: string; version?: number}};
  if (backup?.kind !== KIND) {
    throw new TypeError(
      `Expected nothing in ${name} or a backup of BackupAndRestore, but something else is there; ` +
        'choose another place for the backup',
    );
  }
  if (backup.version === VERSION) return backup as unknown as Backup | Ended;
  throw new TypeError(
    `Expected the backup in ${name} to be of version ${VERSION}, got ${backup.version}; ` +
      'resume with the version of tfjs-pruning that made it',
  );
}
