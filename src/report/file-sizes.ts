import {io} from '@tensorflow/tfjs-core';
import groupBy from 'lodash/groupBy.js';
import {stripPruning} from '../layers/strip-pruning.js';
import type {Model} from '../tfjs-internals.js';
import {modelOf, weightsOf, type SavedWeight} from '../wire/artifacts.js';
import {valuesOf} from '../wire/format/values-of.js';
import {codeWeight, type WeightCoding} from '../wire/code-weights.js';
import type {FileWeight, ModelFile} from '../wire/format/model-file.js';
import {writeModelFile} from '../wire/format/write-model-file.js';
import {quantizedWeights} from '../wire/quantized-weights.js';
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

/** The size of a file by `compressed`. */
export interface CompressedSize {
  /** Of each weight that is quantized. */
  readonly bits: number;
  /** Of the file. */
  readonly bytes: number;
  /** The root mean square of what the weights change by, over that of the weights; 0 if nothing is quantized. */
  readonly error: number;
  /** How many weights that were not zero become zero. */
  readonly becomeZero: number;
}

/** The size of a layer. */
export interface LayerFileSizes {
  /** The path of the layer: its name, after those of the models that hold it. */
  readonly layer: string;
  /** Its weights as tf.js saves them. */
  readonly float32: FileSize;
  /** Its weights in a compressed file of their own, in the order of `bits`. */
  readonly compressed: readonly CompressedSize[];
}

/** The size of a model in each format. */
export interface ModelFileSizes {
  /** One row for each layer that has weights. */
  readonly layers: readonly LayerFileSizes[];
  /** The model, with its topology, as tf.js saves it. */
  readonly float32: FileSize;
  /** The same by `quantized`, which stock tf.js loads. */
  readonly uint8: FileSize;
  /** The same by `compressed`, in the order of `bits`; it can't be packed further. */
  readonly compressed: readonly CompressedSize[];
}

/** What a model takes in each format. */
export async function fileSizesOf(owner: string, model: Model, bits: readonly number[]): Promise<ModelFileSizes> {
  const artifacts = await artifactsOf(model);
  const weights = weightsOf(owner, artifacts);
  const topology = new TextEncoder().encode(JSON.stringify(modelOf(artifacts)));
  const layers: LayerFileSizes[] = [];
  for (const [layer, own] of Object.entries(groupBy(weights, ({name}) => name.replace(/\/[^/]*$/, '')))) {
    const float32 = await sizeOfFiles(own.map(bytesOf));
    layers.push({layer, float32, compressed: bits.map(each => compressedSize({}, own, each))});
  }
  return {
    layers,
    float32: await sizeOfFiles([topology, ...weights.map(bytesOf)]),
    uint8: await sizeOfFiles([topology, ...quantizedWeights(weights, 'uint8').map(({bytes}) => new Uint8Array(bytes))]),
    compressed: bits.map(each => compressedSize(modelOf(artifacts), weights, each)),
  };
}

async function artifactsOf(model: Model): Promise<io.ModelArtifacts> {
  const plain = stripPruning(model);
  let artifacts: io.ModelArtifacts | undefined;
  const handler = io.withSaveHandler(given => {
    artifacts = given;
    return Promise.resolve({modelArtifactsInfo: io.getModelArtifactsInfoForJSON(given)});
  });
  try {
    await plain.save(handler);
  } finally {
    if (plain !== model) plain.dispose();
  }
  return artifacts!;
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
  return {bits, bytes: writeModelFile({model, weights: coded}).length, ...lossOf(weights, coded)};
}

/** What quantized weights lose; others count for nothing. */
function lossOf(weights: readonly SavedWeight[], coded: readonly FileWeight[]) {
  let [power, lost, becomeZero] = [0, 0, 0];
  for (const [k, {values}] of weights.entries()) {
    const after = coded[k]!;
    if (!('levels' in after)) continue;
    for (const [i, value] of valuesOf(after).entries()) {
      power += values[i]! ** 2;
      lost += (values[i]! - value) ** 2;
      if (value === 0 && values[i] !== 0) becomeZero++;
    }
  }
  return {error: power === 0 ? 0 : Math.sqrt(lost / power), becomeZero};
}
