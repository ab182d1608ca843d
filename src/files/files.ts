import type {io} from '@tensorflow/tfjs-core';
import {folderOf, pathsOf} from './place.js';
import {readModel} from './read-model.js';
import {removeModel} from './remove-model.js';
import {writeModel} from './write-model.js';

/** Saves, loads and removes a model in a folder. */
export interface FilesHandler {
  /** Writes the model, in place of the one that is there. */
  save(artifacts: io.ModelArtifacts): Promise<io.SaveResult>;
  /** Reads the model, checked. */
  load(): Promise<io.ModelArtifacts>;
  /** Deletes the model, and the folder if nothing else is in it. Where there is no model, nothing happens. */
  remove(): Promise<void>;
}

/**
 * Saves a model to files and loads it, in Node: a handler for `model.save`, `tf.loadLayersModel` and
 * `tf.loadGraphModel`. The files are those of tf.js, which every loader of tf.js reads: `model.json` and `weights.bin`.
 *
 * - **The old model or the new one is there, whole, at each moment**, whatever comes: a kill, a full disk, several
 *   saves at once (one of them stays). The new weights are written beside the old ones, so there must be room for both;
 *   one rename puts the new model in place; then the old weights go, and the new ones get their name. After saves at
 *   once, or where the file system has no hard links, they may keep the name that they had till then,
 *   `weights.<generation>.bin`: `model.json` says which. A model that is write-protected is not replaced. Nothing is
 *   written through symbolic links.
 * - **What is loaded is what was saved**: sizes and SHA-256 checksums, kept in `model.json`, are compared. Models of
 *   tfjs-node, of the Python converter and of older versions, which have none, are held to the shapes of their weights.
 * - **A stranger's model reads nothing else**: only plain files in its own folder. Topologies that tf.js would wait for
 *   without end are refused.
 *
 * @param place a folder, the `model.json` in it, or a `file://` URL of either, as text or as an object. Percent codes
 *     in URLs are decoded (`file://./a%20b` is `a b`; a percent sign without a code stays); text with `file://` may be
 *     relative to the working directory, as everywhere in tf.js: `file://./model`.
 * @throws TypeError at once for what is no such place. Saving throws an Error that says why the model could not be
 *     written (its `cause` is that of the system), loading a TypeError or RangeError that names the file, what was
 *     expected and what came. Where there is no model, the `cause` of the error has the code `ENOENT`.
 *
 * @example
 * await model.save(files('./model'));
 * const loaded = await tf.loadLayersModel(files('./model'));
 * await files('./model').remove();
 */
export function files(place: string | URL): FilesHandler {
  const paths = pathsOf(place);
  return {
    save: artifacts => folderOf(paths[0]).then(folder => writeModel(folder, artifacts)),
    load: () => readModel(paths),
    remove: () => folderOf(paths[0]).then(removeModel),
  };
}
