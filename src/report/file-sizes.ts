import {io} from '@tensorflow/tfjs-core';
import groupBy from 'lodash/groupBy.js';
import {LongWork} from '../display/long-work.js';
import {modelLayers} from '../layers/model-layers.js';
import {levelsOf} from '../math/levels-of.js';
import type {Model} from '../tfjs-internals.js';
import {isKernel, modelOf, weightsOf, type SavedWeight} from '../wire/artifacts.js';
import {halved} from '../wire/format/half.js';
import {valuesOf} from '../wire/format/values-of.js';
import {codeWeights, type WeightCoding} from '../wire/code-weights.js';
import type {ModelFile} from '../wire/format/model-file.js';
import {writeModelFile} from '../wire/format/write-model-file.js';
import {stockWeights, type StockCoding} from '../wire/stock-weights.js';
import {strippedArtifacts} from '../wire/stripped-artifacts.js';
import {brotliBytes, gzippedBytes} from './packed-bytes.js';

/** The size of files, in bytes. */
export interface FileSize {
  /** As they are. */
  readonly bytes: number;
  /** Gzipped, at the usual level. */
  readonly gzipped: number;
  /** By brotli, at the level that is told with the model; null where there is no Node. */
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
  /** The same in two bytes a weight. */
  readonly uint16: QuantizedSize;
  /** The same in 16-bit floats; null if a weight is beyond their range. */
  readonly float16: QuantizedSize | null;
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
  /**
   * The level of all figures of brotli: 11, the highest, if tf.js saves the model in at most 2^20 bytes; else 9, which
   * is fifty times as fast. Null where there is no Node.
   */
  readonly brotliLevel: 11 | 9 | null;
}

/** What of a model is gzipped as tf.js saves it, and compressed. */
export interface SentBytes {
  readonly gzipped: number;
  readonly compressed: number;
}

/** What a model takes in each format. */
export async function fileSizesOf(
  owner: string,
  model: Model,
  bits: readonly number[],
  work: LongWork,
): Promise<ModelFileSizes> {
  const {whole, parts} = await partsOf(owner, model);
  const level = bytesOf(whole).length > SMALL ? 9 : 11;
  work.total = (parts.length + 1) * (STOCK.length + 1 + bits.length);
  let done = 0;
  const sizesOf = (part: Part, name: string) =>
    sizesOfPart(part, {bits, level, work}, format => work.reach(++done, `${name}, ${format}`));
  const layers: LayerFileSizes[] = [];
  for (const {layer, ...part} of parts) layers.push({layer, ...(await sizesOf(part, layer))});
  const sizes = await sizesOf(whole, model.name);
  return {layers, ...sizes, brotliLevel: sizes.float32.brotli === null ? null : level};
}

/** What a model takes gzipped, and compressed with so many bits, in total and by layer. */
export async function sentBytesOf(
  owner: string,
  model: Model,
  bits: number,
): Promise<SentBytes & {layers: ReadonlyMap<string, SentBytes>}> {
  const {whole, parts} = await partsOf(owner, model);
  const work = new LongWork({});
  const sent = async (part: Part): Promise<SentBytes> => ({
    gzipped: await gzippedBytes(bytesOf(part)),
    compressed: (await compressedSize(part, bits, work)).bytes,
  });
  const layers = new Map<string, SentBytes>();
  for (const {layer, ...part} of parts) layers.set(layer, await sent(part));
  return {layers, ...(await sent(whole))};
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
  return (await compressedSize({model: modelOf(artifacts), weights}, bits, new LongWork({}))).bytes;
}

/** What is written into one file: weights, and the topology if it is the whole model. */
interface Part {
  readonly model: ModelFile['model'];
  readonly weights: readonly SavedWeight[];
}

async function partsOf(owner: string, model: Model): Promise<{whole: Part; parts: (Part & {layer: string})[]}> {
  const artifacts = await strippedArtifacts(model);
  const weights = weightsOf(owner, artifacts);
  const paths = pathsOfWeights(model);
  const byLayer = Object.entries(groupBy(weights, ({name}) => paths.get(name)));
  return {
    whole: {model: modelOf(artifacts), weights},
    parts: byLayer.map(([layer, own]) => ({layer, model: {}, weights: own})),
  };
}

/** The paths of the layers that weights belong to, by their names. */
function pathsOfWeights(model: Model): ReadonlyMap<string, string> {
  const named = modelLayers(model).flatMap(({layer, path}) =>
    layer.weights.map(({originalName}) => [originalName, path] as const),
  );
  return new Map(named);
}

/** Up to so many bytes brotli's highest level takes at most about 3 s. */
const SMALL = 2 ** 20;

/** What `quantized` writes, and how. */
const STOCK = [
  ['uint8', 255],
  ['uint16', 65_535],
  ['float16', 'float16'],
] as const;

async function sizesOfPart(
  part: Part,
  {bits, level, work}: {readonly bits: readonly number[]; readonly level: number; readonly work: LongWork},
  reached: (format: string) => Promise<void>,
): Promise<FormatSizes> {
  const float32 = await sizeOfFile(bytesOf(part), level);
  await reached('float32');
  const quantized: (QuantizedSize | null)[] = [];
  for (const [dtype, kernels] of STOCK) {
    quantized.push(await quantizedSize(part, kernels, level));
    await reached(dtype);
  }
  const [uint8, uint16, float16] = quantized;
  const compressed: CompressedSize[] = [];
  for (const each of bits) {
    compressed.push(await compressedSize(part, each, work));
    await reached(`${each} bits`);
  }
  return {float32, uint8: uint8!, uint16: uint16!, float16: float16!, compressed};
}

/** Null if a kernel is beyond the range of float16, which can't be said of the others. */
async function quantizedSize(
  {model, weights}: Part,
  kernels: StockCoding['kernels'],
  level: number,
): Promise<QuantizedSize | null> {
  const isBeyond = (weight: SavedWeight) => isKernel(weight) && !halved(weight.values as Float32Array);
  if (kernels === 'float16' && weights.some(isBeyond)) return null;
  const stored = stockWeights(weights, {kernels, others: 'float32'});
  const after = stored.map(({spec, values}) => spec.quantization !== undefined && {values});
  const bytes = joined([...topologyOf(model), ...stored.map(each => new Uint8Array(each.bytes))]);
  return {...(await sizeOfFile(bytes, level)), ...lossOf(weights, after)};
}

/** The files of tf.js, one behind the other: it keeps all weights in one. */
function bytesOf({model, weights}: Part): Uint8Array<ArrayBuffer> {
  const values = weights.map(({values: {buffer, byteOffset, byteLength}}) => {
    return new Uint8Array(buffer, byteOffset, byteLength);
  });
  return joined([...topologyOf(model), ...values]);
}

function topologyOf(model: ModelFile['model']): Uint8Array[] {
  return Object.keys(model).length > 0 ? [new TextEncoder().encode(JSON.stringify(model))] : [];
}

function joined(parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  return new Uint8Array(io.CompositeArrayBuffer.join(parts.map(part => part.slice().buffer)));
}

async function sizeOfFile(bytes: Uint8Array<ArrayBuffer>, level: number): Promise<FileSize> {
  return {bytes: bytes.length, gzipped: await gzippedBytes(bytes), brotli: await brotliBytes(bytes, level)};
}

async function compressedSize({model, weights}: Part, bits: number, work: LongWork): Promise<CompressedSize> {
  const coding: WeightCoding = {most: levelsOf(bits), perChannel: true, others: 'float16', isChosen: () => true};
  const coded = await codeWeights(weights, coding, work);
  const after = coded.map(weight => 'levels' in weight && {values: valuesOf(weight)});
  const {length} = await writeModelFile({model, weights: coded}, work);
  return {bits, bytes: length, ...lossOf(weights, after)};
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
