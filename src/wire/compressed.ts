import type {io} from '@tensorflow/tfjs-core';
import {boolean, integer, oneOf, option} from '../options/option.js';
import {expectAbsent, read} from '../options/read.js';
import type {Args, Values} from '../options/table.js';
import {artifactsOf, expectStripped, isKernel, modelOf, weightsOf, type SavedWeight} from './artifacts.js';
import {codeWeight, type WeightCoding} from './code-weights.js';
import {readModelStream} from './format/read-model-file.js';
import {valuesOf} from './format/values-of.js';
import {writeModelFile} from './format/write-model-file.js';
import type {BytesStore} from './places/bytes-store.js';
import {chosenBy, expectNames} from './layer-names.js';
import {sayLost} from './say-lost.js';
import {piecesOf} from './places/pieces.js';
import {placeOf} from './places/place.js';

const OWNER = 'compressed';

const OPTIONS = {
  /**
   * Bits of a quantized weight, from 2 to 16: `2^(bits - 1) - 1` levels to each side of zero. Defaults to 8. Without
   * it, weights that are on a grid or have at most 256 values, as after quantization-aware training, are kept exactly.
   */
  bits: integer({min: 2, max: 16}, undefined),
  /** In place of `bits`: levels to each side of zero, from 1 to 32767. */
  levels: integer({min: 1, max: 32_767}, undefined),
  /** Whether each output of a kernel has a scale of its own. Defaults to true. */
  perChannel: boolean(true),
  /**
   * How biases, normalizations and what `layers` leaves out are kept: 'float32', exactly, or 'float16', in about half
   * the space; an array with a number beyond 65504 stays 'float32'. Defaults to 'float32'.
   */
  others: oneOf(['float32', 'float16'], 'float32'),
  /** Which layers are quantized: names, RegExps, or a list of them. Defaults to all. */
  layers: option(expectNames, undefined),
};

/** Options of {@link compressed}. */
export type CompressedArgs = Args<typeof OPTIONS>;

/**
 * Saves a model as one small file, and loads it: an IO handler for `model.save` and `tf.loadLayersModel`. What comes
 * out is a plain model of tf.js.
 *
 *     scale = 2^(k / 8),  level = clip(round(weight / scale), -levels, levels)
 *
 * Kernels become whole numbers times a scale, by default one for each output, chosen for the least squared error; zeros
 * stay zeros. The numbers are coded by mixing adaptive models of zeros, signs and magnitudes (context mixing, Mahoney
 * 2005). Kernels are decoded while they arrive, in WebAssembly where that may run.
 *
 * How many weights that were not zero become zero is said on the console.
 *
 * @param target where the file is: a `file://`, `http(s)://` (saved by POST as one body), `downloads://` (saved as one
 *     download) or `indexeddb://` URL, or a store of your own, an object with `save(bytes)` and `load()`.
 * @throws TypeError or RangeError at once if `target` or an option is wrong; from `save` if `layers` matches none, a
 *     weight is not finite or of another dtype, or the model is still wrapped; `CompressedFileError` from `load` if the
 *     file is truncated, altered, or something else.
 *
 * @example
 * await stripPruning(model).save(compressed('file://./model.tfpr', {bits: 4, others: 'float16'}));
 * const loaded = await tf.loadLayersModel(compressed('https://example.com/model.tfpr'));
 */
export function compressed(target: string | URL | BytesStore, args: CompressedArgs = {}): io.IOHandler {
  const options = read(OWNER, args, OPTIONS);
  if (options.bits !== undefined) expectAbsent(OWNER, args, ['levels'], 'with `bits`');
  const place = placeOf(OWNER, target);
  return {
    ...(place.save && {
      async save(artifacts: io.ModelArtifacts): Promise<io.SaveResult> {
        expectStripped(OWNER, artifacts);
        const weights = weightsOf(OWNER, artifacts);
        const coding = codingOf(options, weights);
        const coded = weights.map(weight => codeWeight(weight, coding));
        const bytes = writeModelFile({model: modelOf(artifacts), weights: coded});
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
        return artifactsOf(await readModelStream(piecesOf(await place.load!())));
      },
    }),
  };
}

function codingOf(
  {bits, levels, perChannel, others, layers}: Values<typeof OPTIONS>,
  weights: readonly SavedWeight[],
): WeightCoding {
  const isChosen = chosenBy(
    layers,
    weights.filter(isKernel).map(({name}) => name),
  );
  return {most: bits === undefined ? levels : 2 ** (bits - 1) - 1, perChannel, others, isChosen};
}
