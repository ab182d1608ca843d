import {sizeOf} from '../../math/size-of.js';
import {valueOfHalf} from '../../wire/format/half.js';
import type {ModelFile} from '../../wire/format/model-file.js';
import {valuesOf} from '../../wire/format/values-of.js';
import type {Weight} from '../lower/layer-to-lower.js';
import {inCamelCase} from './camel-case.js';
import type {ModelSource, SerializedLayer} from './model-source.js';
import {weightFinder} from './weight-finder.js';

/** A weight as tf.js describes it in files. */
export interface WeightSpec {
  readonly name: string;
  readonly shape: readonly number[];
  readonly dtype: string;
  readonly quantization?: {readonly dtype: string; readonly min?: number; readonly scale?: number};
}

/** What IO handlers of tf.js load. */
interface ArtifactsLike {
  readonly modelTopology?: object;
  readonly weightSpecs?: readonly WeightSpec[];
  readonly weightData?: ArrayBuffer | ArrayBuffer[];
}

/** Reads what an IO handler has loaded. */
export function sourceOfArtifacts(artifacts: object): ModelSource {
  const {modelTopology, weightSpecs = [], weightData = []} = artifacts as ArtifactsLike;
  return sourceOf(modelTopology, readWeights(weightSpecs, joined([weightData].flat())));
}

/** Reads a compressed model. */
export function sourceOfModelFile({model, weights}: ModelFile): ModelSource {
  const read = weights.map(weight => {
    const {name, shape} = weight;
    return [name, {shape, values: Float32Array.from(valuesOf(weight))}] as const;
  });
  return sourceOf(model['modelTopology'], new Map(read));
}

/** A model, from its topology as files have it and its weights by name. */
export function sourceOf(modelTopology: unknown, weights: ReadonlyMap<string, Weight>): ModelSource {
  const topology = inCamelCase(modelTopology) as {modelConfig?: SerializedLayer} & SerializedLayer;
  const model = (topology as typeof topology | undefined)?.modelConfig ?? topology;
  if (typeof (model as SerializedLayer | undefined)?.className === 'string') {
    return {topology: model, original: {modelTopology, weights}, weightsOf: weightFinder(weights)};
  }
  throw new TypeError('compile expects a layers model, and this file holds something else, such as a graph model');
}

/** Arrays of bytes as one. */
export function joined(buffers: readonly (ArrayBuffer | Uint8Array)[]): Uint8Array {
  const all = new Uint8Array(buffers.reduce((sum, {byteLength}) => sum + byteLength, 0));
  let at = 0;
  for (const buffer of buffers) {
    all.set(buffer instanceof Uint8Array ? buffer : new Uint8Array(buffer), at);
    at += buffer.byteLength;
  }
  return all;
}

/** The weights of a file, from the bytes of all of them. @throws TypeError or RangeError if these do not fit. */
export function readWeights(specs: readonly WeightSpec[], bytes: Uint8Array): Map<string, Weight> {
  let at = 0;
  const read = specs.map(spec => {
    const {name, shape} = spec;
    const {size, valueAt} = numbersOf(spec);
    const view = new DataView(bytes.buffer, bytes.byteOffset);
    const count = sizeOf(shape);
    if (at + count * size > bytes.length) {
      throw new RangeError(`Expected weights to go on up to "${name}", got ${bytes.length} bytes`);
    }
    const first = at;
    at += count * size;
    return [
      name,
      {shape, values: Float32Array.from({length: count}, (_, i) => valueAt(view, first + i * size))},
    ] as const;
  });
  return new Map(read);
}

/** The bytes of a number, and how it is read. */
function numbersOf({name, dtype, quantization}: WeightSpec): {
  size: number;
  valueAt: (view: DataView, at: number) => number;
} {
  const {min = 0, scale = 1} = quantization ?? {};
  switch (quantization?.dtype ?? dtype) {
    case 'float32':
      return {size: 4, valueAt: (view, at) => view.getFloat32(at, true)};
    case 'int32':
      return {size: 4, valueAt: (view, at) => view.getInt32(at, true)};
    case 'bool':
      return {size: 1, valueAt: (view, at) => view.getUint8(at)};
    case 'uint8':
      return {size: 1, valueAt: (view, at) => view.getUint8(at) * scale + min};
    case 'uint16':
      return {size: 2, valueAt: (view, at) => view.getUint16(at, true) * scale + min};
    case 'float16':
      return {size: 2, valueAt: (view, at) => valueOfHalf(view.getUint16(at, true))};
    default:
      throw new TypeError(`compile can't read weight "${name}": its dtype is ${quantization?.dtype ?? dtype}`);
  }
}
