import {isList, received} from '../options/expect.js';
import {boolean} from '../options/option.js';
import {read} from '../options/read.js';
import type {Args} from '../options/table.js';
import type {Program, ProgramPart} from './emit/emit.js';
import type {Int8Accuracy} from './int8/accuracy.js';
import type {Machine} from './machine.js';
import type {RuntimeReport, RuntimeReportRow} from './runtime-report.js';

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

const REPORT_OPTIONS = {
  /** Whether to measure how long each layer takes, on an input of zeros. Defaults to false. */
  measure: boolean(false),
};

/** Options of {@link CompiledModel.report}. */
export type ReportArgs = Args<typeof REPORT_OPTIONS>;

/** An input or an output: its shape, without the batch, and its place in memory. */
export interface Port {
  readonly shape: readonly number[];
  readonly address: number;
}

/** What a compiled model is made of. */
export interface Parts<T> {
  readonly machine: Machine;
  readonly program: Program;
  readonly batch: number;
  readonly inputs: readonly Port[];
  readonly outputs: readonly Port[];
  readonly activationBytes: number;
  readonly tf: TensorMaker<T> | undefined;
  readonly accuracy?: Int8Accuracy;
}

/** Measured runs of a layer take at least so many milliseconds. */
const MEASURED_MS = 1;
const MEASURED_TIMES = 5;

/** A model that was compiled by {@link compile}. */
export class CompiledModel<T = never> {
  readonly #parts: Parts<T>;
  #views: {readonly inputs: readonly Float32Array[]; readonly outputs: readonly Float32Array[]} | undefined;

  /** @internal */
  constructor(parts: Parts<T>) {
    this.#parts = parts;
    const {memory} = parts.machine;
    const view = ({shape, address}: Port) => new Float32Array(memory, address, parts.batch * sizeOf(shape));
    this.#views = {inputs: parts.inputs.map(view), outputs: parts.outputs.map(view)};
  }

  /** How many inputs are computed at once. */
  get batch(): number {
    return this.#parts.batch;
  }

  /** The shapes of the inputs, without the batch. */
  get inputShapes(): readonly (readonly number[])[] {
    return this.#parts.inputs.map(({shape}) => shape);
  }

  /** The shapes of the outputs, without the batch. */
  get outputShapes(): readonly (readonly number[])[] {
    return this.#parts.outputs.map(({shape}) => shape);
  }

  /**
   * Computes the outputs for one batch, at once and without tf.js.
   *
   * @param inputs the numbers of the input in the order of its tensor, `[batch, ...shape]`, with the channels last; a
   *     list of them for a model of several inputs.
   * @returns the numbers of the output, in the order of its tensor; a list of them for a model of several outputs.
   *     **They belong to the compiled model**: the next run writes into the same arrays. Copy what you keep, by
   *     `slice()`.
   * @throws TypeError or RangeError if there are too few inputs, or one has another length; Error after `dispose`.
   *
   * @example
   * const scores = fast.run(pixels).slice();
   */
  run(inputs: InputNumbers): Float32Array;
  run(inputs: readonly InputNumbers[]): Float32Array | Float32Array[];
  run(inputs: InputNumbers | readonly InputNumbers[]): Float32Array | Float32Array[] {
    const views = this.#expectViews();
    const {machine, program} = this.#parts;
    this.#write(isList(inputs) ? (inputs as readonly InputNumbers[]) : [inputs as InputNumbers], views.inputs);
    machine.run(program.begin, program.end);
    return views.outputs.length === 1 ? views.outputs[0]! : [...views.outputs];
  }

  #write(inputs: readonly InputNumbers[], views: readonly Float32Array[]): void {
    if (inputs.length !== views.length) {
      throw new TypeError(`Expected ${views.length} inputs, got ${inputs.length}`);
    }
    inputs.forEach((numbers, i) => expectNumbers(numbers, views[i]!.length, this.#shapeOf(i)));
    inputs.forEach((numbers, i) => views[i]!.set(numbers));
  }

  #shapeOf(input: number): string {
    return [this.batch, ...this.#parts.inputs[input]!.shape].join();
  }

  /**
   * Computes tensors of any number of examples, as `model.predict` does; needs `compile(model, {tf})`. The tensors that
   * it takes and those that it gives back are yours to dispose.
   *
   * @throws TypeError without `tf`, or if the inputs have other shapes; Error after `dispose`.
   *
   * @example
   * const fast = await compile(model, {batch: 32, tf});
   * const output = await fast.predict(x);
   */
  async predict(inputs: TensorLike | readonly TensorLike[]): Promise<T | T[]> {
    const {tf} = this.#parts;
    if (!tf)
      throw new TypeError('predict expects tf.js: compile(model, {tf}); `run` takes and gives arrays without it');
    this.#expectViews();
    const tensors = isList(inputs) ? (inputs as readonly TensorLike[]) : [inputs as TensorLike];
    const examples = this.#examplesOf(tensors);
    const numbers = await Promise.all(tensors.map(tensor => tensor.data()));
    const outputs = this.#inBatches(numbers, examples).map((values, i) => {
      return tf.tensor(values, [examples, ...this.#parts.outputs[i]!.shape]);
    });
    return outputs.length === 1 ? outputs[0]! : outputs;
  }

  #examplesOf(tensors: readonly TensorLike[]): number {
    const {inputs} = this.#parts;
    if (tensors.length !== inputs.length)
      throw new TypeError(`Expected ${inputs.length} tensors, got ${tensors.length}`);
    const examples = tensors[0]!.shape[0]!;
    tensors.forEach(({shape}, i) => {
      const expected = [examples, ...inputs[i]!.shape].join();
      if (shape.join() === expected) return;
      throw new TypeError(`Expected a tensor of shape [${expected}] for input ${i}, got [${shape.join()}]`);
    });
    return examples;
  }

  /** Runs one batch after the other; in the last one, what is missing is what was there before. */
  #inBatches(numbers: readonly InputNumbers[], examples: number): Float32Array[] {
    const {machine, program, batch, outputs} = this.#parts;
    const views = this.#expectViews();
    const results = outputs.map(({shape}) => new Float32Array(examples * sizeOf(shape)));
    for (let first = 0; first < examples; first += batch) {
      const count = Math.min(batch, examples - first);
      views.inputs.forEach((view, i) => {
        const size = view.length / batch;
        view.set(numbers[i]!.subarray(first * size, (first + count) * size));
      });
      machine.run(program.begin, program.end);
      views.outputs.forEach((view, i) => {
        const size = view.length / batch;
        results[i]!.set(view.subarray(0, count * size), first * size);
      });
    }
    return results;
  }

  /** Says what is computed how, and with `measure` how long it takes. @throws Error after `dispose`. */
  report(args: ReportArgs = {}): RuntimeReport {
    const {measure} = read('report', args, REPORT_OPTIONS);
    const {inputs} = this.#expectViews();
    // What a run leaves there may be bytes of others, which are slow to compute with as floats.
    if (measure) inputs.forEach(view => view.fill(0));
    const {machine, program, batch, activationBytes, accuracy} = this.#parts;
    const rows = program.parts.map((part): RuntimeReportRow => {
      const {layer, kernel, density = NaN, multiplications = 0, bytes = 0} = part;
      return {layer, kernel, density, multiplications, bytes, microseconds: measure ? this.#measured(part) : NaN};
    });
    const weightBytes = program.fixed.end - activationBytes;
    return {rows, batch, machine: machine.kind, activationBytes, weightBytes, ...(accuracy && {accuracy})};
  }

  /** A layer reads what those before it have left: all are measured in their order. */
  #measured({begin, end}: ProgramPart): number {
    const {machine} = this.#parts;
    let least = Infinity;
    for (let i = 0; i < MEASURED_TIMES; i++) {
      const start = performance.now();
      let [runs, elapsed] = [0, 0];
      while (elapsed < MEASURED_MS) {
        machine.run(begin, end);
        elapsed = performance.now() - start;
        runs++;
      }
      least = Math.min(least, elapsed / runs);
    }
    return 1000 * least;
  }

  /** Frees the memory. The arrays that `run` gave back stay readable until they are dropped, too. */
  dispose(): void {
    this.#views = undefined;
  }

  #expectViews() {
    if (this.#views) return this.#views;
    throw new Error('Expected a compiled model that is not disposed; compile it again');
  }
}

function sizeOf(shape: readonly number[]): number {
  return shape.reduce((size, length) => size * length, 1);
}

function expectNumbers(numbers: InputNumbers, length: number, shape: string): void {
  if (!ArrayBuffer.isView(numbers)) throw new TypeError(`Expected a typed array of numbers, got ${received(numbers)}`);
  if (numbers.length === length) return;
  throw new RangeError(
    `Expected ${length} numbers, for [${shape}], got ${numbers.length}; \`batch\` of compile sets the first`,
  );
}
