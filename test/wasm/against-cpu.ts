import * as tf from '@tensorflow/tfjs';
import '@tensorflow/tfjs-backend-wasm';
import {chosenKernels} from '../../src/wasm/backend/kernel-builds.js';
import {completeWasmBackend} from '../../src/wasm/complete-wasm-backend.js';
import {startedWasmBackend} from '../../src/wasm/backend/wasm-backend.js';
import {allowRelaxedSimd} from '../support/relaxed-simd.js';

/** A differentiable function of some tensors. */
export type Op = (...inputs: tf.Tensor[]) => tf.Tensor;

type Generator = () => number;

/** What the entries of an input look like; kernels go wrong at signs, at equal values and at leftovers on the heap. */
const styles: Record<string, (random: Generator) => number> = {
  normal: random => 2 * random() - 1,
  'all negative': random => -0.1 - random(),
  ties: random => Math.floor(3 * random()) - 1,
  zeros: () => 0,
  large: random => 1e4 * (2 * random() - 1),
};

export const styleNames = Object.keys(styles);

/** The sizes of a shape written as '2x3x4'. */
export function sizes(shape: string): number[] {
  return shape.split('x').map(Number);
}

/** A repeatable stream of numbers in [0, 1). */
export function randomNumbers(seed: number): Generator {
  let state = seed;
  return () => (state = (state * 1103515245 + 12345) % 2147483648) / 2147483648;
}

/** A tensor of the given style, the same for the same seed. */
export function tensorOf(shape: number[], style: string, seed: number): tf.Tensor {
  const [random, value] = [randomNumbers(seed), styles[style]!];
  return tf.tensor(
    Float32Array.from({length: tf.util.sizeFromShape(shape)}, () => value(random)),
    shape,
  );
}

/** Runs `task` with `dirt` in all memory that it is given, so that a kernel that reads what nobody wrote is seen. */
function withDirtyHeap<T>(dirt: number, task: () => T): T {
  const {wasm} = startedWasmBackend()!;
  const malloc = wasm._malloc;
  wasm._malloc = bytes => {
    const address = malloc(bytes);
    new Float32Array(wasm.HEAPU8.buffer, address, Math.floor(bytes / 4)).fill(dirt);
    return address;
  };
  try {
    return task();
  } finally {
    wasm._malloc = malloc;
  }
}

/** Runs `task` on a backend, the wasm one completed. */
export async function on<T>(backend: 'cpu' | 'wasm', task: () => T | Promise<T>): Promise<T> {
  // Makes tfjs check each kernel for leaks (and keeps the cpu backend from recommending tfjs-node).
  tf.env().set('IS_TEST', true);
  completeWasmBackend();
  await tf.setBackend(backend);
  return task();
}

afterAll(allowRelaxedSimd());

/** The ways in which a kernel of ours can work. */
export const kernelKinds = ['relaxed-simd', 'simd', 'composed'] as const;

/** Runs `task` on the wasm backend with one kind of kernels. */
export async function onWasm<T>(kernels: (typeof kernelKinds)[number], task: () => T | Promise<T>): Promise<T> {
  const before = chosenKernels();
  completeWasmBackend({kernels});
  try {
    return await on('wasm', task);
  } finally {
    completeWasmBackend({kernels: before});
  }
}

// An alias, since an interface is not among the things that tf.tidy may return.
type Result = {shape: number[]; values: Float32Array};

function inputsOf(shapes: readonly string[], style: string): tf.Tensor[] {
  return shapes.map((shape, i) => tensorOf(sizes(shape), style, 77 * i + 3));
}

const resultOf = (tensor: tf.Tensor): Result => ({shape: tensor.shape, values: tensor.dataSync<'float32'>()});

/** The output of an op, and the gradients of all its inputs for an output gradient of random numbers. */
function outputAndGradients(op: Op, inputs: tf.Tensor[]): Result[] {
  const output = op(...inputs);
  const gradients = tf.grads(op)(inputs, tensorOf(output.shape, 'normal', 5));
  return [output, ...gradients].map(resultOf);
}

/** How often the wasm backend runs a kernel during `task`. */
export async function runsOf(kernel: string, task: () => Promise<void>): Promise<number> {
  const registered = await on('wasm', () => tf.getKernel(kernel, 'wasm'));
  const {kernelFunc} = registered;
  let runs = 0;
  const counting: tf.KernelFunc = args => {
    runs++;
    return kernelFunc(args);
  };
  // With the mark on it by which it is known as ours.
  registered.kernelFunc = Object.assign(counting, kernelFunc);
  try {
    await task();
  } finally {
    registered.kernelFunc = kernelFunc;
  }
  return runs;
}

/** The largest difference relative to the largest expected value; Infinity for a NaN or another length. */
export function relativeError(actual: ArrayLike<number>, expected: ArrayLike<number>): number {
  if (actual.length !== expected.length) return Infinity;
  let [difference, scale] = [0, 0];
  for (let i = 0; i < expected.length; i++) {
    const error = Math.abs(actual[i]! - expected[i]!);
    difference = Math.max(difference, Number.isNaN(error) ? Infinity : error);
    scale = Math.max(scale, Math.abs(expected[i]!));
  }
  return scale === 0 ? difference : difference / scale;
}

/**
 * Asserts that an op and its gradients are on wasm what they are on cpu, for all styles and on a dirty heap. Shapes are
 * written as '2x3x4'.
 */
export async function expectSameAsCpu(op: Op, shapes: readonly string[], chosen = styleNames): Promise<void> {
  await compare(style => outputAndGradients(op, inputsOf(shapes, style)), chosen);
}

/** As `expectSameAsCpu`, for ops that have no gradient, or none on cpu that is right. */
export async function expectSameOutput(op: Op, shapes: readonly string[], chosen = styleNames): Promise<void> {
  await compare(style => [resultOf(op(...inputsOf(shapes, style)))], chosen);
}

async function compare(run: (style: string) => Result[], chosen: readonly string[]): Promise<void> {
  const expected = await on('cpu', () => chosen.map(style => tf.tidy(() => run(style))));
  for (const dirt of [NaN, 1e6]) {
    const onDirtyHeap = (style: string) => withDirtyHeap(dirt, () => tf.tidy(() => run(style)));
    for (const kernels of kernelKinds) {
      const actual = await onWasm(kernels, () => chosen.map(onDirtyHeap));
      chosen.forEach((style, i) => expectClose(actual[i]!, expected[i]!, `${style}, ${kernels}, ${dirt} on the heap`));
    }
  }
}

function expectClose(actual: readonly Result[], expected: readonly Result[], style: string): void {
  const wrong = expected.flatMap(({shape, values}, i) => {
    const error = relativeError(actual[i]!.values, values);
    const isRight = error < 1e-4 && tf.util.arraysEqual(actual[i]!.shape, shape);
    return isRight ? [] : [{of: i === 0 ? 'output' : `gradient ${i - 1}`, style, error, shape: actual[i]!.shape}];
  });
  expect(wrong).toEqual([]);
}

/** Asserts that the gradient of an op on wasm is its finite difference; for ops whose gradient is wrong on cpu. */
export async function expectFiniteDifference(op: Op, shape: number[], step = 1e-3): Promise<void> {
  const check = () => {
    const x = tensorOf(shape, 'normal', 11);
    const weights = tensorOf(op(x).shape, 'normal', 12);
    const weighted = (values: Float32Array) => tf.sum(tf.mul(op(tf.tensor(values, shape)), weights)).dataSync()[0]!;
    const values = x.dataSync() as Float32Array;
    const differences = Array.from(values, (_, i) => {
      const at = (offset: number) => weighted(values.map((value, j) => (j === i ? value + offset : value)));
      return (at(step) - at(-step)) / (2 * step);
    });
    expect(relativeError(tf.grads(op)([x], weights)[0]!.dataSync(), differences)).toBeLessThan(1e-2);
  };
  for (const kernels of kernelKinds) await onWasm(kernels, () => withDirtyHeap(NaN, () => tf.tidy(check)));
}
