import * as tf from '@tensorflow/tfjs';
import {
  grasp,
  hardConcrete,
  prunable,
  PruneAtInitialization,
  shrink,
  sparsityReport,
  stripPruning,
  type HardConcreteArgs,
} from 'tfjs-pruning';
import {wrapper} from '../support/masks.js';
import {artifactsOf, distance, expectNoLeak, predict, saveAndLoad} from '../support/tensors.js';

const dense = (units: number, inputs: number) =>
  tf.layers.dense({name: 'd', units, useBias: false, kernelInitializer: 'ones', inputShape: [inputs]});

/** One unit a gate, kernels of ones: what the layer makes of an input of ones is the sum of each column. */
function gated(units: number, args: HardConcreteArgs, inputs = 1): tf.Sequential {
  return prunable(tf.sequential({layers: [dense(units, inputs)]}), {parametrizations: [hardConcrete(args)]});
}

const weightOf = (model: tf.LayersModel, name = 'd') => wrapper(model, name).maskedWeights[0]!;
const gatesOf = (model: tf.LayersModel, name = 'd') => weightOf(model, name).auxiliary[0]!.variable;
const setGates = (model: tf.LayersModel, logAlpha: number[]) =>
  tf.tidy(() => void gatesOf(model).write(tf.tensor(logAlpha, gatesOf(model).shape as number[])));
const read = (model: tf.LayersModel, training = false) =>
  tf.tidy(() => [...weightOf(model).read({training}).dataSync()]);

const LOG_ALPHA = [-4, -2, 0, 2, 4];

test('gates and costs are those of the paper, by hand', () => {
  const model = gated(5, {strength: 0.5, gateSpeed: 1}, 3);
  setGates(model, LOG_ALPHA);
  const gates = [0, 0.04304, 0.5, 0.95696, 1];
  read(model).forEach((value, i) => expect(value).toBeCloseTo(gates[i % 5]!, 5));
  const open = [0.08307, 0.40098, 0.83182, 0.97337, 0.99631];
  const cost = tf.tidy(() => weightOf(model).costs()[0]!.dataSync()[0]!);
  expect(cost).toBeCloseTo(0.5 * 3 * open.reduce((a, b) => a + b), 3);
  setGates(
    model,
    LOG_ALPHA.map(a => a / 4),
  );
  const faster = gated(5, {strength: 0.5, gateSpeed: 4}, 3);
  setGates(
    faster,
    LOG_ALPHA.map(a => a / 4),
  );
  read(faster).forEach((value, i) => expect(value).toBeCloseTo(gates[i % 5]!, 5));
});

test('in training gates are open as often as the cost says, drawn anew in each call from a seed', () => {
  const draws = (seed: number) => {
    const model = gated(5, {strength: 1, gateSpeed: 1, seed});
    setGates(model, LOG_ALPHA);
    return Array.from({length: 400}, () => read(model, true));
  };
  const drawn = draws(1);
  const shares = LOG_ALPHA.map((_, i) => drawn.filter(gates => gates[i]! > 0).length / 400);
  [0.08307, 0.40098, 0.83182, 0.97337, 0.99631].forEach((p, i) => {
    expect(Math.abs(shares[i]! - p)).toBeLessThan(4 * Math.sqrt((p * (1 - p)) / 400));
  });
  expect(new Set(drawn.map(gates => gates.join())).size).toBeGreaterThan(300);
  expect(draws(1)).toEqual(drawn);
  expect(draws(2)).not.toEqual(drawn);
});

test('there is a gate for each output, each input or each weight, open with 1 - dropRate at first', () => {
  const shapes = (['outputs', 'inputs', 'weights'] as const).map(per => gatesOf(gated(5, {strength: 1, per}, 3)).shape);
  expect(shapes.map(shape => shape.join())).toEqual(['1,5', '3,1', '3,5']);
  const logAlpha = gatesOf(gated(500, {strength: 1, dropRate: 0.2, gateSpeed: 10})).read();
  const [mean, deviation] = [tf.mean(logAlpha), tf.sqrt(tf.moments(logAlpha).variance)].map(t => t.dataSync()[0]!);
  expect(10 * mean!).toBeCloseTo(Math.log(4), 2);
  expect(10 * deviation!).toBeCloseTo(0.01, 2);
});

describe('filters that the target does not need', () => {
  const FILTERS = 8;
  const conv = (filters: number, name: string, seed: number) =>
    tf.layers.conv2d({
      name,
      filters,
      kernelSize: 3,
      useBias: false,
      activation: 'relu',
      kernelInitializer: tf.initializers.glorotUniform({seed}),
      inputShape: [5, 5, 3],
    });
  const out = (seed: number) =>
    tf.layers.dense({name: 'out', units: 1, kernelInitializer: tf.initializers.glorotUniform({seed})});
  const teacher = () => tf.sequential({layers: [conv(2, 'c', 7), tf.layers.flatten(), out(8)]});
  let model: tf.Sequential;
  let x: tf.Tensor;
  let y: tf.Tensor;

  const compiled = () => {
    const student = tf.sequential({layers: [conv(FILTERS, 'c', 1), tf.layers.flatten(), out(2)]});
    const gates = hardConcrete({strength: 1e-3, gateSpeed: 20});
    const wrapped = prunable(student, {layers: ['c'], parametrizations: [gates]});
    wrapped.compile({optimizer: tf.train.adam(0.01), loss: 'meanSquaredError'});
    return wrapped;
  };
  const fit = async (of: tf.LayersModel, epochs: number) =>
    (await of.fit(x, y, {batchSize: 32, epochs, verbose: 0, shuffle: false})).history['loss'] as number[];

  beforeAll(async () => {
    x = tf.randomNormal([256, 5, 5, 3], 0, 1, 'float32', 1);
    y = predict(teacher(), x)[0]!;
    model = compiled();
    await fit(model, 40);
  });

  test('are closed, and the others fit it', async () => {
    const {layers} = await sparsityReport(model);
    const kept = FILTERS * (1 - layers[0]!.sparsity);
    expect(kept).toBeGreaterThanOrEqual(1);
    expect(kept).toBeLessThanOrEqual(4);
    const error = tf.tidy(() => tf.mean(tf.squaredDifference(predict(model, x)[0]!, y)).dataSync()[0]!);
    const variance = tf.tidy(() => tf.moments(y).variance.dataSync()[0]!);
    expect(error / variance).toBeLessThan(0.05);
  });

  test('are cut out by shrink with their gates, and what is left is trained on', async () => {
    const small = await shrink(model);
    const {layers} = await sparsityReport(model);
    const kept = Math.round(FILTERS * (1 - layers[0]!.sparsity));
    expect(gatesOf(small, 'c').shape).toEqual([1, 1, 1, kept]);
    expect(distance(predict(small, x), predict(model, x))).toBeLessThan(1e-5);
    const [first] = await fit(small, 1);
    expect(first).toBeLessThan(1);
  });

  test('stay closed in files and in plain models', async () => {
    const [loaded, plain] = [await saveAndLoad(model), stripPruning(model)];
    expect(distance(predict(loaded, x), predict(model, x))).toBe(0);
    expect(distance(predict(plain, x), predict(model, x))).toBe(0);
    expect(JSON.stringify((await artifactsOf(plain)).modelTopology)).not.toMatch(/prunable|concrete/i);
    const alive = await shrink(plain);
    expect(alive.countParams()).toBeLessThan(plain.countParams() / 2 + 1);
    expect(distance(predict(alive, x), predict(model, x))).toBeLessThan(1e-5);
  });

  test('are the same after a restart in the middle', async () => {
    const whole = compiled();
    const first = compiled();
    first.setWeights(whole.getWeights());
    whole.compile({optimizer: tf.train.sgd(0.05), loss: 'meanSquaredError'});
    first.compile({optimizer: tf.train.sgd(0.05), loss: 'meanSquaredError'});
    await fit(whole, 2);
    await fit(first, 1);
    const second = await saveAndLoad(first, true);
    await fit(second, 1);
    second.getWeights().forEach((weight, i) => expect(distance(weight, whole.getWeights()[i]!)).toBe(0));
  });

  test('leave no tensors behind', async () => {
    await expectNoLeak(async () => void (await fit(model, 1)));
  });
});

test('a criterion that takes several passes over a batch refuses gates that are drawn anew in each', async () => {
  const model = gated(2, {strength: 0});
  model.compile({optimizer: 'sgd', loss: 'meanSquaredError'});
  const pruning = new PruneAtInitialization({sparsity: 0.5, criterion: grasp(), observedBatches: 1});
  const fit = () => model.fit(tf.ones([2, 1]), tf.ones([2, 2]), {verbose: 0, callbacks: [pruning]});
  await expect(fit()).rejects.toThrow(/all alike .* layer "d" \(PrunableDense\) is random in each; pass `data`/);
});

test.each<[object, RegExp]>([
  [{}, /`strength` to be a number >= 0, got undefined/],
  [{strength: -1}, /`strength` to be a number >= 0, got -1/],
  [{strength: 1, per: 'filters'}, /`per` to be one of outputs, inputs, weights, got "filters"/],
  [{strength: 1, dropRate: 0}, /`dropRate` to be a number in .*, got 0/],
  [{strength: 1, gateSpeed: 0}, /`gateSpeed` to be a number > 0, got 0/],
  [{strength: 1, lambda: 0}, /hardConcrete has no option `lambda`; its options are strength, per/],
])('refuses %p', (args, message) => {
  expect(() => hardConcrete(args as HardConcreteArgs)).toThrow(message);
});
