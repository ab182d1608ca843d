import {LONG_WORK, LongWork} from '../display/long-work.js';
import {expectModel} from '../layers/model-layers.js';
import {expectInteger} from '../options/expect.js';
import {listOf} from '../options/option.js';
import {read} from '../options/read.js';
import type {Args} from '../options/table.js';
import type {Model} from '../tfjs-internals.js';
import type {ModelFileSizes} from './file-sizes.js';

const OPTIONS = {
  /** Bits of the weights of compressed files, each from 2 to 16. Defaults to 8 and 4. */
  bits: listOf(
    (name, bits: number) => expectInteger(name, bits, {min: 2, max: 16}),
    () => [8, 4],
  ),
};

/** Options of {@link modelSize}. */
export type ModelSizeArgs = Args<typeof OPTIONS & typeof LONG_WORK>;

/**
 * How large a model is on the wire: as tf.js saves it, raw, gzipped and by brotli, and as `quantized` and `compressed`
 * of `tfjs-pruning/wire` save it, in total and by layer. Takes wrapped and plain models. Nothing is written.
 *
 * Compressed sizes are those with `{bits, others: 'float16'}`. Layers and formats are coded one after the other; it
 * tells `onProgress` of each and pauses there for the page.
 *
 * @throws TypeError or RangeError if `model` is not a model, an option is wrong, or a weight is not finite; Error if
 *     the model was disposed; the reason of `signal`.
 *
 * @example
 * console.log(formatModelSize(await modelSize(model)));
 */
export async function modelSize(model: Model, args: ModelSizeArgs = {}): Promise<ModelFileSizes> {
  const {bits, ...long} = read('modelSize', args, {...OPTIONS, ...LONG_WORK});
  const work = new LongWork(long);
  const {fileSizesOf} = await import('./file-sizes.js'); // pages that do not ask load no coder
  return fileSizesOf('modelSize', expectModel('modelSize', model), bits, work);
}
