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
  /** How many examples a run predicts at once. Defaults to 1. */
  batchSize: integer({min: 1}, 1),
  /** The backend to measure on, one that is registered, such as 'webgl' or 'wasm'. Defaults to the one in use. */
  backend: option(expectRegistered, undefined),
  /** How many runs are measured. Defaults to 20. */
  runs: integer({min: 1}, 20),
  /**
   * How many runs come before, unmeasured: the first ones compile shaders and move the weights to the backend. Defaults
   * to 5.
   */
  warmUp: integer({}, 5),
  /**
   * The sizes of the inputs without the batch, a list for each; required if the model leaves some open. Defaults to the
   * model's.
   */
  inputShapes: inputShapes(),
};

/** Options of {@link measureLatency}. */
export type MeasureLatencyArgs = Args<typeof OPTIONS>;

/** How long a model takes to predict a batch, in milliseconds. */
export interface Latency {
  /**
   * The middle of all runs: the figure to compare, since single runs are slowed down by whatever else the machine does.
   */
  median: number;
  fastest: number;
  slowest: number;
  /** All runs that were measured, in their order. */
  times: number[];
  /** The number of examples. */
  batchSize: number;
  /** The backend that computed. */
  backend: string;
}

/**
 * Measures how long `model.predict` takes, until its outputs can be read.
 *
 * The inputs are random in [0, 1), and 0 where the model takes whole numbers; an embedding takes either for its entry
 * 0. Several models take turns, run by run, so that a slow moment of the machine meets all of them and their ratios are
 *    fair.
 *
 * On another `backend` than the one in use, it switches there and back. tf.js moves the weights to the backend that
 * computes with them, and with their next use back again, which that use has to wait for.
 *
 * @returns the times of a model, of several models in their order.
 * @throws TypeError or RangeError for wrong options, an unregistered backend, or an input whose size is not known;
 *     Error where the backend does not start.
 *
 * @example
 * const [before, after] = await measureLatency([dense, shrunken], {backend: 'wasm'});
 * console.log(`${(before.median / after.median).toFixed(1)} times as fast`);
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
      return list.map((_, i) =>
        latency(
          rounds.map(times => times[i]!),
          batchSize,
        ),
      );
    } finally {
      tf.dispose(inputs);
    }
  });
  return isList(models) ? latencies : latencies[0]!;
}

function latency(times: number[], batchSize: number): Latency {
  const [fastest, slowest] = [Math.min(...times), Math.max(...times)];
  return {median: median(times), fastest, slowest, times, batchSize, backend: tf.getBackend()};
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

/** Does something on a backend, and goes back to the one before, also where it fails. */
async function onBackend<T>(backend: string | undefined, action: () => Promise<T>): Promise<T> {
  await tf.ready();
  const before = tf.getBackend();
  if (backend === undefined || backend === before) return action();
  try {
    if (await tf.setBackend(backend)) return await action();
    throw new Error(`Backend "${backend}" is registered but did not start on this machine; measure on another one`);
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
