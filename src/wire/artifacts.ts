import {io} from '@tensorflow/tfjs-core';
import {sizeOf} from '../math/size-of.js';
import type {Json, ModelFile} from './format/model-file.js';
import {valuesOf} from './format/values-of.js';

/** A weight of a model that is saved. */
export interface SavedWeight {
  readonly name: string;
  readonly shape: readonly number[];
  readonly dtype: 'float32' | 'int32' | 'bool';
  readonly values: Float32Array | Int32Array | Uint8Array;
}

const ARRAYS = {float32: Float32Array, int32: Int32Array, bool: Uint8Array};

/** @throws TypeError if the model is still wrapped. */
export function expectStripped(owner: string, {modelTopology}: io.ModelArtifacts): void {
  if (!/"class_name":"Prunable/.test(JSON.stringify(modelTopology))) return;
  throw new TypeError(`${owner} expects a model without wrappers; use \`stripPruning(model).save(${owner}(...))\``);
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
 * @throws TypeError if one has values of another kind.
 */
export function weightsOf(owner: string, {weightSpecs = [], weightData = []}: io.ModelArtifacts): SavedWeight[] {
  const bytes = io.CompositeArrayBuffer.join(weightData);
  let at = 0;
  return weightSpecs.map(({name, shape, dtype}) => {
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
export function artifactsOf({model, weights}: ModelFile): io.ModelArtifacts {
  const arrays = weights.map(valuesOf);
  const weightSpecs = weights.map(({name, shape, coding}) => {
    return {name, shape: [...shape], dtype: coding === 'int32' || coding === 'bool' ? coding : ('float32' as const)};
  });
  const weightData = io.CompositeArrayBuffer.join(arrays.map(({buffer}) => buffer as ArrayBuffer));
  return {...model, weightSpecs, weightData};
}
