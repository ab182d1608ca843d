import {loadLayersModel} from '@tensorflow/tfjs-layers';
import {stripPruning} from '../layers/strip-pruning.js';
import {prunableLayers} from '../layers/model-layers.js';
import type {Model} from '../tfjs-internals.js';
import {UsageError} from './exit-codes.js';
import './own-classes.js';
import {storedModel, type StoredModel} from './stored-model.js';
import {usable} from './usable.js';

/** A model that was loaded, and how it is stored. */
export interface LoadedModel extends StoredModel {
  readonly model: Model;
}

/** What tf.js says of a class that it does not know. */
const UNKNOWN = /^Unknown ([a-z]+): (\S+)\. This may be due to/;

/**
 * Loads the model at a place: a folder, its model.json, a compressed file, or an http(s) URL.
 *
 * @throws UsageError if there is none, it is damaged, a GraphModel, or holds classes that are not those of tf.js.
 */
export async function loadModel(place: string): Promise<LoadedModel> {
  return usable(async () => {
    const stored = await storedModel(place);
    expectLayersModel(place, stored);
    return {...stored, model: await built(place, stored)};
  });
}

/** A model without wrappers: the loaded one, or what is left of it without masks. */
export function withoutMasks(model: Model): Model {
  return prunableLayers(model).length > 0 ? stripPruning(model) : model;
}

function expectLayersModel(place: string, {artifacts: {format, modelTopology}}: StoredModel): void {
  if (format !== 'graph-model' && !('node' in (Object(modelTopology) as object))) return;
  throw new UsageError(
    `${place} is a GraphModel, a frozen graph without layers, and can't be pruned. Convert the Keras model that it ` +
      'was made from into a layers model:\n\n' +
      'tensorflowjs_converter --input_format=keras --output_format=tfjs_layers_model model.h5 FOLDER\n\n' +
      'The guide "GraphModels" (examples/graph-models.md) has more ways.',
  );
}

async function built(place: string, {artifacts}: StoredModel): Promise<Model> {
  try {
    return await loadLayersModel({load: () => Promise.resolve(artifacts)});
  } catch (error) {
    const [, kind, name] = UNKNOWN.exec((error as Error).message) ?? [];
    if (kind === undefined) throw new UsageError(`${place} can't be loaded: ${(error as Error).message}`);
    throw new UsageError(
      `${place} has the ${kind} "${name}", which is not one of tf.js; register its class in a script of your own ` +
        '(tf.serialization.registerClass), and call the functions of the package there',
    );
  }
}
