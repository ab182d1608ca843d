import type {io} from '@tensorflow/tfjs-core';
import {Pauses} from '../display/pauses.js';
import {levelsOf} from '../math/levels-of.js';
import {boolean, integer, oneOf, option} from '../options/option.js';
import {expectAbsent, read} from '../options/read.js';
import type {Args, Values} from '../options/table.js';
import {artifactsOf, isKernel, modelOf, plainArtifacts, savedWeight, weightsOf, type SavedWeight} from './artifacts.js';
import {codeWeights, type WeightCoding} from './code-weights.js';
import {readModelFile} from './format/read-model-file.js';
import {valuesOf} from './format/values-of.js';
import {writeModelFile} from './format/write-model-file.js';
import type {BytesStore} from './places/bytes-store.js';
import {chosenBy, expectNames} from './layer-names.js';
import {sayLost} from './say-lost.js';
import {stockHandler} from './stock-handler.js';
import {piecesOf} from './places/pieces.js';
import {placeOf} from './places/place.js';

const OWNER = 'compressed';
/** Of a byte. */
const USUAL_STEPS = 255;

const OPTIONS = {
  /**
   * Bits per quantized weight, from 2 to 16: `2^(bits - 1) - 1` levels on each side of zero. Defaults to 8. If left
   * out, kernels that are on a grid, as after quantization-aware training, are kept exactly, and so are those with few
   * values: at most 32, or at most 256 if that is no more than a quarter of their weights.
   */
  bits: integer({min: 2, max: 16}, undefined),
  /** Instead of `bits`: levels on each side of zero, from 1 to 32767. */
  levels: integer({min: 1, max: 32_767}, undefined),
  /** Whether each output of a kernel has its own scale. Defaults to true. */
  perChannel: boolean(true),
  /**
   * How biases, normalizations and what `layers` leaves out are stored: 'float32', which is exact, or 'float16', which
   * takes about half the space; an array with a number beyond 65504 stays 'float32'. Defaults to 'float32'.
   */
  others: oneOf(['float32', 'float16'], 'float32'),
  /** Which layers are quantized: names, RegExps, or a list of them. Defaults to all. */
  layers: option(expectNames, undefined),
  /**
   * Whether to write files that tf.js loads by itself, to any of its targets: kernels take one byte per weight up to 8
   * bits, and two above. The fewer the `bits`, the better they gzip. Each kernel has one scale. Defaults to false.
   */
  stock: boolean(false),
};

/** Options of {@link compressed}. */
export type CompressedArgs = Args<typeof OPTIONS>;

/**
 * Saves a model as one small file, and loads it: an IO handler for `model.save` and `tf.loadLayersModel`. It is loaded
 * as a plain tf.js model.
 *
 *     scale = 2^(k / 8),  level = clip(round(weight / scale), -levels, levels)
 *
 * Kernels become whole numbers times a scale, by default one for each output, chosen for the least squared error; zeros
 * stay zeros. The numbers are coded by mixing adaptive models of zeros, signs and magnitudes (context mixing, Mahoney
 * 2005). Saving pauses every 40 ms for the page. Kernels are decoded while they arrive, in WebAssembly where that may
 * run.
 *
 * A wrapped model is stripped first: the file holds the weights that its layers compute with. A line on the console
 * says how many non-zero weights become zero.
 *
 * With `stock: true` it writes files that `tf.loadLayersModel` reads by itself, as {@link quantized} does, for the
 * smallest size once they are gzipped.
 *
 * @param target where the file is: a `file://`, `http(s)://` (saved by POST as one body), `downloads://` (saved as one
 *     download) or `indexeddb://` URL, or a store of your own, an object with `save(bytes)` and `load()`; with
 *     `stock: true`, any target of tf.js.
 * @param args how weights are stored. Options have no effect on loading.
 * @throws TypeError or RangeError at once if `target` or an option is wrong; from `save` if `layers` matches none, a
 *     weight is not finite or of another dtype, or the model comes with its optimizer; `CompressedFileError` from
 *     `load` if the file is truncated, altered, or something else.
 *
 * @example
 * await model.save(compressed('file://./model.tfpr', {bits: 4, others: 'float16'}));
 * const loaded = await tf.loadLayersModel(compressed('https://example.com/model.tfpr'));
 */
export function compressed(target: string | io.IOHandler, args: CompressedArgs & {stock: true}): io.IOHandler;
export function compressed(target: string | URL | BytesStore, args?: CompressedArgs): io.IOHandler;
export function compressed(target: string | URL | BytesStore | io.IOHandler, args: CompressedArgs = {}): io.IOHandler {
  const options = read(OWNER, args, OPTIONS);
  if (options.bits !== undefined) expectAbsent(OWNER, args, ['levels'], 'with `bits`');
  if (!options.stock) return fileHandler(placeOf(OWNER, target as string | URL | BytesStore), options);
  expectAbsent(OWNER, args, ['perChannel'], 'with `stock: true`: tf.js has one scale for a kernel');
  const {others, layers} = options;
  const most = mostLevels(options);
  const kernels = most === undefined ? USUAL_STEPS : 2 * most;
  return stockHandler(OWNER, target as string | io.IOHandler, {kernels, others, layers});
}

/** Saves and loads one file. */
function fileHandler(place: BytesStore, options: Values<typeof OPTIONS>): io.IOHandler {
  return {
    ...(place.save && {
      async save(given: io.ModelArtifacts): Promise<io.SaveResult> {
        const artifacts = await plainArtifacts(OWNER, given);
        const weights = weightsOf(OWNER, artifacts);
        const coding = codingOf(options, weights);
        const pauses = new Pauses();
        const coded = await codeWeights(weights, coding, pauses);
        const bytes = await writeModelFile({model: modelOf(artifacts), weights: coded}, pauses);
        await place.save!(bytes);
        sayLost(
          OWNER,
          weights,
          coded.map(weight => ({values: valuesOf(weight)})),
        );
        const dateSaved = new Date();
        return {
          modelArtifactsInfo: {dateSaved, modelTopologyType: 'JSON', weightDataBytes: bytes.length},
        };
      },
    }),
    ...(place.load && {
      async load(): Promise<io.ModelArtifacts> {
        return artifactsOf(await readModelFile(piecesOf(await place.load!()), savedWeight));
      },
    }),
  };
}

function codingOf(options: Values<typeof OPTIONS>, weights: readonly SavedWeight[]): WeightCoding {
  const {perChannel, others, layers} = options;
  const isChosen = chosenBy(
    layers,
    weights.filter(isKernel).map(({name}) => name),
  );
  return {most: mostLevels(options), perChannel, others, isChosen};
}

/** Levels to each side of zero; undefined if neither option is given. */
function mostLevels({bits, levels}: Values<typeof OPTIONS>): number | undefined {
  return bits === undefined ? levels : levelsOf(bits);
}
