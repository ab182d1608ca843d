import * as tf from '@tensorflow/tfjs';
import {formatLatency} from 'tfjs-pruning';
import {measureLatency} from '../../src/report/measure-latency.js';
import {expectNoLeak, predict} from '../support/tensors.js';

const seeded = tf.initializers.glorotUniform({seed: 1});
const dense = (units: number, more = {}) => tf.layers.dense({units, kernelInitializer: seeded, ...more});
const small = () => tf.sequential({name: 'small', layers: [dense(3, {inputShape: [4]})]});
const few = {runs: 3, warmUp: 1};

/** A clock that says these milliseconds at the beginning and at the end of each run, in turn. */
function clock(...durations: number[]): void {
  let now = 0;
  const times = durations.flatMap(duration => [now, (now += duration)]);
  jest.spyOn(tf.util, 'now').mockImplementation(() => times.shift() ?? now);
}

/** Sees what models are called with. */
function calls(...models: tf.LayersModel[]): [string, tf.Tensor[], {batchSize?: number}][] {
  const seen: [string, tf.Tensor[], {batchSize?: number}][] = [];
  for (const model of models) {
    const predict = model.predict.bind(model);
    jest.spyOn(model, 'predict').mockImplementation((xs, args) => {
      seen.push([model.name, [xs].flat().map(x => tf.keep(tf.clone(x))), args!]);
      return predict(xs, args);
    });
  }
  return seen;
}

/** Does something before the output of a model can be read. */
function whenRead(model: tf.LayersModel, action: () => unknown): void {
  const predict = model.predict.bind(model);
  jest.spyOn(model, 'predict').mockImplementation((x, args) => {
    const y = predict(x, args) as tf.Tensor;
    const data = y.data.bind(y);
    jest.spyOn(y, 'data').mockImplementation(async () => {
      await action();
      return data();
    });
    return y;
  });
}

afterEach(() => jest.restoreAllMocks());

/** The backend of the tests besides the one in use: plain JavaScript, which is always there. */
const OTHER = 'cpu';

test('tells the middle, the fastest and the slowest of the runs behind the warm-up', async () => {
  clock(100, 50, 7, 3, 4, 9);
  expect(await measureLatency(small(), {runs: 4, warmUp: 2})).toEqual({
    model: 'small',
    median: 5.5,
    fastest: 3,
    slowest: 9,
    times: [7, 3, 4, 9],
    batchSize: 1,
    backend: tf.getBackend(),
  });
});

test('measures 20 runs behind 5 unless told otherwise, each of one example', async () => {
  const model = small();
  const seen = calls(model);
  const {times} = await measureLatency(model);
  expect(times).toHaveLength(20);
  expect(times.every(time => time > 0)).toBe(true);
  expect(seen).toHaveLength(25);
  expect(seen[0]![1][0]!.shape).toEqual([1, 4]);
});

test('counts the time until the outputs are there', async () => {
  const model = small();
  whenRead(model, () => new Promise(resolve => setTimeout(resolve, 20)));
  expect((await measureLatency(model, {runs: 2, warmUp: 0})).fastest).toBeGreaterThan(15);
});

test('several models take turns', async () => {
  const models = [small(), tf.sequential({name: 'other', layers: [dense(2, {inputShape: [5]})]})];
  const seen = calls(...models);
  clock(1, 10, 2, 30, 3, 20);
  const latencies = await measureLatency(models, {runs: 3, warmUp: 0});
  expect(latencies.map(({times}) => times)).toEqual([
    [1, 2, 3],
    [10, 30, 20],
  ]);
  expect(seen.map(([name]) => name)).toEqual(['small', 'other', 'small', 'other', 'small', 'other']);
  expect(await measureLatency([small()], few)).toHaveLength(1);
});

test('predicts the whole batch at once, on random inputs in the shapes and kinds that the model takes', async () => {
  const image = tf.input({shape: [6, 4]});
  const words = tf.input({shape: [3], dtype: 'int32'});
  const ids = tf.input({shape: [3]});
  const embed = () => tf.layers.embedding({inputDim: 2, outputDim: 4});
  const outputs = tf.layers.concatenate({axis: 1}).apply([image, embed().apply(words), embed().apply(ids)] as never);
  const model = tf.model({inputs: [image, words, ids], outputs: [outputs as tf.SymbolicTensor, ids]});
  const seen = calls(model);
  expect((await measureLatency(model, {...few, batchSize: 40})).batchSize).toBe(40);
  const [, xs, args] = seen[0]!;
  expect(args).toEqual({batchSize: 40});
  expect(xs.map(({shape, dtype}) => [shape, dtype])).toEqual([
    [[40, 6, 4], 'float32'],
    [[40, 3], 'int32'],
    [[40, 3], 'float32'],
  ]);
  expect([...xs[1]!.dataSync()].every(id => id === 0)).toBe(true);
  const pixels = [...xs[0]!.dataSync()];
  expect(new Set(pixels).size).toBeGreaterThan(900);
  expect(Math.min(...pixels)).toBeGreaterThanOrEqual(0);
  expect(Math.max(...pixels)).toBeLessThan(1);
});

test('takes the sizes that a model leaves open', async () => {
  const layer = tf.layers.conv1d({
    filters: 2,
    kernelSize: 2,
    kernelInitializer: seeded,
    inputShape: [null, 4] as never,
  });
  const model = tf.sequential({name: 'any', layers: [layer]});
  await expect(measureLatency(model, few)).rejects.toThrow(
    'Expected `inputShapes` to hold sizes for the inputs of model "any", ' +
      'which are [[any,4]] without the batch, got none',
  );
  await expect(measureLatency(model, {...few, inputShapes: [[7, 5]]})).rejects.toThrow('got [[7,5]]');
  await expect(measureLatency(model, {...few, inputShapes: [7, 4] as never})).rejects.toThrow(
    'got [7 (number),4 (number)]',
  );
  await expect(measureLatency(model, {...few, inputShapes: [[0, 4]]})).rejects.toThrow('got [[0,4]]');
  const seen = calls(model);
  await measureLatency(model, {...few, inputShapes: [[7, 4]]});
  expect(seen[0]![1][0]!.shape).toEqual([1, 7, 4]);
});

describe('another backend', () => {
  test('is switched to and back; the model computes there as it did', async () => {
    const [model, x, before] = [small(), tf.ones([2, 4]), tf.getBackend()];
    const wanted = predict(model, x)[0]!.arraySync();
    const used: string[] = [];
    whenRead(model, () => void used.push(tf.getBackend()));
    expect((await measureLatency(model, {...few, backend: OTHER})).backend).toBe(OTHER);
    expect(used).toEqual([OTHER, OTHER, OTHER, OTHER]);
    expect(tf.getBackend()).toBe(before);
    expect(predict(model, x)[0]!.arraySync()).toEqual(wanted);
  });

  test('is left again where the measurement fails', async () => {
    const [model, before] = [small(), tf.getBackend()];
    jest.spyOn(model, 'predict').mockImplementation(() => {
      throw new Error('no such kernel');
    });
    await expectNoLeak(() => expect(measureLatency(model, {backend: OTHER})).rejects.toThrow('no such kernel'));
    expect(tf.getBackend()).toBe(before);
  });

  test('has to be registered, and to start', async () => {
    const before = tf.getBackend();
    await expect(measureLatency(small(), {backend: 'abacus'})).rejects.toThrow(
      'Expected `backend` to be one that is registered, got "abacus" (string); import its package first',
    );
    tf.registerBackend('broken', () => {
      throw new Error('no such device');
    });
    jest.spyOn(console, 'warn').mockImplementation(() => undefined);
    await expect(measureLatency(small(), {backend: 'broken'})).rejects.toThrow(
      'Expected backend "broken" to start on this machine',
    );
    tf.removeBackend('broken');
    expect(tf.getBackend()).toBe(before);
  });
});

test('leaks nothing', async () => {
  const models = [small(), small()];
  await expectNoLeak(async () => void (await measureLatency(models, {...few, batchSize: 3})));
  await measureLatency(models, {...few, backend: OTHER});
  await expectNoLeak(async () => void (await measureLatency(models, {...few, backend: OTHER})));
});

test.each<[string, unknown, unknown, RegExp]>([
  ['no model', {}, {}, /measureLatency expects a tf.Sequential or tf.LayersModel/],
  ['no models', [], {}, /measureLatency expects a model, or a list of them, got an empty list/],
  ['no examples', undefined, {batchSize: 0}, /`batchSize` to be a whole number >= 1, got 0/],
  ['no runs', undefined, {runs: 0}, /`runs` to be a whole number >= 1, got 0/],
  ['half a run', undefined, {warmUp: 0.5}, /`warmUp` to be a whole number >= 0, got 0.5/],
  ['a misspelt option', undefined, {warmup: 1}, /measureLatency has no option `warmup`/],
])('refuses %s', async (_, model, args, message) => {
  await expect(measureLatency((model ?? small()) as never, args as never)).rejects.toThrow(message);
});

test('tells models of the same name apart in its progress', async () => {
  const labels: unknown[] = [];
  await measureLatency([small(), small()], {runs: 1, warmUp: 0, onProgress: ({label}) => labels.push(label)});
  expect(labels.filter(label => label !== '')).toEqual(['small (1), run 1 of 1', 'small (2), run 1 of 1']);
});

describe('formatLatency', () => {
  const times = {fastest: 2, slowest: 9, times: [2, 9], batchSize: 1, backend: 'wasm'};
  const dense = {model: 'dense', median: 6, ...times};
  const pruned = {model: 'pruned', median: 2.5, ...times};

  test('is a table in the terminal, of one latency or of several', () => {
    const lines = [
      'model   backend  batch  median  fastest  slowest  speed-up',
      '------  -------  -----  ------  -------  -------  --------',
      'dense   wasm         1    6.00     2.00     9.00     1.00x',
      'pruned  wasm         1    2.50     2.00     9.00     2.40x',
    ];
    expect(formatLatency([dense, pruned]).split('\n')).toEqual(lines);
    expect(formatLatency(pruned)).toContain('1.00x');
  });

  test('numbers models of the same name, in their order', () => {
    const named = ['net', 'other', 'net'].map(model => ({...dense, model}));
    const rows = formatLatency(named).split('\n').slice(2);
    expect(rows.map(row => row.split(/ {2,}/)[0])).toEqual(['net (1)', 'other', 'net (2)']);
  });

  test.each([undefined, [], {...dense, median: '6'}, [dense, undefined]])('refuses what is no latency: %p', wrong => {
    expect(() => formatLatency(wrong as never)).toThrow(
      'formatLatency expects what measureLatency(models) resolves to',
    );
  });
});
