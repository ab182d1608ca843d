import {received} from '../options/expect.js';
import type {Args} from '../options/table.js';
import {built} from './built.js';
import type {CompileOptions, OPTIONS} from './compile-options.js';
import type {CompiledModel, TensorMaker} from './compiled-model.js';
import {DEFAULTS} from './defaults.js';
import {areKnown, inputShapesOf} from './input-shapes.js';
import {ToComeError} from './graph/weights.js';
import {requestKernels} from './machine.js';
import {complete, type LayersModelLike, type ModelSource} from './source/model-source.js';
import {sourceOfUrl} from './source/stored-model.js';

/** Options of {@link compile}. */
export type CompileArgs<T = unknown> = Omit<Args<typeof OPTIONS>, 'tf'> & {
  /** tf.js, for `predict` and for layers that the runtime does not know: the copy that made the model. */
  tf?: TensorMaker<T>;
};

/** An IO handler of tf.js, as of `compressed` or `files`. */
export interface LoadHandlerLike {
  /** Loads the artifacts of a model. */
  load?(): Promise<object>;
}

/**
 * Compiles a model to a program that multiplies only by what pruning has left. Batch normalization, rectifiers and
 * residual sums become part of convolutions; each layer gets the kernel that is fastest for its shape, its density and
 * the batch: always the same one, so that outputs do not change from run to run. The program runs in WebAssembly, in a
 * memory of its own.
 *
 *     out[o] = clamp(bias[o] + sum over weights w[o, i] that are not zero of w[o, i] x[i])
 *
 * Known are Dense, Conv1D, Conv2D, Conv2DTranspose, DepthwiseConv2D and SeparableConv2D, batch normalization, all
 * activations of tf.js, pools, Add, Average, Multiply, Maximum, Minimum and Concatenate, padding, cropping, upsampling
 * (nearest), Reshape, Flatten, Permute, RepeatVector, Embedding, Masking and Rescaling, LayerNormalization, Dot, LSTM,
 * GRU, SimpleRNN and Bidirectional, stateful or not, masked or not, with states as inputs and as outputs, and
 * TimeDistributed of what does the same at each step, in stacks, graphs and nested models, of values of up to three
 * axes beside the batch. Dropout and noise do nothing, as in `predict`. Of masks, recurrent layers see those of Masking
 * and of `maskZero`.
 *
 * With `tf`, any other layer runs by tf.js, between the parts of the program: Conv3D, ConvLSTM2D, a known one with an
 * unknown option, a layer of your own, whose `computeOutputShape` must tell the truth. `report` names them.
 * Of a model in memory these are the layers of the model itself: what they learn later is seen, and the model must not
 * be disposed. Of a file, tf.js loads the model, too, until `dispose`.
 *
 * With `precision: 'int8'`, weights and what flows between layers are bytes, scaled by examples of the input, without
 * outliers if `percentile` is below 100; the report says how far the outputs are from those of floats. A byte q of a
 * value with levels S and Z stands for `S (q - Z)`, from 0 to 127; weights are whole numbers from -127 to 127 times a
 * scale for each output:
 *
 *     q_out[o] = clamp(floor(S_w[o] S_in / S_out (sum of q_w (q_in - Z_in)) + bias[o] / S_out + Z_out + 1/2))
 *
 * Jacob et al. 2018, https://arxiv.org/abs/1712.05877. Weights of an output that `quantizationAware` has left on a grid
 * of at most 127 levels keep it. Convolutions and dense layers are computed so, depthwise ones, sums, pools, and what
 * only moves numbers. All others are floats, with conversions at the borders: a convolution or a dense layer before
 * them makes floats of bytes. So does the last one, but for a depthwise one, which is floats; and what goes into the
 * gates of recurrent layers is floats. It is fast with relaxed SIMD, on processors with dot products of bytes; without,
 * the same bytes take longer. NaN in an input counts as the least number.
 *
 * Outputs differ from those of `model.predict` by rounding. NaN or Infinity times a weight that is zero is NaN in
 * `predict`; here it is nothing where a kernel is sparse.
 *
 * @param model a `tf.LayersModel`, whose weights are copied; the URL of a model that was saved, by `compressed` or as
 *     model.json, `file://`, `http(s)://` or `indexeddb://` (`compressed` only); or an IO handler.
 * @throws TypeError that names the layers or the option which it can't run without `tf`, if the model is wrapped (use
 *     `stripPruning`), if `inputShapes` do not fit, or if there is no layer to compute in int8; RangeError if inputs
 *     are too small for a layer, or `calibration` does not fit them, is empty or not finite; `CompressedFileError` if a
 *     file is damaged.
 *
 * @example
 * const fast = await compile('https://example.com/model.tfpr');
 * const scores = fast.run(pixels);
 *
 * @example
 * const small = await compile(model, {precision: 'int8', calibration: await xs.data()});
 * console.log(formatRuntimeReport(small.report()));
 */
export async function compile<T = never>(
  model: LayersModelLike | LoadHandlerLike | string | URL,
  args?: CompileArgs<T>,
): Promise<CompiledModel<T>> {
  const options = args === undefined ? DEFAULTS : await checked(args);
  const source = await sourceOfTarget(model);
  try {
    return await compiled(source, options);
  } catch (error) {
    // Of a damaged file, that is the error.
    await complete(source);
    if (error instanceof ToComeError) return compiled(source, options);
    throw error;
  }
}

async function checked<T>(args: CompileArgs<T>): Promise<CompileOptions> {
  const {readCompileOptions} = await import('./compile-options.js');
  return readCompileOptions(args);
}

async function compiled<T>(
  source: ModelSource,
  {batch, inputShapes, keptSizes, tf, calibration, percentile}: CompileOptions,
): Promise<CompiledModel<T>> {
  const shapes = inputShapesOf(source, inputShapes);
  if (inputShapes) (await import('./fitting-shapes.js')).expectFitting(inputShapes, shapes);
  const build = {batch, calibration, percentile, tf: tf as TensorMaker<T> | undefined};
  const known = inputShapes ?? shapes;
  if (areKnown(known)) return built(source, {...build, inputShapes: known});
  if (calibration) {
    throw new TypeError("compile expects inputs of known sizes for `precision: 'int8'`; pass `inputShapes`");
  }
  await complete(source);
  const {OpenModel, expectLowerable} = await import('./open-model.js');
  await expectLowerable(source, shapes, tf !== undefined);
  return new OpenModel(source, shapes, build, keptSizes);
}

/** Pages that load a compressed file do without the code for other sources. */
async function sourceOfTarget(model: Parameters<typeof compile>[0]): Promise<ModelSource> {
  if (typeof model === 'string' || model instanceof URL) {
    requestKernels();
    return sourceOfUrl(model);
  }
  const {toJSON, load} = Object(model) as Partial<LayersModelLike & LoadHandlerLike>;
  if (typeof load === 'function') {
    requestKernels();
    const {sourceOfArtifacts} = await import('./source/artifacts.js');
    return sourceOfArtifacts(await (model as Required<LoadHandlerLike>).load());
  }
  if (typeof toJSON === 'function' && 'layers' in model) {
    return (await import('./source/layers-model.js')).sourceOfModel(model);
  }
  throw new TypeError(`compile expects a LayersModel, a URL or an IO handler, got ${received(model)}`);
}
