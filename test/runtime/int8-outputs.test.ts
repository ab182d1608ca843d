import * as tf from '@tensorflow/tfjs';
import {compile} from 'tfjs-pruning/runtime';
import {built} from '../../src/runtime/built.js';
import {sourceOfModel} from '../../src/runtime/source/layers-model.js';
import {withRandomWeights} from '../support/random-weights.js';
import {predicted, thinOut} from './against-predict.js';

const {layers} = tf;
const stack = (...all: tf.layers.Layer[]) => withRandomWeights(tf.sequential({layers: all}), 1);
const image = {inputShape: [7, 6, 5]};
const sequence = {inputShape: [9, 5]};

/** Nets that end in floats which are made of bytes; the units are no multiples of 4 or 16. */
const NETS: [string, number, () => tf.LayersModel][] = [
  ['the last of two convolutions', 1, () => stack(layers.conv2d({filters: 6, kernelSize: 3, ...image}), conv(7))],
  ['the only convolution, of one output', 1, () => stack(layers.conv2d({filters: 1, kernelSize: 3, ...image}))],
  ['a convolution of stride 2', 1, () => stack(layers.conv2d({filters: 5, kernelSize: 3, strides: 2, ...image}))],
  ['a convolution of many outputs', 1, () => stack(layers.conv2d({filters: 37, kernelSize: 1, ...image}))],
  ['a convolution of sequences', 1, () => stack(layers.conv1d({filters: 3, kernelSize: 3, ...sequence}))],
  ['a dense layer of sequences', 1, () => stack(layers.dense({units: 11, ...sequence}))],
  ['a convolution of a batch', 3, () => stack(layers.conv2d({filters: 6, kernelSize: 3, ...image}), conv(7))],
  ['the only dense layer of a batch', 3, () => stack(layers.dense({units: 7, inputShape: [9]}))],
  ['a dense layer of a large batch', 33, () => stack(layers.dense({units: 7, inputShape: [9]}))],
  ['dense layers of a batch', 5, () => stack(layers.dense({units: 13, inputShape: [70]}), layers.dense({units: 6}))],
  ['one with a rectifier', 1, () => stack(layers.conv2d({filters: 6, kernelSize: 3, activation: 'relu6', ...image}))],
  [
    'one with a function that bytes do not know',
    1,
    () => stack(layers.conv2d({filters: 6, kernelSize: 3, activation: 'swish', ...image}), conv(4)),
  ],
];

const conv = (filters: number) => layers.conv2d({filters, kernelSize: 3, padding: 'same'});

async function expectSame(model: tf.LayersModel, batch: number): Promise<void> {
  const shape = model.inputs[0]!.shape.slice(1) as number[];
  const x = tf.randomNormal([batch, ...shape], 0, 1, 'float32', 1);
  const [expected] = predicted(model, [x]);
  const calibration = x.dataSync<'float32'>();
  const source = await sourceOfModel(model);
  const scale = expected!.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
  const found: Float32Array[] = [];
  for (const machine of ['SIMD', 'JavaScript'] as const) {
    const fast = await built(source, {batch, machines: [machine], calibration, inputShapes: [shape]});
    for (let run = 0; run < 2; run++) found.push(fast.run(calibration).slice());
    const kernels = fast.report().rows.filter(({multiplications}) => multiplications > 0);
    expect(kernels.map(({kernel}) => kernel.split(' ')[0])).toEqual(kernels.map(() => 'int8'));
  }
  for (const output of found) {
    output.forEach((value, i) => {
      expect(Math.abs(value - expected![i]!) / scale).toBeLessThan(0.05);
      expect(Math.abs(value - found[0]![i]!) / scale).toBeLessThan(1e-5);
    });
  }
}

describe.each(NETS)('%s', (_, batch, net) => {
  test('takes bytes and makes floats', async () => {
    await expectSame(net(), batch);
  });

  test('does so with few weights', async () => {
    const model = net();
    thinOut(model, 0.9);
    await expectSame(model, batch);
  });
});

test('the floats are those of the equation, and of no steps', async () => {
  const [x, weights] = [
    [-1, 0.5, 0.25, 1, -0.125, 0.75],
    [127, -64, 3],
  ];
  const layer = layers.conv1d({filters: 1, kernelSize: 1, inputShape: [2, 3]});
  const model = tf.sequential({layers: [layer]});
  model.setWeights([tf.tensor(weights, [1, 3, 1]), tf.tensor1d([0.3])]);
  const fast = await compile(model, {precision: 'int8', calibration: Float32Array.from(x)});
  const scale = 2 / 127; // of bytes; weights have a scale of 1
  const steps = x.map(value => Math.min(Math.round(value / scale + 64), 127) - 64);
  const sum = (first: number) => weights.reduce((all, weight, i) => all + weight * steps[first + i]!, 0);
  const found = fast.run(Float32Array.from(x));
  [0, 3].forEach((first, i) => expect(found[i]).toBeCloseTo(scale * sum(first) + 0.3, 3));
});

test('what goes into the gates of recurrent layers stays floats', async () => {
  const model = stack(
    layers.dense({units: 6, inputShape: [5, 3]}),
    layers.gru({units: 4, recurrentInitializer: 'zeros', returnSequences: true}),
    layers.lstm({units: 4, recurrentInitializer: 'zeros'}),
    layers.dense({units: 2}),
  );
  const fast = await compile(model, {precision: 'int8', calibration: new Float32Array(15).fill(1)});
  const kernels = fast.report().rows.filter(({multiplications}) => multiplications > 0);
  expect(kernels.filter(({kernel}) => kernel.startsWith('int8')).map(({layer}) => layer)).toEqual([
    model.layers[0]!.name,
    model.layers[3]!.name,
  ]);
  expect(fast.report().rows.map(({kernel}) => kernel)).not.toContain('to float');
});
