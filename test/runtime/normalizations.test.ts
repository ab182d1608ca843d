import * as tf from '@tensorflow/tfjs';
import {compile} from 'tfjs-pruning/runtime';
import {withRandomWeights} from '../support/random-weights.js';
import {expectPredicted, expectClose} from './against-predict.js';

const {layers} = tf;
type Tensor = tf.SymbolicTensor;
type NormalizationArgs = Parameters<typeof layers.layerNormalization>[0];

function kernelsOf(model: tf.LayersModel) {
  return compile(model, {tf}).then(fast => fast.report().rows.map(({kernel}) => kernel));
}

const NORMALIZATIONS: [number[], NormalizationArgs][] = [
  [[11], {}],
  [[1], {}],
  [[9, 5], {}],
  [[9, 5], {axis: 1, center: false}],
  [[9, 5], {axis: [1, 2], scale: false}],
  [[9, 5], {axis: [2, 1], center: false, scale: false, epsilon: 0.5}],
  [[7, 6, 5], {}],
  [[7, 6, 5], {axis: 1}],
  [[7, 6, 5], {axis: -2}],
  [[7, 6, 5], {axis: [1, 2]}],
  [[7, 6, 5], {axis: [1, 3]}],
  [[7, 6, 5], {axis: [3, 2]}],
  [[7, 6, 5], {axis: [1, 2, 3]}],
];

test.each(NORMALIZATIONS)('LayerNormalization of %j: %j, alone', async (shape, args) => {
  const make = () =>
    withRandomWeights(tf.sequential({layers: [layers.layerNormalization({...args, inputShape: shape})]}), 1);
  for (const batch of [1, 3, 4]) await expectPredicted(make(), {batch});
  expect(await kernelsOf(make())).toContain('normalize');
});

test.each(NORMALIZATIONS)('LayerNormalization of %j: %j, amid others', async (shape, args) => {
  const isImage = shape.length === 3;
  const heavy = () =>
    isImage
      ? layers.conv2d({filters: shape[2]!, kernelSize: 3, padding: 'same'})
      : layers.dense({units: shape.at(-1)!});
  const first = heavy();
  first.batchInputShape = [null, ...shape];
  const chain = [first, layers.layerNormalization(args), layers.reLU(), heavy()];
  const model = withRandomWeights(tf.sequential({layers: chain}), 2);
  for (const batch of [1, 3, 8]) await expectPredicted(model, {batch});
});

test('numbers that are all the same have no deviation', async () => {
  const model = tf.sequential({layers: [layers.layerNormalization({inputShape: [2, 6]})]});
  const fast = await compile(model);
  const x = Float32Array.of(5, 5, 5, 5, 5, 5, 1, 2, 3, 4, 5, 6);
  const root = Math.sqrt(35 / 12 + 1e-3);
  const expected = Float32Array.from([0, 0, 0, 0, 0, 0, ...[-2.5, -1.5, -0.5, 0.5, 1.5, 2.5].map(d => d / root)]);
  expectClose([fast.run(x)], [expected], 1e-6);
});

const DOTS: [number[], number[], number | [number, number]][] = [
  [[7], [7], 1],
  [[7], [7], -1],
  [[4, 7], [7], [2, 1]],
  [[7, 4], [7], [1, 1]],
  [[7], [5, 7], [1, 2]],
  [[7], [7, 5], [1, 1]],
  [[7, 4], [7, 5], 1],
  [
    [7, 4],
    [7, 5],
    [1, 1],
  ],
  [[4, 7], [5, 7], 2],
  [[4, 7], [5, 7], -1],
  [
    [7, 4],
    [5, 7],
    [1, 2],
  ],
  [
    [23, 7],
    [7, 19],
    [2, 1],
  ],
  [
    [1, 1],
    [1, 1],
    [2, 1],
  ],
];

describe.each([false, true])('Dot, normalize %s,', normalize => {
  test.each(DOTS)('of %j and %j along %j', async (one, other, axes) => {
    const inputs = [tf.input({shape: one}), tf.input({shape: other})];
    const dotted = layers.dot({axes, normalize}).apply(inputs) as Tensor;
    const output = layers.dense({units: 3}).apply(dotted) as Tensor;
    const model = withRandomWeights(tf.model({inputs, outputs: [dotted, output]}), 1);
    for (const batch of [1, 2, 5]) await expectPredicted(model, {batch});
    expect(await kernelsOf(model)).toContain('dot');
  });
});

test('a vector of zeros has no direction', async () => {
  const inputs = [tf.input({shape: [3]}), tf.input({shape: [3]})];
  const model = tf.model({inputs, outputs: layers.dot({axes: 1, normalize: true}).apply(inputs) as Tensor});
  const fast = await compile(model);
  expect([...(fast.run([new Float32Array(3), Float32Array.of(1, 2, 3)]) as Float32Array)]).toEqual([0]);
  expectClose(
    [fast.run([Float32Array.of(2, 0, 0), Float32Array.of(3, 4, 0)]) as Float32Array],
    [Float32Array.of(0.6)],
    1e-6,
  );
});

test('attention: a softmax of products, times the values', async () => {
  const x = tf.input({shape: [10, 6]});
  const dense = () => layers.dense({units: 8}).apply(x) as Tensor;
  const products = layers.dot({axes: 2}).apply([dense(), dense()]) as Tensor;
  const weights = layers.softmax({axis: -1}).apply(products) as Tensor;
  const mixed = layers.dot({axes: [2, 1]}).apply([weights, dense()]) as Tensor;
  const normal = layers.layerNormalization().apply(layers.add().apply([mixed, dense()])) as Tensor;
  const model = withRandomWeights(tf.model({inputs: x, outputs: layers.dense({units: 2}).apply(normal) as Tensor}), 3);
  for (const batch of [1, 3]) await expectPredicted(model, {batch});
});

test('hands masks on', async () => {
  const x = tf.input({shape: [5, 3]});
  const masked = layers.layerNormalization().apply(layers.masking().apply(x)) as Tensor;
  const last = layers.gru({units: 4, recurrentInitializer: 'zeros'}).apply(masked) as Tensor;
  const model = withRandomWeights(tf.model({inputs: x, outputs: last}), 1);
  const steps = [[1, 2, 3], [0, 0, 0], [2, 0, 1], [0, 0, 0], [0, 0, 0]]; // prettier-ignore
  await expectPredicted(model, {batch: 1, inputs: [tf.tensor3d([steps])]});
});
