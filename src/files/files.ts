import type {io} from '@tensorflow/tfjs-core';
import {folderOf, pathsOf} from './place.js';
import {readModel} from './read-model.js';
import {removeModel} from './remove-model.js';
import {writeModel} from './write-model.js';

/** Saves, loads and removes a model in a folder. */
export interface FilesHandler {
  save(artifacts: io.ModelArtifacts): Promise<io.SaveResult>;
  load(): Promise<io.ModelArtifacts>;
  /** Deletes the model, and the folder if nothing else is in it. Where there is no model, nothing happens. */
  remove(): Promise<void>;
}

/**
 * Saves a model to files and loads it, in Node, for `model.save` and `tf.loadLayersModel`. The files are those of tf.js.
 *
 * @param place a folder, the model.json in it, or a `file://` URL of either.
 *
 * @example
 * await model.save(files('./model'));
 * const loaded = await tf.loadLayersModel(files('./model'));
 */
export function files(place: string | URL): FilesHandler {
  const paths = pathsOf(place);
  return {
    save: artifacts => folderOf(paths[0]).then(folder => writeModel(folder, artifacts)),
    load: () => readModel(paths),
    remove: () => folderOf(paths[0]).then(removeModel),
  };
}
