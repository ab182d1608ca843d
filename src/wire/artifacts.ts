import {io, serialization} from '@tensorflow/tfjs-core';
import {sizeOf} from '../math/size-of.js';
import {ByteWriter} from './format/bytes.js';
import type {FileWeight, Json, ModelFile} from './format/model-file.js';
import type {ReadFile} from './format/read-model-file.js';
import {valuesOf} from './format/values-of.js';

/** A weight of a model that is saved. */
export interface SavedWeight {
  readonly name: string;
  readonly shape: readonly number[];
  readonly dtype: 'float32' | 'int32' | 'bool';
  readonly values: Float32Array | Int32Array | Uint8Array;
}

const ARRAYS = {float32: Float32Array, int32: Int32Array, bool: Uint8Array};

/**
 * A model that is saved, without the wrappers, masks and gates of this library.
 *
 * @throws TypeError if it comes with its optimizer.
 */
export async function plainArtifacts(owner: string, artifacts: io.ModelArtifacts): Promise<io.ModelArtifacts> {
  if (artifacts.trainingConfig) {
    throw new TypeError(`${owner} keeps no optimizer; save without \`includeOptimizer\`, or to another target`);
  }
  if (!holdsOurs(artifacts)) return artifacts;
  const {strippedOf} = await import('./stripped-artifacts.js'); // pages without wrapped models load no layers
  return strippedOf(artifacts);
}

/** Whether classes of this library are in it: wrappers, gates, penalties. They say what they are in a plain model. */
function holdsOurs({modelTopology}: io.ModelArtifacts): boolean {
  const {classNameMap} = serialization.SerializationMap.getMap();
  const named = JSON.stringify(modelTopology).matchAll(/"class_name":"([^"]*)"/g);
  return [...named].some(([, name]) => 'inPlainModel' in Object(classNameMap[name!]?.[0]));
}

/** The values of a weight to quantize. @throws RangeError if one is not finite. */
export function expectFinite({name, values}: SavedWeight): Float32Array {
  const wrong = values.find(value => !Number.isFinite(value));
  if (wrong === undefined) return values as Float32Array;
  throw new RangeError(`Expected weight "${name}" to hold finite numbers, got ${wrong}; has training diverged?`);
}

/**
 * The weights of a model that is saved.
 *
 * @throws TypeError if one has values of another kind, or comes from another handler that has quantized it.
 */
export function weightsOf(owner: string, {weightSpecs = [], weightData = []}: io.ModelArtifacts): SavedWeight[] {
  const bytes = io.CompositeArrayBuffer.join(weightData);
  let at = 0;
  return weightSpecs.map(({name, shape, dtype, quantization}) => {
    if (quantization)
      throw new TypeError(`${owner} takes a model, not what \`quantized\` or \`stock: true\` made of it`);
    if (!(dtype in ARRAYS)) throw new TypeError(`${owner} can't keep weight "${name}": its dtype is ${dtype}`);
    const kind = dtype as SavedWeight['dtype'];
    const length = sizeOf(shape);
    const values = new ARRAYS[kind](bytes.slice(at, (at += length * ARRAYS[kind].BYTES_PER_ELEMENT)));
    return {name, shape, dtype: kind, values};
  });
}

/** Whether a weight can be quantized: it is a kernel, not a vector. */
export function isKernel({dtype, shape}: SavedWeight): boolean {
  return dtype === 'float32' && shape.length > 1;
}

/** What of a model that is saved is not weights. */
export function modelOf(artifacts: io.ModelArtifacts): ModelFile['model'] {
  const model = {...artifacts, weightSpecs: undefined, weightData: undefined};
  return JSON.parse(JSON.stringify(model)) as Record<string, Json>;
}

/** A model as tf.js loads it. */
export function artifactsOf({model, weights}: ReadFile<SavedWeight>): io.ModelArtifacts {
  const data = new ByteWriter();
  for (const {values} of weights) data.bytes(new Uint8Array(values.buffer as ArrayBuffer));
  const weightSpecs = weights.map(({name, shape, dtype}) => ({name, shape: [...shape], dtype}));
  return {...model, weightSpecs, weightData: data.finish().buffer};
}

/** A weight of a file, number by number. */
export function savedWeight(weight: FileWeight): SavedWeight {
  const {name, shape, coding} = weight;
  const dtype = coding === 'int32' || coding === 'bool' ? coding : 'float32';
  return {name, shape, dtype, values: valuesOf(weight)};
}
