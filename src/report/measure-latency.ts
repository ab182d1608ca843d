import * as tf from '@tensorflow/tfjs-core';
import {expectModel} from '../layers/model-layers.js';
import {expectInteger, expectOptions, isList, received} from '../options/expect.js';
import {median} from '../math/median.js';
import type {Model} from '../tfjs-internals.js';
import {expectInputShapes, type InputShapes} from './input-shapes.js';

/** Options of {@link measureLatency}. */
export interface MeasureLatencyArgs {
  /** How many examples a run predicts at once. Defaults to 1. */
  batchSize?: number;
  /** The backend to measure on, one that is registered, such as 'webgl' or 'wasm'. Defaults to the one in use. */
  backend?: string;
  /** How many runs are measured. Defaults to 20. */
  runs?: number;
  /**
   * How many runs go before, unmeasured: the first ones compile shaders, and bring the weights to the backend. Defaults
   * to 5.
   */
  warmUp?: number;
  /**
   * The sizes of the inputs without the batch, one list for each; needed where the model leaves some open. Defaults to
   * the model's.
   */
  inputShapes?: InputShapes;
}

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
  const {batchSize, backend, runs, warmUp, inputShapes} = expectArgs(args);
  const shapes = list.map(model => expectInputShapes(model, inputShapes));
  const latencies = await onBackend(backend, async () => {
    const inputs = shapes.map((sizes, i) => randomInputs(list[i]!, sizes, batchSize));
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

function expectArgs(args: MeasureLatencyArgs) {
  const {
    batchSize = 1,
    backend,
    runs = 20,
    warmUp = 5,
    inputShapes,
  } = expectOptions('measureLatency', args, ['batchSize', 'backend', 'runs', 'warmUp', 'inputShapes']);
  return {
    batchSize: expectInteger('batchSize', batchSize, {min: 1}),
    backend: backend === undefined ? undefined : expectRegistered(backend),
    runs: expectInteger('runs', runs, {min: 1}),
    warmUp: expectInteger('warmUp', warmUp),
    inputShapes,
  };
}

function expectRegistered(backend: string): string {
  if ((tf.findBackendFactory(backend) as unknown) !== null) return backend;
  throw new RangeError(
    `Expected \`backend\` to be one that is registered, got ${received(backend)}; import its package first, such as ` +
      '@tensorflow/tfjs-backend-wasm for "wasm"',
  );
}
