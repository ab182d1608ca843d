import * as tf from '@tensorflow/tfjs';
import {prunable, quantizationAware, stripPruning} from 'tfjs-pruning';
import {GradualPruning} from 'tfjs-pruning/callbacks';
import {compressed, type BytesStore} from 'tfjs-pruning/wire';
import {distance, expectNoLeak, predict} from '../support/tensors.js';

/** A kernel as the layer computes with it. */
function computed(values: number[][], args: Parameters<typeof quantizationAware>[0]): number[][] {
  const layer = tf.layers.dense({units: values[0]!.length, inputShape: [values.length], useBias: false});
  const model = prunable(tf.sequential({layers: [layer]}), {parametrizations: [quantizationAware(args)]});
  const [, mask] = model.getWeights();
  model.setWeights([tf.tensor2d(values), mask!]);
  return (model.predict(tf.eye(values.length)) as tf.Tensor2D).arraySync();
}

const near = (values: number[][]) => values.map(row => row.map(value => expect.closeTo(value, 6) as number));

test('weights are levels of the scale above the clipped range, one for each output', () => {
  // column 1: rms of [1, -1, 0.5] is 0.8660; 3 bits: min(1, 2.15 rms) / 3 = 1/3 -> 2^(-12/8) = 0.353553
  // column 2: rms of [0.1, 0.1] over what is not zero is 0.1; min(0.1, 0.215) / 3 -> 2^(-39/8) = 0.034078
  const [one, two] = [2 ** (-12 / 8), 2 ** (-39 / 8)];
  const kernel = [
    [1, 0.1],
    [-1, 0],
    [0.5, 0.1],
  ];
  expect(computed(kernel, {bits: 3})).toEqual(
    near([
      [3 * one, 3 * two],
      [-3 * one, 0],
      [one, 3 * two],
    ]),
  );
  expect(computed(kernel, {bits: 3, perChannel: false})[0]).toEqual(near([[3 * one, 0]])[0]);
});

test('an outlier is clipped: 2 bits of 16 weights, one far away', () => {
  const column = Array.from({length: 16}, (_, i) => [i === 0 ? 4 : 0.3]);
  // rms = sqrt((16 + 15 * 0.09) / 16) = 1.041333; 1.71 rms = 1.781 -> 2^(7/8) = 1.834
  expect(computed(column, {bits: 2}).flat()).toEqual(near([[2 ** (7 / 8), ...Array<number>(15).fill(0)]])[0]);
});

test('weights that are zero but for trembling do not make the scale smaller', () => {
  const column = Array.from({length: 16}, (_, i) => [i === 0 ? 1 : 1e-3 * (i % 3)]);
  expect(computed(column, {bits: 4}).flat()).toEqual(near([[7 * 2 ** (-22 / 8), ...Array<number>(15).fill(0)]])[0]);
});

test.each([NaN, Infinity, -Infinity])('a channel with %d in it is NaN, and others are not', value => {
  const kernel = [
    [1, 1],
    [value, 1],
  ];
  const wrong = computed(kernel, {bits: 4}).map(([first]) => first);
  expect(wrong).toEqual([NaN, NaN]);
  expect(computed([[1, value]], {bits: 4})[0]![0]).toBeCloseTo(7 * 2 ** (-22 / 8));
});

function net(): tf.Sequential {
  const seeded = (seed: number) => ({kernelInitializer: tf.initializers.glorotNormal({seed})});
  return tf.sequential({
    layers: [
      tf.layers.depthwiseConv2d({
        inputShape: [6, 6, 2],
        kernelSize: 3,
        depthwiseInitializer: tf.initializers.glorotNormal({seed: 1}),
      }),
      tf.layers.conv2dTranspose({filters: 3, kernelSize: 2, ...seeded(2)}),
      tf.layers.reshape({targetShape: [5, 15]}),
      tf.layers.gru({units: 4, ...seeded(3), recurrentInitializer: tf.initializers.glorotNormal({seed: 4})}),
      tf.layers.dense({units: 2, ...seeded(5)}),
    ],
  });
}

test('trained, pruned, stripped, compressed and loaded, outputs are equal bit by bit', async () => {
  const model = prunable(net(), {parametrizations: [quantizationAware({bits: 4})]});
  model.compile({optimizer: tf.train.adam(0.01), loss: 'meanSquaredError'});
  const x = tf.randomNormal([32, 6, 6, 2], 0, 1, 'float32', 6);
  const y = tf.randomNormal([32, 2], 0, 1, 'float32', 7);
  const fit = async () => {
    const callbacks = [new GradualPruning({sparsity: 0.6})];
    await model.fit(x, y, {epochs: 4, batchSize: 8, verbose: 0, callbacks});
  };
  await fit();
  const plain = stripPruning(model);
  expect(distance(predict(plain, x), predict(model, x))).toBe(0);
  let bytes = new Uint8Array(0);
  const store: BytesStore = {save: given => void (bytes = given), load: () => bytes};
  await plain.save(compressed(store));
  const loaded = await tf.loadLayersModel(compressed(store));
  expect(distance(predict(loaded, x), predict(model, x))).toBe(0);
  for (const weight of loaded.weights.filter(({shape}) => shape.length > 1)) {
    const values = [...weight.read().dataSync()];
    expect(new Set(values.map(Math.abs)).size).toBeLessThanOrEqual(8 * Math.max(...(weight.shape as number[])));
    expect(values).toContain(0);
  }
  await expectNoLeak(fit);
});

test('gradients pass through to the weights', () => {
  const layer = tf.layers.dense({units: 1, inputShape: [2], useBias: false});
  const model = prunable(tf.sequential({layers: [layer]}), {parametrizations: [quantizationAware({bits: 2})]});
  const [, mask] = model.getWeights();
  model.setWeights([tf.tensor2d([[0.3], [0.01]]), mask!]);
  const kernel = model.layers[0]!.trainableWeights[0]!.read() as tf.Variable;
  const {grads} = tf.variableGrads(
    () => tf.sum(model.apply(tf.tensor2d([[2, 5]]), {training: true}) as tf.Tensor),
    [kernel],
  );
  expect([...grads[kernel.name]!.dataSync()]).toEqual([2, 5]);
});

test.each([
  [{bits: 1}, '`bits` to be a whole number from 2 to 8, got 1'],
  [{bits: 9}, '`bits` to be a whole number from 2 to 8, got 9'],
  [{typo: 1}, 'quantizationAware has no option `typo`'],
])('refuses %j', (args, message) => {
  expect(() => quantizationAware(args as object)).toThrow(message);
});
