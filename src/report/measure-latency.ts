import * as tf from '@tensorflow/tfjs-core';
import {distinctNames} from '../display/distinct-names.js';
import {LONG_WORK, LongWork} from '../display/long-work.js';
import {expectModel} from '../layers/model-layers.js';
import {isList, received} from '../options/expect.js';
import {integer, option} from '../options/option.js';
import {read} from '../options/read.js';
import type {Args, Values} from '../options/table.js';
import {median} from '../math/median.js';
import type {Model} from '../tfjs-internals.js';
import {expectInputShapes, inputShapes, type InputShapes} from './input-shapes.js';

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
export type MeasureLatencyArgs = Args<typeof OPTIONS & typeof LONG_WORK>;

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
 * Between runs it pauses every 40 ms for the page, on the backend that is measured; `onProgress` is told of each run.
 * One measurement runs at a time, as two would slow each other down.
 *
 * @returns the latency of the model, or those of several models in their order.
 * @throws TypeError or RangeError if an option is wrong, the backend is not registered, or an input size is unknown;
 *     Error if the backend does not start, or another measurement runs; the reason of `signal`.
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
  const options = read('measureLatency', args, {...OPTIONS, ...LONG_WORK});
  const {batchSize, runs, warmUp} = options;
  const work = new LongWork(options);
  work.total = (warmUp + runs) * list.length;
  const names = distinctNames(list.map(({name}) => name));
  let done = 0;
  const latencies = await latenciesOf(list, options, (i, run) => {
    const label = run < warmUp ? `warm-up ${run + 1} of ${warmUp}` : `run ${run - warmUp + 1} of ${runs}`;
    return work.reach(++done, `${names[i]}, ${label}`);
  });
  const results = list.map(({name}, i) => ({model: name, ...latencies[i]!, batchSize}));
  return isList(models) ? results : results[0]!;
}

/** What is awaited after each run of a model, given its place in the list, warm-up included. */
type AfterRun = (model: number, run: number) => Promise<void>;

/** Measures models by the options of {@link measureLatency}. */
async function latenciesOf(
  models: readonly Model[],
  {batchSize, backend, runs, warmUp, inputShapes: sizes}: Values<typeof OPTIONS>,
  afterRun: AfterRun,
): Promise<Omit<Latency, 'model' | 'batchSize'>[]> {
  const shapes = models.map(model => expectInputShapes(model, sizes));
  return alone(() =>
    onBackend(backend, async () => {
      const inputs = shapes.map((shape, i) => randomInputs(models[i]!, shape, batchSize));
      const times: number[][] = models.map(() => []);
      try {
        for (let run = 0; run < warmUp + runs; run++) {
          for (const [i, model] of models.entries()) {
            times[i]!.push(await timeOf(model, inputs[i]!, batchSize));
            await afterRun(i, run);
          }
        }
        return times.map(each => latency(each.slice(warmUp)));
      } finally {
        tf.dispose(inputs);
      }
    }),
  );
}

/** The medians of several models, measured in turn with the defaults of {@link measureLatency}. */
export async function medianLatencies(
  models: readonly Model[],
  sizes: InputShapes | undefined,
  afterRun: AfterRun,
): Promise<number[]> {
  const options = read('measureLatency', {...(sizes && {inputShapes: sizes})}, OPTIONS);
  return (await latenciesOf(models, options, afterRun)).map(each => each.median);
}

function latency(times: number[]): Omit<Latency, 'model' | 'batchSize'> {
  const [fastest, slowest] = [Math.min(...times), Math.max(...times)];
  return {median: median(times), fastest, slowest, times, backend: tf.getBackend()};
}

let isMeasuring = false;

/** Runs an action while no other one runs here. */
async function alone<T>(action: () => Promise<T>): Promise<T> {
  if (isMeasuring) {
    throw new Error(
      'measureLatency is measuring already, and two measurements would slow each other down; await the first one, ' +
        'or pass the models in one list',
    );
  }
  isMeasuring = true;
  try {
    return await action();
  } finally {
    isMeasuring = false;
  }
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
