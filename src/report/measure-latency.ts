import * as tf from '@tensorflow/tfjs-core';
import {expectModel} from '../layers/model-layers.js';
import {isList, received} from '../options/expect.js';
import {integer, option} from '../options/option.js';
import {read} from '../options/read.js';
import type {Args} from '../options/table.js';
import {median} from '../math/median.js';
import type {Model} from '../tfjs-internals.js';
import {expectInputShapes, inputShapes} from './input-shapes.js';

const OPTIONS = {
  /** How many examples a run predicts. Defaults to 1. */
  batchSize: integer({min: 1}, 1),
  /** The registered backend to measure on, such as 'webgl' or 'wasm'. Defaults to the one in use. */
  backend: option(expectRegistered, undefined),
  /** How many runs to measure. Defaults to 20. */
  runs: integer({min: 1}, 20),
  /** How many unmeasured runs come first; they compile shaders and upload weights. Defaults to 5. */
  warmUp: integer({}, 5),
  /** The input sizes without the batch, one list per input; needed if the model leaves some open. */
  inputShapes: inputShapes(),
};

/** Options of {@link measureLatency}. */
export type MeasureLatencyArgs = Args<typeof OPTIONS>;

/** How long a model takes to predict a batch, in milliseconds. */
export interface Latency {
  /** The name of the model. */
  model: string;
  /** The median of all runs: the figure to compare, since other work on the machine slows down single runs. */
  median: number;
  /** The time of the fastest run. */
  fastest: number;
  /** The time of the slowest run. */
  slowest: number;
  /** The times of all measured runs, in order. */
  times: number[];
  /** The number of examples. */
  batchSize: number;
  /** The backend that ran the model. */
  backend: string;
}

/**
 * Measures how long `model.predict` takes until its outputs can be read.
 *
 * The inputs are random numbers in [0, 1), or 0 for inputs of whole numbers; an embedding reads its entry 0. Several
 * models take turns, run by run, so that a slow moment of the machine affects all of them and their ratios are fair.
 *
 * If `backend` is not the one in use, it is switched to and back. tf.js moves the weights to the backend that computes
 * with them, and back again when they are next used there.
 *
 * @returns the latency of the model, or those of several models in their order.
 * @throws TypeError or RangeError if an option is wrong, the backend is not registered, or an input size is unknown;
 *     Error if the backend does not start.
 *
 * @example
 * console.log(formatLatency(await measureLatency([dense, small], {backend: 'wasm'})));
 */
export async function measureLatency(model: Model, args?: MeasureLatencyArgs): Promise<Latency>;
export async function measureLatency(models: readonly Model[], args?: MeasureLatencyArgs): Promise<Latency[]>;
export async function measureLatency(
  models: Model | readonly Model[],
  args: MeasureLatencyArgs = {},
): Promise<Latency | Latency[]> {
  const list = expectModels(isList(models) ? [...(models as readonly Model[])] : [models as Model]);
  const {batchSize, backend, runs, warmUp, inputShapes: sizes} = read('measureLatency', args, OPTIONS);
  const shapes = list.map(model => expectInputShapes(model, sizes));
  const latencies = await onBackend(backend, async () => {
    const inputs = shapes.map((shape, i) => randomInputs(list[i]!, shape, batchSize));
    try {
      for (let run = 0; run < warmUp; run++) await timesOf(list, inputs, batchSize);
      const rounds: number[][] = [];
      for (let run = 0; run < runs; run++) rounds.push(await timesOf(list, inputs, batchSize));
      return list.map(({name}, i) => ({model: name, ...latency(rounds.map(times => times[i]!)), batchSize}));
    } finally {
      tf.dispose(inputs);
    }
  });
  return isList(models) ? latencies : latencies[0]!;
}

function latency(times: number[]): Omit<Latency, 'model' | 'batchSize'> {
  const [fastest, slowest] = [Math.min(...times), Math.max(...times)];
  return {median: median(times), fastest, slowest, times, backend: tf.getBackend()};
}

/** One run of each model. */
async function timesOf(models: readonly Model[], inputs: readonly tf.Tensor[][], batchSize: number): Promise<number[]> {
  const times: number[] = [];
  for (const [i, model] of models.entries()) times.push(await timeOf(model, inputs[i]!, batchSize));
  return times;
}

async function timeOf(model: Model, inputs: tf.Tensor[], batchSize: number): Promise<number> {
  const start = tf.util.now();
  const outputs = [model.predict(inputs, {batchSize})].flat();
  try {
    await Promise.all(outputs.map(output => output.data()));
    return tf.util.now() - start;
  } finally {
    tf.dispose(outputs);
  }
}

function randomInputs(model: Model, shapes: readonly (readonly number[])[], batchSize: number): tf.Tensor[] {
  return tf.tidy(() =>
    model.inputs.map(({dtype}, i) =>
      tf.cast(tf.randomUniform([batchSize, ...shapes[i]!], 0, 1, 'float32', i + 1), dtype),
    ),
  );
}

/** Runs `action` on a backend, then switches back to the one before, also if it fails. */
async function onBackend<T>(backend: string | undefined, action: () => Promise<T>): Promise<T> {
  await tf.ready();
  const before = tf.getBackend();
  if (backend === undefined || backend === before) return action();
  try {
    if (await tf.setBackend(backend)) return await action();
    throw new Error(`Expected backend "${backend}" to start on this machine, but it did not; choose another one`);
  } finally {
    await tf.setBackend(before);
  }
}

function expectModels(models: readonly Model[]): readonly Model[] {
  if (models.length === 0) throw new RangeError('measureLatency expects a model, or a list of them, got an empty list');
  return models.map(model => expectModel('measureLatency', model));
}

function expectRegistered(name: string, backend: string): string {
  if ((tf.findBackendFactory(backend) as unknown) !== null) return backend;
  throw new RangeError(
    `Expected \`${name}\` to be one that is registered, got ${received(backend)}; import its package first, such as ` +
      '@tensorflow/tfjs-backend-wasm for "wasm"',
  );
}
