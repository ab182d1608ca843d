import type {io} from '@tensorflow/tfjs-core';
import {folderOf, pathsOf} from './place.js';
import {readModel} from './read-model.js';
import {removeModel} from './remove-model.js';
import {writeModel} from './write-model.js';

/** Saves, loads and removes a model in a folder. */
export interface FilesHandler {
  /** Writes the model, its `artifacts` as `model.save` gives them, and replaces the one that is there. */
  save(artifacts: io.ModelArtifacts): Promise<io.SaveResult>;
  /** Reads and checks the model. */
  load(): Promise<io.ModelArtifacts>;
  /** Deletes the model, and the folder if nothing else is in it. Does nothing if there is no model. */
  remove(): Promise<void>;
}

/**
 * Saves a model to files and loads it, in Node: a handler for `model.save`, `tf.loadLayersModel` and
 * `tf.loadGraphModel`. The files have the format of tf.js, for any of its loaders: `model.json` and `weights.bin`.
 *
 * - **Saves are atomic**: at each moment either the old or the new model is there, whole, even after a kill, a full
 *   disk or several saves at once (one of them wins). The new weights are written beside the old ones, so there must be
 *   room for both. One rename puts the new model in place; then the old weights are deleted, and the new ones get their
 *   name. After several saves at once, or on a file system without hard links, they may keep their temporary name,
 *   `weights.<generation>.bin`; `model.json` names the file. A write-protected model is not replaced. Nothing is
 *   written through symbolic links.
 * - **Loads are checked**: `model.json` holds sizes and SHA-256 checksums. Models of tfjs-node, of the Python converter
 *   and of older versions have none; they are checked against the shapes of their weights.
 * - **A model reads nothing else**: only plain files in its own folder. Topologies on which tf.js would hang are
 *   refused.
 *
 * @param place a folder, the `model.json` in it, or a `file://` URL of either, as a string or an object. Percent codes
 *     in URLs are decoded (`file://./a%20b` is `a b`; a percent sign without a code is kept). Strings with `file://`
 *     may be relative to the working directory, as everywhere in tf.js: `file://./model`.
 * @throws TypeError at once if `place` is none of these. Saving throws an Error with the reason (its `cause` is the
 *     system error); loading throws a TypeError or RangeError that names the file, what was expected and what came. If
 *     there is no model, the `cause` of the error has the code `ENOENT`.
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
