import type * as tf from '@tensorflow/tfjs-core';
import type {Tensors} from './artifacts.js';
import {decodeTensors, encodeTensors} from './artifacts.js';
import type {ModelIdentity, ModelProgress} from './model-state.js';
import type {Place} from './place.js';

const KIND = 'tfjs-pruning backup of a training, no model';
const VERSION = 1;

/** Who has written a backup: each training that is started or resumed is another writer. */
export interface Writer {
  readonly run: string;
  readonly saves: number;
}

/** Where a training is. */
export interface Position {
  /** Completed epochs. */
  readonly epoch: number;
  /** Completed batches of the epoch after them. */
  readonly batch: number;
  /** Completed batches since training began. */
  readonly step: number;
  /** Completed batches of this `fit`: with `batchesPerEpoch` it makes one pass over a dataset for all epochs. */
  readonly stepInFit: number;
}

/** A callback in a backup; one that has no state is there by its class alone. */
export interface SavedCallback {
  readonly className: string;
  readonly json?: Record<string, unknown>;
  readonly tensors?: readonly string[];
}

/** How an epoch is divided, and what its batches log. */
export interface EpochShape {
  readonly samples: number | null;
  readonly batchSize: number | null;
  readonly batches: number | null;
  readonly logs: readonly string[];
}

/** All of a training but its tensors. */
export interface Backup {
  readonly writer: Writer;
  readonly position: Position;
  readonly backend: string;
  readonly model: ModelIdentity;
  readonly progress: ModelProgress;
  readonly callbacks: readonly SavedCallback[];
  readonly epochShape: EpochShape;
  /** What a user has written into the model. */
  readonly userDefinedMetadata?: object | undefined;
}

/** What is kept of a training that has ended where nothing can be removed. */
type Ended = Pick<Backup, 'writer'> & {readonly hasEnded: true};

/** A backup as artifacts of tf.js, so that whatever keeps models keeps it. */
export async function toArtifacts(backup: Backup, tensors: Tensors): Promise<tf.io.ModelArtifacts> {
  const {model, ...rest} = backup;
  const {topology, ...identity} = model;
  return {
    modelTopology: topology as object,
    ...headOf({...rest, model: identity}),
    ...(await encodeTensors(tensors)),
  };
}

/** Saves that a training has ended, in place of its backup. */
export function endedArtifacts(writer: Writer): tf.io.ModelArtifacts {
  return {modelTopology: {}, weightSpecs: [], weightData: new ArrayBuffer(0), ...headOf({writer, hasEnded: true})};
}

/** A backup that was found; `tensors` makes them anew, for the caller to dispose. */
export interface FoundBackup {
  readonly backup: Backup;
  tensors(): Tensors;
}

/**
 * What is kept in a place; undefined where that is nothing, or a training that has ended.
 *
 * @throws TypeError where something else is there, or a backup of another version of this library.
 */
export async function readBackup(place: Place): Promise<FoundBackup | undefined> {
  const artifacts = await place.load();
  const found = artifacts && contentOf(place, artifacts);
  if (!artifacts || !found || 'hasEnded' in found) return undefined;
  const model = {...found.model, topology: artifacts.modelTopology};
  return {backup: {...found, model}, tensors: () => decodeTensors(artifacts)};
}

/** Who has written what is kept in a place; undefined where that is nothing, or a training that has ended. */
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
      `Expected nothing in ${name} or a backup of BackupAndRestore, but something else is there; choose another place for the backup`,
    );
  }
  if (backup.version === VERSION) return backup as unknown as Backup | Ended;
  throw new TypeError(
    `Expected the backup in ${name} to be of version ${VERSION}, got ${backup.version}; go on with the version of tfjs-pruning that made it`,
  );
}
