import * as tf from '@tensorflow/tfjs';
import {compile} from 'tfjs-pruning/runtime';
import {withRandomWeights} from '../support/random-weights.js';
import {expectClose, expectPredicted, predicted, thinOut} from './against-predict.js';

const {layers} = tf;
type Layer = tf.layers.Layer;

const [image, sequence, vector] = [[7, 6, 5], [9, 4], [11]];
const FIRST = {dataFormat: 'channelsFirst'} as const;

function row(name: string, shape: readonly number[], make: () => Layer): [string, readonly number[], () => Layer] {
  return [name, shape, make];
}

const PADDINGS = ['same', 'valid'] as const;

const CONVOLUTIONS = PADDINGS.flatMap(padding => [
  row(`Conv2D, ${padding}`, image, () => layers.conv2d({filters: 7, kernelSize: 3, padding})),
  row(`Conv2D of 5x2, ${padding}`, image, () => layers.conv2d({filters: 4, kernelSize: [5, 2], padding})),
  row(`Conv2D, strides 2, ${padding}`, image, () => layers.conv2d({filters: 4, kernelSize: 3, strides: 2, padding})),
  row(`Conv2D, strides 3 and 1, ${padding}`, image, () =>
    layers.conv2d({filters: 3, kernelSize: [2, 3], strides: [3, 1], padding}),
  ),
  row(`Conv2D of one pixel, strides 2, ${padding}`, image, () =>
    layers.conv2d({filters: 3, kernelSize: 1, strides: 2, padding, useBias: false}),
  ),
  row(`Conv2D, dilated, ${padding}`, image, () => layers.conv2d({filters: 3, kernelSize: 2, dilationRate: 2, padding})),
  row(`Conv2D, larger than the image, ${padding}`, [2, 2, 3], () =>
    layers.conv2d({filters: 3, kernelSize: padding === 'same' ? 5 : 2, padding}),
  ),
  row(`DepthwiseConv2D, ${padding}`, image, () => layers.depthwiseConv2d({kernelSize: 3, padding})),
  row(`DepthwiseConv2D, strides 2, ${padding}`, image, () =>
    layers.depthwiseConv2d({kernelSize: 3, strides: 2, padding, depthMultiplier: 2}),
  ),
  row(`DepthwiseConv2D of 5x5, ${padding}`, image, () => layers.depthwiseConv2d({kernelSize: 5, padding})),
  row(`DepthwiseConv2D of 5x5, strides 2, ${padding}`, [11, 12, 3], () =>
    layers.depthwiseConv2d({kernelSize: 5, strides: 2, padding, activation: 'relu6'}),
  ),
  ...[
    [9, 19, 3],
    [14, 70, 2],
    [5, 5, 4],
  ].map(shape =>
    // prettier-ignore
    row(`DepthwiseConv2D of 5x5, strides 2, of ${shape.join()}, ${padding}`, shape, () =>
      layers.depthwiseConv2d({kernelSize: 5, strides: 2, padding}),
    ),
  ),
  row(`SeparableConv2D, ${padding}`, image, () =>
    layers.separableConv2d({filters: 6, kernelSize: 3, padding, depthMultiplier: 2, activation: 'relu'}),
  ),
  row(`SeparableConv2D, dilated, ${padding}`, image, () =>
    layers.separableConv2d({filters: 6, kernelSize: 2, padding, dilationRate: 2, useBias: false}),
  ),
  row(`Conv2DTranspose, ${padding}`, image, () => layers.conv2dTranspose({filters: 3, kernelSize: 3, padding})),
  row(`Conv2DTranspose, strides 2, ${padding}`, image, () =>
    layers.conv2dTranspose({filters: 3, kernelSize: [3, 2], strides: 2, padding, activation: 'tanh'}),
  ),
  row(`Conv2DTranspose of one position, ${padding}`, [1, 1, 5], () =>
    layers.conv2dTranspose({filters: 3, kernelSize: 4, strides: 2, padding}),
  ),
  row(`Conv1D, ${padding}`, sequence, () => layers.conv1d({filters: 3, kernelSize: 3, padding})),
  row(`Conv1D, strides 2, ${padding}`, sequence, () =>
    layers.conv1d({filters: 3, kernelSize: 3, padding, strides: 2, activation: 'sigmoid'}),
  ),
  row(`Conv1D, dilated, ${padding}`, sequence, () =>
    layers.conv1d({filters: 3, kernelSize: 3, padding, dilationRate: 2}),
  ),
  ...[2, 3].flatMap(poolSize => [
    row(`MaxPooling2D of ${poolSize}, ${padding}`, image, () => layers.maxPooling2d({poolSize, padding})),
    row(`MaxPooling2D of ${poolSize}, strides 1, ${padding}`, image, () =>
      layers.maxPooling2d({poolSize, strides: 1, padding}),
    ),
    row(`AveragePooling2D of ${poolSize}, ${padding}`, image, () => layers.averagePooling2d({poolSize, padding})),
    row(`AveragePooling1D of ${poolSize}, ${padding}`, sequence, () => layers.averagePooling1d({poolSize, padding})),
  ]),
  row(`MaxPooling2D of 2 on an even image, ${padding}`, [16, 18, 3], () => layers.maxPooling2d({poolSize: 2, padding})),
  row(`AveragePooling2D of 2 on an even image, ${padding}`, [16, 18, 3], () =>
    layers.averagePooling2d({poolSize: 2, padding}),
  ),
  row(`MaxPooling1D, ${padding}`, sequence, () => layers.maxPooling1d({poolSize: 3, strides: 2, padding})),
  row(`MaxPooling2D of 3 and 2, ${padding}`, image, () =>
    layers.maxPooling2d({poolSize: [3, 2], strides: [1, 2], padding}),
  ),
]);

const NAMES = [
  ...['linear', 'relu', 'relu6', 'sigmoid', 'hardSigmoid', 'tanh', 'elu', 'selu', 'softplus', 'softsign'],
  ...['swish', 'mish', 'gelu', 'gelu_new', 'softmax', 'logSoftmax'],
] as const;

const ACTIVATIONS = NAMES.flatMap(activation => [
  row(`Dense, ${activation}`, vector, () => layers.dense({units: 9, activation: activation as 'relu'})),
  row(`Activation ${activation}`, image, () => layers.activation({activation: activation as 'relu'})),
]);

const OTHERS = [
  row('DepthwiseConv2D of a long line, strides 2', [3, 23, 2], () =>
    layers.depthwiseConv2d({kernelSize: [1, 9], strides: 2}),
  ),
  row('Dense of one unit', vector, () => layers.dense({units: 1})),
  row('Dense without bias', vector, () => layers.dense({units: 33, useBias: false})),
  row('Dense of a sequence', sequence, () => layers.dense({units: 5, activation: 'relu'})),
  row('Dense of an image', image, () => layers.dense({units: 5})),
  row('GlobalMaxPooling2D', image, () => layers.globalMaxPooling2d({})),
  row('GlobalAveragePooling2D', image, () => layers.globalAveragePooling2d({})),
  row('GlobalAveragePooling2D, channels first', image, () => layers.globalAveragePooling2d(FIRST)),
  row('GlobalMaxPooling1D', sequence, () => layers.globalMaxPooling1d()),
  row('GlobalAveragePooling1D', sequence, () => layers.globalAveragePooling1d()),
  row('ZeroPadding2D', image, () => layers.zeroPadding2d({padding: [[1, 2], [0, 3]]})), // prettier-ignore
  row('ZeroPadding2D, channels first', image, () => layers.zeroPadding2d({padding: 2, ...FIRST})),
  row('Cropping2D', image, () => layers.cropping2D({cropping: [[1, 2], [0, 3]]})), // prettier-ignore
  row('UpSampling2D', image, () => layers.upSampling2d({size: [2, 3]})),
  row('Flatten', image, () => layers.flatten()),
  row('Flatten, channels first', image, () => layers.flatten(FIRST)),
  row('Reshape of an image', image, () => layers.reshape({targetShape: [6, 35]})),
  row('Reshape across axes', [4, 9, 1], () => layers.reshape({targetShape: [6, 6]})),
  row('Reshape of a vector', [24], () => layers.reshape({targetShape: [2, 3, 4]})),
  row('Permute', image, () => layers.permute({dims: [3, 1, 2]})),
  row('Permute of a sequence', sequence, () => layers.permute({dims: [2, 1]})),
  row('RepeatVector', vector, () => layers.repeatVector({n: 4})),
  row('Rescaling', image, () => layers.rescaling({scale: 1 / 255, offset: -0.5})),
  row('Dropout', vector, () => layers.dropout({rate: 0.5})),
  row('SpatialDropout1D', sequence, () => layers.spatialDropout1d({rate: 0.5})),
  row('GaussianNoise', vector, () => layers.gaussianNoise({stddev: 1})),
  row('GaussianDropout', vector, () => layers.gaussianDropout({rate: 0.5})),
  row('AlphaDropout', vector, () => layers.alphaDropout({rate: 0.5})),
];

const ROWS = [...CONVOLUTIONS, ...ACTIVATIONS, ...OTHERS];

test.each(ROWS)('%s computes what predict does, alone', async (_, shape, make) => {
  const layer = make();
  layer.batchInputShape = [null, ...shape];
  const model = withRandomWeights(tf.sequential({layers: [layer]}), 1);
  for (const batch of [1, 3]) await expectPredicted(model, {batch});
  model.dispose();
});

test.each(ROWS)('%s computes what predict does, amid convolutions', async (_, shape, make) => {
  const before =
    shape.length === 3
      ? layers.conv2d({filters: shape[2]!, kernelSize: 3, padding: 'same'})
      : layers.dense({units: shape.at(-1)!});
  before.batchInputShape = [null, ...shape];
  const chain = [before, make()];
  const rank = chain.reduce<tf.Shape>((at, layer) => layer.computeOutputShape(at) as tf.Shape, [null, ...shape]).length;
  const after = rank === 4 ? layers.conv2d({filters: 3, kernelSize: 3, padding: 'same'}) : layers.dense({units: 3});
  const model = withRandomWeights(tf.sequential({layers: [...chain, after]}), 2);
  thinOut(model, 0.6);
  for (const batch of [1, 2, 8]) await expectPredicted(model, {batch});
  model.dispose();
});

test('embeddings look words up', async () => {
  const model = withRandomWeights(
    tf.sequential({
      layers: [
        layers.embedding({inputDim: 5, outputDim: 3, inputLength: 7}),
        layers.conv1d({filters: 4, kernelSize: 3, padding: 'same'}),
      ],
    }),
    1,
  );
  for (const batch of [1, 3]) await expectPredicted(model, {batch});
  model.dispose();
});

test('reshape finds the size that is left open', async () => {
  const model = tf.sequential({layers: [layers.reshape({targetShape: [5, -1], inputShape: image})]});
  await expectPredicted(model);
  model.dispose();
});

test('causal convolutions, which tf.js can load but not run, look back', async () => {
  const make = (padding: 'causal' | 'valid') =>
    tf.sequential({
      layers: [layers.conv1d({filters: 3, kernelSize: 3, dilationRate: 2, padding, inputShape: [null, 2]})],
    });
  const [causal, valid] = [withRandomWeights(make('causal'), 1), withRandomWeights(make('valid'), 1)];
  const x = tf.randomNormal([1, 6, 2], 0, 1, 'float32', 1);
  const expected = predicted(valid, [tf.pad(x, [[0, 0], [4, 0], [0, 0]])]); // prettier-ignore
  const fast = await compile(causal, {inputShapes: [[6, 2]]});
  expectClose([fast.run(x.dataSync<'float32'>())], expected, 1e-5);
});

test('batch normalization of another axis than the last', async () => {
  const layer = layers.batchNormalization({axis: 1, epsilon: 0.5, inputShape: [2, 3]});
  const model = tf.sequential({layers: [layer]});
  // gamma, beta, mean, variance
  model.setWeights([[2, 3], [1, -1], [5, 7], [3.5, 8.5]].map(values => tf.tensor1d(values))); // prettier-ignore
  const fast = await compile(model);
  const line = (x: number) => (2 * (x - 5)) / Math.sqrt(3.5 + 0.5) + 1;
  const other = (x: number) => (3 * (x - 7)) / Math.sqrt(8.5 + 0.5) - 1;
  const expected = [line(1), line(2), line(3), other(4), other(5), other(6)];
  expectClose([fast.run(Float32Array.of(1, 2, 3, 4, 5, 6))], [Float32Array.from(expected)], 1e-6);
});

const merges: [string, (a: tf.SymbolicTensor, b: tf.SymbolicTensor) => unknown][] = [
  ['Add', (a, b) => layers.add().apply([a, b])],
  ['Average', (a, b) => layers.average().apply([a, b])],
  ['Multiply', (a, b) => layers.multiply().apply([a, b])],
  ['Maximum', (a, b) => layers.maximum().apply([a, b])],
  ['Minimum', (a, b) => layers.minimum().apply([a, b])],
  ['Concatenate', (a, b) => layers.concatenate().apply([a, b])],
  ['Concatenate along the height', (a, b) => layers.concatenate({axis: 1}).apply([a, b])],
  ['Concatenate along the width', (a, b) => layers.concatenate({axis: 2}).apply([a, b])],
  ['Add of one twice', a => layers.add().apply([a, a])],
];

test.each(merges)('%s of what is one layer apart', async (_, merge) => {
  const input = tf.input({shape: image});
  const conv = () => layers.conv2d({filters: 5, kernelSize: 3, padding: 'same'});
  const a = conv().apply(input) as tf.SymbolicTensor;
  const b = layers.batchNormalization().apply(conv().apply(layers.reLU().apply(a))) as tf.SymbolicTensor;
  const merged = layers.reLU().apply(merge(a, b) as tf.SymbolicTensor);
  const output = conv().apply(merged) as tf.SymbolicTensor;
  const model = withRandomWeights(tf.model({inputs: input, outputs: [output, a]}), 3);
  for (const batch of [1, 3]) await expectPredicted(model, {batch});
  model.dispose();
});

test.each(['add', 'multiply', 'maximum'] as const)(
  '%s spreads vectors over images, and lines over columns',
  async kind => {
    const input = tf.input({shape: image});
    const gate = layers.dense({units: 5, activation: 'sigmoid'});
    const gates = gate.apply(layers.globalAveragePooling2d({}).apply(input)) as tf.SymbolicTensor;
    const gated = layers[kind]().apply([
      input,
      layers.reshape({targetShape: [1, 1, 5]}).apply(gates) as tf.SymbolicTensor,
    ]);
    const model = withRandomWeights(tf.model({inputs: input, outputs: gated as tf.SymbolicTensor}), 4);
    for (const batch of [1, 3]) await expectPredicted(model, {batch});
    model.dispose();
  },
);
