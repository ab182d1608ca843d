import {io} from '@tensorflow/tfjs-core';
import groupBy from 'lodash/groupBy.js';
import {modelLayers} from '../layers/model-layers.js';
import type {Model} from '../tfjs-internals.js';
import {modelOf, weightsOf, type SavedWeight} from '../wire/artifacts.js';
import {valuesOf} from '../wire/format/values-of.js';
import {codeWeight, type WeightCoding} from '../wire/code-weights.js';
import type {ModelFile} from '../wire/format/model-file.js';
import {writeModelFile} from '../wire/format/write-model-file.js';
import {stockWeights} from '../wire/stock-weights.js';
import {strippedArtifacts} from '../wire/stripped-artifacts.js';
import {brotliBytes, gzippedBytes} from './packed-bytes.js';

/** The size of files, in bytes. */
export interface FileSize {
  /** As they are. */
  readonly bytes: number;
  /** Gzipped, at the usual level. */
  readonly gzipped: number;
  /** By brotli at its highest level; null where there is no Node. */
  readonly brotli: number | null;
}

/** What quantized weights have lost. */
export interface QuantizationLoss {
  /**
   * The root mean square of what the weights change by, over that of the weights; 0 if nothing is quantized. The ratio
   * of signal to noise is -20 log10(error) dB.
   */
  readonly error: number;
  /** How many weights that were not zero become zero. */
  readonly becomeZero: number;
}

/** The size of files by `quantized`. */
export interface QuantizedSize extends FileSize, QuantizationLoss {}

/** The size of a file by `compressed`; it can't be packed further. */
export interface CompressedSize extends QuantizationLoss {
  /** Of each weight that is quantized. */
  readonly bits: number;
  /** Of the file. */
  readonly bytes: number;
}

/** What some weights take in each format. */
export interface FormatSizes {
  /** As tf.js saves them. */
  readonly float32: FileSize;
  /** By `quantized`, which stock tf.js loads. */
  readonly uint8: QuantizedSize;
  /** By `compressed`, in a file of their own, in the order of `bits`. */
  readonly compressed: readonly CompressedSize[];
}

/** What a layer takes. */
export interface LayerFileSizes extends FormatSizes {
  /** The path of the layer: its name, after those of the models that hold it. */
  readonly layer: string;
}

/** What a model takes, with its topology. */
export interface ModelFileSizes extends FormatSizes {
  /** One row for each layer that has weights. */
  readonly layers: readonly LayerFileSizes[];
}

/** What a model takes in each format. */
export async function fileSizesOf(owner: string, model: Model, bits: readonly number[]): Promise<ModelFileSizes> {
  const artifacts = await strippedArtifacts(model);
  const weights = weightsOf(owner, artifacts);
  const paths = pathsOfWeights(model);
  const layers: LayerFileSizes[] = [];
  for (const [layer, own] of Object.entries(groupBy(weights, ({name}) => paths.get(name)))) {
    layers.push({layer, ...(await sizesOf({}, own, bits))});
  }
  return {layers, ...(await sizesOf(modelOf(artifacts), weights, bits))};
}

/**
 * What a model takes in a file by `compressed` with `{bits, others: 'float16'}`.
 *
 * @param zeroed the names of weights that count as if they were all zero.
 */
export async function compressedBytes(
  owner: string,
  model: Model,
  bits: number,
  zeroed: ReadonlySet<string> = new Set(),
): Promise<number> {
  const artifacts = await strippedArtifacts(model);
  const weights = weightsOf(owner, artifacts);
  for (const {name, values} of weights) if (zeroed.has(name)) values.fill(0);
  return compressedSize(modelOf(artifacts), weights, bits).bytes;
}

/** The paths of the layers that weights belong to, by their names. */
function pathsOfWeights(model: Model): ReadonlyMap<string, string> {
  const named = modelLayers(model).flatMap(({layer, path}) =>
    layer.weights.map(({originalName}) => [originalName, path] as const),
  );
  return new Map(named);
}

async function sizesOf(
  model: ModelFile['model'],
  weights: readonly SavedWeight[],
  bits: readonly number[],
): Promise<FormatSizes> {
  const topology = Object.keys(model).length > 0 ? [new TextEncoder().encode(JSON.stringify(model))] : [];
  const stored = stockWeights(weights, {kernels: 255, others: 'float32'});
  const after = stored.map(({spec, values}) => spec.quantization !== undefined && {values});
  return {
    float32: await sizeOfFiles([...topology, ...weights.map(bytesOf)]),
    uint8: {
      ...(await sizeOfFiles([...topology, ...stored.map(({bytes}) => new Uint8Array(bytes))])),
      ...lossOf(weights, after),
    },
    compressed: bits.map(each => compressedSize(model, weights, each)),
  };
}

function bytesOf({values}: SavedWeight): Uint8Array {
  return new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
}

/** Of the files behind one another: tf.js keeps all weights in one. */
async function sizeOfFiles(parts: readonly Uint8Array[]): Promise<FileSize> {
  const all = new Uint8Array(io.CompositeArrayBuffer.join(parts.map(part => part.slice().buffer)));
  return {bytes: all.length, gzipped: await gzippedBytes(all), brotli: brotliBytes(all)};
}

function compressedSize(model: ModelFile['model'], weights: readonly SavedWeight[], bits: number): CompressedSize {
  const most = 2 ** (bits - 1) - 1;
  const coding: WeightCoding = {most, perChannel: true, others: 'float16', isChosen: () => true};
  const coded = weights.map(weight => codeWeight(weight, coding));
  const after = coded.map(weight => 'levels' in weight && {values: valuesOf(weight)});
  return {bits, bytes: writeModelFile({model, weights: coded}).length, ...lossOf(weights, after)};
}

/** @param after what each weight becomes; false for those that are not quantized, which count for nothing. */
function lossOf(
  weights: readonly SavedWeight[],
  after: readonly (false | Pick<SavedWeight, 'values'>)[],
): QuantizationLoss {
  let [power, lost, becomeZero] = [0, 0, 0];
  for (const [k, {values}] of weights.entries()) {
    const quantized = after[k];
    if (!quantized) continue;
    for (const [i, value] of quantized.values.entries()) {
      power += values[i]! ** 2;
      lost += (values[i]! - value) ** 2;
      if (value === 0 && values[i] !== 0) becomeZero++;
    }
  }
  return {error: power === 0 ? 0 : Math.sqrt(lost / power), becomeZero};
}
