import {sizeOf} from '../math/size-of.js';
import {isList, received} from '../options/expect.js';
import {read} from '../options/read.js';
import type {CompiledModel, InputNumbers, TensorLike, TensorMaker} from './compiled-model.js';
import {statesOf, type Program, type ProgramPart} from './emit/emit.js';
import type {Value} from './graph/value.js';
import type {Int8Accuracy} from './int8/accuracy.js';
import type {Islands} from './islands/islands.js';
import type {Machine} from './machine.js';
import type {Plan} from './plan/plan.js';
import {REPORT_OPTIONS, type ReportArgs, type RuntimeReport, type RuntimeReportRow} from './runtime-report.js';
import {tensorsOf} from './tensors-of.js';
import {Turns} from './turns.js';

/** An input or an output: its shape, without the batch, and its place in memory. */
export interface Port {
  readonly shape: readonly number[];
  readonly address: number;
}

export function portsOf(values: readonly Value[], {layouts}: Plan): Port[] {
  return values.map(value => ({shape: value.shape, address: layouts.get(value)!.address}));
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
  /** Runs a program with layers that tf.js computes. */
  readonly islands?: Islands | undefined;
  /** How far int8 is from floats. */
  readonly accuracy?: Int8Accuracy;
}

/** The numbers of the inputs and of the outputs. */
export interface Views {
  readonly inputs: readonly Float32Array[];
  readonly outputs: readonly Float32Array[];
}

/** Measured runs of a layer take at least so many milliseconds. */
const MEASURED_MS = 1;
const MEASURED_TIMES = 5;

/** A model that was compiled for inputs of known sizes. */
export class SizedModel<T = never> implements CompiledModel<T> {
  readonly #parts: Parts<T>;
  readonly #turns = new Turns();
  #views: Views | undefined;

  constructor(parts: Parts<T>) {
    this.#parts = parts;
    const {memory} = parts.machine;
    const view = ({shape, address}: Port) => new Float32Array(memory, address, parts.batch * sizeOf(shape));
    this.#views = {inputs: parts.inputs.map(view), outputs: parts.outputs.map(view)};
  }

  get batch(): number {
    return this.#parts.batch;
  }

  get inputShapes(): readonly (readonly number[])[] {
    return this.#parts.inputs.map(({shape}) => shape);
  }

  get outputShapes(): readonly (readonly number[])[] {
    return this.#parts.outputs.map(({shape}) => shape);
  }

  run(inputs: InputNumbers): Float32Array;
  run(inputs: readonly InputNumbers[]): Float32Array | Float32Array[];
  run(inputs: InputNumbers | readonly InputNumbers[]): Float32Array | Float32Array[] {
    const views = this.#expectViews();
    const {machine, program, islands} = this.#parts;
    islands?.expectIdle();
    this.#write(isList(inputs) ? (inputs as readonly InputNumbers[]) : [inputs as InputNumbers], views.inputs);
    if (islands) islands.runSync();
    else machine.run(program.begin, program.end);
    return views.outputs.length === 1 ? views.outputs[0]! : [...views.outputs];
  }

  /** Nothing of the caller runs between what is written and the program. */
  #write(given: readonly InputNumbers[], views: readonly Float32Array[]): void {
    const inputs = given.map(numbers => this.#apart(numbers));
    if (inputs.length !== views.length) {
      throw new TypeError(`Expected ${views.length} inputs, got ${inputs.length}`);
    }
    inputs.forEach((numbers, i) => expectNumbers(numbers, views[i]!.length, this.#shapeOf(i)));
    inputs.forEach((numbers, i) => views[i]!.set(numbers));
  }

  /** An output of a run before may lie where another input is written. */
  #apart(numbers: InputNumbers): InputNumbers {
    return ArrayBuffer.isView(numbers) && numbers.buffer === this.#parts.machine.memory ? numbers.slice() : numbers;
  }

  #shapeOf(input: number): string {
    return [this.batch, ...this.#parts.inputs[input]!.shape].join();
  }

  async predict(inputs: TensorLike | readonly TensorLike[]): Promise<T | T[]> {
    if (!this.#parts.tf) {
      throw new TypeError('predict expects tf.js: compile(model, {tf}); `run` takes and gives arrays without it');
    }
    this.#expectViews();
    const tensors = tensorsOf(inputs);
    // Their data are asked for at once, as a caller may dispose them while the code is loaded.
    const data = Promise.all(tensors.map(tensor => tensor.data()));
    return this.#turns.take(Promise.all([data, import('./predicted.js')]), ([numbers, {predicted}]) => {
      const isStateful = this.#isStateful;
      return predicted({tensors, numbers}, this.#parts, {views: () => this.#expectViews(), isStateful});
    });
  }

  async forShapes(inputShapes: readonly (readonly number[])[]): Promise<this> {
    const {expectFitting} = await import('./fitting-shapes.js');
    expectFitting(inputShapes, this.inputShapes);
    this.#expectViews();
    return this;
  }

  report(args: ReportArgs = {}): RuntimeReport {
    const {measure} = read('report', args, REPORT_OPTIONS);
    const {inputs} = this.#expectViews();
    const {machine, program, batch, activationBytes, islands, accuracy} = this.#parts;
    islands?.expectIdle();
    if (measure && islands?.areStateful) {
      throw new Error('report can not measure stateful layers that tf.js runs: their states would change');
    }
    const kept = this.#states.map(state => state.slice());
    // What others left there may be slow to compute with as floats.
    if (measure) inputs.forEach(view => view.fill(0));
    const rows = program.parts.map((part): RuntimeReportRow => {
      const {layer, kernel, density = NaN, multiplications = 0, bytes = 0} = part;
      return {layer, kernel, density, multiplications, bytes, microseconds: measure ? this.#measured(part) : NaN};
    });
    this.#states.forEach((state, i) => state.set(kept[i]!));
    const weightBytes = program.fixed.end - activationBytes;
    return {rows, batch, machine: machine.kind, activationBytes, weightBytes, ...(accuracy && {accuracy})};
  }

  /** A layer reads what those before it have left: all are measured in their order. */
  #measured(part: ProgramPart): number {
    const {machine, islands} = this.#parts;
    const run = () => (islands ? islands.runStage(part) : machine.run(part.begin, part.end));
    let least = Infinity;
    for (let i = 0; i < MEASURED_TIMES; i++) {
      const start = performance.now();
      let [runs, elapsed] = [0, 0];
      while (elapsed < MEASURED_MS) {
        run();
        elapsed = performance.now() - start;
        runs++;
      }
      least = Math.min(least, elapsed / runs);
    }
    return 1000 * least;
  }

  get isDisposed(): boolean {
    return this.#views === undefined;
  }

  dispose(): void {
    if (this.#views) this.#parts.islands?.dispose();
    this.#views = undefined;
  }

  get #states(): Float32Array[] {
    const {machine, program} = this.#parts;
    return statesOf(program, machine.memory);
  }

  get #isStateful(): boolean {
    return (this.#parts.islands?.areStateful ?? false) || this.#states.length > 0;
  }

  resetStates(): void {
    this.#expectViews();
    this.#turns.next(() => {
      if (!this.isDisposed) this.clearStates();
    });
  }

  /** Also those of a model that is disposed: they go on in one for inputs of other sizes. */
  clearStates(): void {
    this.#parts.islands?.resetStates();
    for (const state of this.#states) state.fill(0);
  }

  /** Goes on from the states of the same model for inputs of other sizes. */
  takeStates(from: SizedModel<T>): void {
    const others = from.#states;
    this.#states.forEach((state, i) => state.set(others[i]!));
  }

  #expectViews() {
    if (this.#views) return this.#views;
    throw new Error('Expected a compiled model that is not disposed; compile it again');
  }
}

function expectNumbers(numbers: InputNumbers, length: number, shape: string): void {
  if (!ArrayBuffer.isView(numbers)) throw new TypeError(`Expected a typed array of numbers, got ${received(numbers)}`);
  if (numbers.length === length) return;
  throw new RangeError(
    `Expected ${length} numbers, for [${shape}], got ${numbers.length}; \`batch\` of compile sets the first`,
  );
}
