import * as tf from '@tensorflow/tfjs';
import {filters, prunable, pruneOnce, stripPruning, taylor, weights} from 'tfjs-pruning';
import {SoftFilterPruning, type SoftFilterPruningArgs} from 'tfjs-pruning/callbacks';
import {asymptoticDecay, constantSparsity, polynomialDecay} from 'tfjs-pruning/schedules';
import {wrapper} from '../support/masks.js';
import {distance, expectNoLeak, predict, saveAndLoad} from '../support/tensors.js';

/** Eight filters of nine weights, each followed by a scale and a shift. */
function net(): tf.Sequential {
  const kernelInitializer = tf.initializers.glorotNormal({seed: 3});
  const model = prunable(
    tf.sequential({
      layers: [
        tf.layers.conv2d({name: 'conv', filters: 8, kernelSize: 3, inputShape: [5, 5, 1], kernelInitializer}),
        tf.layers.batchNormalization({name: 'bn'}),
        tf.layers.reLU(),
        tf.layers.flatten(),
        tf.layers.dense({name: 'out', units: 2, kernelInitializer}),
      ],
    }),
  );
  model.compile({optimizer: tf.train.momentum(0.05, 0.9), loss: 'meanSquaredError'});
  return model;
}

async function fit(
  model: tf.LayersModel,
  callbacks: (tf.Callback | tf.CustomCallback)[],
  epochs: number,
  initialEpoch = 0,
): Promise<tf.History> {
  const x = tf.randomNormal([16, 5, 5, 1], 0, 1, 'float32', 1);
  const y = tf.randomNormal([16, 2], 0, 1, 'float32', 2);
  try {
    return await model.fit(x, y, {epochs, initialEpoch, batchSize: 4, verbose: 0, shuffle: false, callbacks});
  } finally {
    tf.dispose([x, y]);
  }
}

const kernelOf = (model: tf.LayersModel) => wrapper(model, 'conv').maskedWeights[0]!;

/** The norm of each filter in the kernel variable itself. */
const norms = (model: tf.LayersModel) => [
  ...tf.tidy(() => tf.norm(tf.reshape(kernelOf(model).kernel.read(), [9, 8]), 2, 0)).dataSync(),
];
const gone = (model: tf.LayersModel) => norms(model).flatMap((norm, i) => (norm === 0 ? [i] : []));
const isMasked = (model: tf.LayersModel) => kernelOf(model).mask.read().dataSync().includes(0);

/** Notes something at each epoch's end, after the callbacks before it. */
class AtEpochEnd<T> extends tf.Callback {
  readonly seen: T[] = [];
  readonly #look: () => T;
  constructor(look: () => T) {
    super();
    this.#look = look;
  }
  override onEpochEnd(): Promise<void> {
    this.seen.push(this.#look());
    return Promise.resolve();
  }
}

let warnings: jest.SpyInstance;
beforeEach(() => (warnings = jest.spyOn(console, 'warn').mockImplementation()));
afterEach(() => warnings.mockRestore());

const half = (endStep: number) => constantSparsity({targetSparsity: 0.5, beginStep: 1, endStep, frequency: 1});
const soft = (schedule: SoftFilterPruningArgs['schedule'], more: Partial<SoftFilterPruningArgs> = {}) =>
  new SoftFilterPruning({schedule, layers: 'conv', ...more});

test('zeroes the smallest filters after each epoch, lets them come back, and ends with a hard pass', async () => {
  const model = net();
  const watch = new AtEpochEnd(() => ({gone: gone(model), masked: isMasked(model)}));
  const during: number[][] = [];
  const batches = new tf.CustomCallback({onBatchEnd: () => void during.push(gone(model))});
  const {history} = await fit(model, [soft(half(6)), watch, batches], 7);
  expect(watch.seen.map(one => one.gone.length)).toEqual(Array(7).fill(4));
  expect(watch.seen.map(one => one.masked)).toEqual([false, false, false, false, false, true, true]);
  expect(during.slice(4, 24)).toEqual(Array(20).fill([])); // all of them train on
  expect(during.slice(24)).toEqual(Array(4).fill(watch.seen[5]!.gone)); // until the hard pass
  const everGone = new Set(watch.seen.flatMap(one => one.gone));
  expect(everGone.size).toBeGreaterThan(4); // some came back
  expect(history['sparsity']).toEqual(Array(7).fill(0.5));
});

test('of each epoch those with the smallest L2 norm, as counted by hand', async () => {
  const model = net();
  let trained: number[] = [];
  const before = new AtEpochEnd(() => (trained = norms(model)));
  const after = new AtEpochEnd(() => {
    const smallest = [...trained.keys()].sort((a, b) => trained[a]! - trained[b]!).slice(0, 4);
    expect(gone(model)).toEqual(smallest.sort((a, b) => a - b));
  });
  await fit(model, [before, soft(half(5)), after], 5);
  expect(after.seen).toHaveLength(5);
});

test('the hard pass takes biases, scales and shifts along; outputs are those of the stripped model', async () => {
  const model = net();
  await fit(model, [soft(half(3))], 4);
  const removed = gone(model);
  for (const vector of [...wrapper(model, 'conv').layer.weights.slice(1), ...model.getLayer('bn').trainableWeights]) {
    expect([...vector.read().dataSync()].flatMap((value, i) => (value === 0 ? [i] : []))).toEqual(removed);
  }
  const x = tf.randomNormal([3, 5, 5, 1], 0, 1, 'float32', 9);
  expect(distance(predict(model, x), predict(stripPruning(model), x))).toBe(0);
});

test('goes by a rate that grows, that falls, and by any structure and criterion', async () => {
  const growing = net();
  const counts = new AtEpochEnd(() => gone(growing).length);
  await fit(growing, [soft(asymptoticDecay({finalSparsity: 0.5, beginStep: 0, endStep: 8, frequency: 1})), counts], 8);
  // 4 (1 - exp(-11.09 t / 8)) of 8 filters: 3, 3.75, 3.94, ...
  expect(counts.seen).toEqual([3, 4, 4, 4, 4, 4, 4, 4]);
  const falling = net();
  await fit(
    falling,
    [soft(polynomialDecay({initialSparsity: 0.75, finalSparsity: 0.25, beginStep: 1, endStep: 4, frequency: 1}))],
    4,
  );
  expect(gone(falling)).toHaveLength(2);
  const single = net();
  const run = await fit(single, [soft(half(2), {structure: weights(), criterion: taylor(), observedBatches: 2})], 2);
  expect(run.history['sparsity']).toEqual([0.5, 0.5]);
});

test('loses less by the hard pass than by one without training', async () => {
  const [model, oneShot] = [net(), net()];
  const {history} = await fit(model, [soft(half(30))], 30);
  const dense = await fit(oneShot, [], 30);
  await pruneOnce(oneShot, {sparsity: 0.5, structure: filters(), layers: 'conv'});
  const x = tf.randomNormal([16, 5, 5, 1], 0, 1, 'float32', 1);
  const y = tf.randomNormal([16, 2], 0, 1, 'float32', 2);
  const loss = (of: tf.LayersModel) => (of.evaluate(x, y) as tf.Scalar).dataSync()[0]!;
  const lost = loss(model) - (history['loss']!.at(-1) as number);
  expect(lost).toBeLessThan(loss(oneShot) - (dense.history['loss']!.at(-1) as number));
});

test.each<[string, Partial<SoftFilterPruningArgs>]>([
  ['magnitude', {}],
  ['what is observed', {criterion: taylor(), observedBatches: 1}],
])('stopped and gone on with in the middle it is as if it had not been, by %s', async (_, more) => {
  const [model, first] = [net(), net()];
  await fit(model, [soft(half(6), more)], 8);
  const stopped = soft(half(6), more);
  await fit(first, [stopped], 3);
  const loaded = await saveAndLoad(first, true);
  await fit(loaded, [soft(half(6), {...more, initialStep: stopped.step})], 8, 3);
  expect(distance(kernelOf(loaded).kernel.read(), kernelOf(model).kernel.read())).toBeLessThan(1e-6);
  expect(gone(loaded)).toEqual(gone(model));
});

test('leaks nothing', async () => {
  const model = net();
  await fit(model, [soft(half(2))], 2);
  await expectNoLeak(async () => {
    await fit(model, [soft(half(3))], 4);
  });
});

test('refuses at once what is wrong', async () => {
  const make = (args: object) => () => new SoftFilterPruning(args);
  expect(make({})).toThrow('SoftFilterPruning expects exactly one of `sparsity`, `schedule`, got none');
  expect(make({schedule: constantSparsity({targetSparsity: 0.5})})).toThrow('Expected a `schedule` that ends');
  expect(make({schedule: half(2), regrowth: true})).toThrow('SoftFilterPruning has no option `regrowth`');
  expect(make({schedule: half(2), stepUnit: 'step'})).toThrow('`stepUnit`');
  const model = net();
  tf.tidy(() => {
    kernelOf(model).kernel.write(tf.mul(kernelOf(model).kernel.read(), NaN));
  });
  await expect(fit(model, [soft(half(2))], 2)).rejects.toThrow('to have numbers as scores, got NaN');
  expect(isMasked(model)).toBe(false);
});
