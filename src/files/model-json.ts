import {io} from '@tensorflow/tfjs-core';
import {builtin} from './builtin.js';
import {expectManifest, type CheckedGroup} from './manifest.js';
import {openPlain, readInto} from './plain-file.js';
import {expectTopology} from './topology.js';
import {refuseAsLayersModel} from '../tfjs-internals.js';

/** A checked model.json. */
export interface ModelFile {
  readonly folder: string;
  readonly json: io.ModelJSON;
  readonly groups: readonly CheckedGroup[];
}

/** The first bytes of other files that are mistaken for a model.json. */
const OTHER_KINDS: readonly [start: string, what: string][] = [
  ['HDF\r\n', 'a Keras HDF5 file; convert it with tensorflowjs_converter --input_format=keras'],
  ['PK\x03\x04', 'a .keras or zip file; unpack or convert it with tensorflowjs_converter'],
];

/** The text of a model.json. */
export async function textOf(file: string): Promise<string> {
  const {dirname, basename} = builtin('node:path');
  const plain = await openPlain(dirname(file), basename(file));
  try {
    const bytes = new Uint8Array(plain.size);
    await readInto(bytes, plain);
    return new TextDecoder().decode(bytes);
  } finally {
    await plain.handle.close();
  }
}

/**
 * Parses the text of a model.json.
 *
 * @throws TypeError or RangeError that says what is wrong.
 */
export function parseModel(file: string, text: string): ModelFile {
  const json = parse(file, text) as Partial<io.ModelJSON> | null;
  const {modelTopology, weightsManifest} = Object(json) as Partial<io.ModelJSON>;
  if (modelTopology === undefined || weightsManifest === undefined) {
    throw notAModel(file, 'it has no topology or no weights manifest');
  }
  if (isGraphModel(json as io.ModelJSON)) {
    refuseAsLayersModel(
      Object(modelTopology) as object,
      `Expected a layers model in ${file}, got a graph model; use tf.loadGraphModel`,
    );
  } else {
    expectTopology(modelTopology, file);
  }
  const folder = builtin('node:path').dirname(file);
  return {folder, json: json as io.ModelJSON, groups: expectManifest(file, weightsManifest)};
}

/** Whether it was converted for `tf.loadGraphModel`, which takes the same handlers. */
function isGraphModel({format, modelTopology}: io.ModelJSON): boolean {
  return format === 'graph-model' || 'node' in (Object(modelTopology) as object);
}

function parse(file: string, text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    const kind = OTHER_KINDS.find(([start]) => text.includes(start) && text.indexOf(start) < 4)?.[1];
    throw notAModel(file, kind ? `it is ${kind}` : `it is no JSON${text === '' ? ': it is empty' : ''}`, cause);
  }
}

function notAModel(file: string, why: string, cause?: unknown): TypeError {
  return new TypeError(`Expected ${file} to be the model.json of a saved model, but ${why}`, {cause});
}
