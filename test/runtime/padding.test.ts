import * as tf from '@tensorflow/tfjs';
import {compile} from 'tfjs-pruning/runtime';
import {withRandomWeights} from '../support/random-weights.js';
import {expectPredicted} from './against-predict.js';

const {layers} = tf;
type Pads = [[number, number], [number, number]];

const PADS: Pads[] = [
  [[1, 1], [1, 1]], // prettier-ignore
  [[0, 1], [0, 1]], // prettier-ignore
  [[3, 0], [2, 5]], // prettier-ignore
];

const KERNELS: [string, () => tf.layers.Layer][] = (['valid', 'same'] as const).flatMap(padding => [
  [`Conv2D, ${padding}`, () => layers.conv2d({filters: 5, kernelSize: 3, padding})],
  [`Conv2D, strides 2, ${padding}`, () => layers.conv2d({filters: 5, kernelSize: 3, strides: 2, padding})],
  [`Conv2D, dilated, ${padding}`, () => layers.conv2d({filters: 5, kernelSize: 2, dilationRate: 2, padding})],
  [`DepthwiseConv2D, ${padding}`, () => layers.depthwiseConv2d({kernelSize: 3, padding})],
  [`DepthwiseConv2D, strides 2, ${padding}`, () => layers.depthwiseConv2d({kernelSize: 3, strides: 2, padding})],
  [
    `DepthwiseConv2D of 5x5, strides 2, ${padding}`,
    () => layers.depthwiseConv2d({kernelSize: 5, strides: 2, padding, activation: 'relu6'}),
  ],
  [`SeparableConv2D, ${padding}`, () => layers.separableConv2d({filters: 6, kernelSize: 3, padding})],
]);

test.each(KERNELS)('%s reads zeros beside the image, where a layer pads it', async (_, kernel) => {
  for (const padding of PADS) {
    const first = layers.conv2d({name: 'first', filters: 3, kernelSize: 2, inputShape: [8, 9, 3], activation: 'relu'});
    const stack = [first, layers.zeroPadding2d({name: 'pad', padding}), kernel(), layers.globalMaxPooling2d({})];
    const model = withRandomWeights(tf.sequential({layers: stack}), 1);
    for (const batch of [1, 3]) await expectPredicted(model, {batch});
    const fast = await compile(model);
    expect(fast.report().rows.map(({layer}) => layer)).not.toContain('pad');
    model.dispose();
  }
});

test('an image of one position is padded, too', async () => {
  for (const kernel of [layers.conv2d({filters: 5, kernelSize: 2}), layers.depthwiseConv2d({kernelSize: 2})]) {
    const first = layers.conv2d({filters: 3, kernelSize: 1, inputShape: [1, 1, 3]});
    const model = withRandomWeights(tf.sequential({layers: [first, layers.zeroPadding2d({padding: 1}), kernel]}), 1);
    for (const batch of [1, 3]) await expectPredicted(model, {batch});
    model.dispose();
  }
});

test('what others read, too, is padded for them', async () => {
  const input = tf.input({shape: [7, 6, 3]});
  const wide = layers.zeroPadding2d({name: 'pad', padding: 1}).apply(input) as tf.SymbolicTensor;
  const sum = layers.conv2d({filters: 2, kernelSize: 3}).apply(wide) as tf.SymbolicTensor;
  const least = layers.maxPooling2d({poolSize: 2}).apply(wide) as tf.SymbolicTensor;
  const model = withRandomWeights(tf.model({inputs: input, outputs: [sum, least]}), 1);
  for (const batch of [1, 3]) await expectPredicted(model, {batch});
  const fast = await compile(model);
  expect(fast.report().rows.map(({layer}) => layer)).toContain('pad');
});
