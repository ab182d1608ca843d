import type {RuntimeReport, ReportArgs} from './runtime-report.js';

/** Numbers that a model takes: floats, or whole numbers such as pixels, which are taken as they are. */
export type InputNumbers =
  Float32Array | Float64Array | Int32Array | Int16Array | Uint16Array | Uint8Array | Uint8ClampedArray;

/** A tensor of any copy of tf.js. */
export interface TensorLike {
  /** Its sizes, that of the batch first. */
  readonly shape: readonly number[];
  /** Gives its numbers. */
  data(): Promise<InputNumbers>;
}

/** What `predict` needs of tf.js: `import * as tf from '@tensorflow/tfjs'`, or only its core. */
export interface TensorMaker<T> {
  /**
   * Makes a tensor.
   *
   * @param values its numbers.
   * @param shape its sizes.
   */
  tensor(values: Float32Array, shape: number[]): T;
}

/** A model that was compiled by {@link compile}. */
export interface CompiledModel<T = never> {
  /** How many inputs are computed at once. */
  readonly batch: number;

  /** The shapes of the inputs, without the batch; null where the model leaves a size open. */
  readonly inputShapes: readonly (readonly (number | null)[])[];

  /** The shapes of the outputs, without the batch. @throws Error if sizes of the inputs are open. */
  readonly outputShapes: readonly (readonly number[])[];

  /**
   * Computes the outputs for one batch, at once and without tf.js. Layers that tf.js runs are waited for by `dataSync`,
   * which some backends lack, as WebGPU: use `predict` there.
   *
   * @param inputs the numbers of the input in the order of its tensor, `[batch, ...shape]`, with the channels last; a
   *     list of them for a model of several inputs.
   * @returns the numbers of the output, in the order of its tensor; a list of them for a model of several outputs.
   *     **They belong to the compiled model**: the next run writes into the same arrays. Copy what you keep, by
   *     `slice()`. They may be inputs of that run. A run leaves nothing in memory.
   * @throws TypeError or RangeError if there are too few inputs, or one has another length; Error after `dispose`, or
   *     while `predict` waits for layers that tf.js runs.
   *
   * @example
   * const scores = fast.run(pixels).slice();
   */
  run(inputs: InputNumbers): Float32Array;
  /** The same for several inputs. @param inputs the numbers of each input. */
  run(inputs: readonly InputNumbers[]): Float32Array | Float32Array[];

  /**
   * Computes tensors of any number of examples, as `model.predict` does; needs `compile(model, {tf})`. The tensors that
   * it takes and those that it gives back are yours to dispose. Calls that are not awaited run in their order; `run`
   * does not wait for them.
   *
   * @throws TypeError without `tf`, or if the inputs have other shapes; Error after `dispose`.
   *
   * @example
   * const fast = await compile(model, {batch: 32, tf});
   * const output = await fast.predict(x);
   */
  predict(inputs: TensorLike | readonly TensorLike[]): Promise<T | T[]>;

  /**
   * The model for inputs of known sizes, where it leaves some open; itself if there are none. Compiled once for each
   * size: those that were used last are kept, `keptSizes` of {@link compile}.
   *
   * @param inputShapes without the batch, one for each input.
   * @throws TypeError if these are no shapes of the inputs; RangeError if they are too small; Error after `dispose`.
   *
   * @example
   * const wide = await fast.forShapes([[96, 128, 3]]);
   * const scores = wide.run(pixels);
   */
  forShapes(inputShapes: readonly (readonly number[])[]): Promise<CompiledModel<T>>;

  /**
   * Lets stateful recurrent layers begin with zeros again, as `model.resetStates()` does. They keep a state for each of
   * a batch from run to run; nothing happens without such layers. Calls of `predict` before it still go on from the
   * states that there are.
   *
   * @throws Error after `dispose`.
   */
  resetStates(): void;

  /**
   * Says what is computed how, and with `measure` how long it takes.
   *
   * @throws Error after `dispose`, or if it is to measure stateful layers that tf.js runs.
   */
  report(args?: ReportArgs): RuntimeReport;

  /**
   * Frees the memory. The arrays that `run` gave back stay readable until they are dropped, too. Nothing happens the
   * second time.
   */
  dispose(): void;
}
