import * as tf from '@tensorflow/tfjs';
import {startedWasmBackend} from '../../src/wasm/wasm-backend.js';
import {kernelKinds, on, relativeError, tensorOf, withKernels} from './against-cpu.js';

const {layers} = tf;

interface Case {
  name: string;
  inputShape: number[];
  stack: () => tf.layers.Layer[];
  batch?: number;
  /** Word numbers instead of random numbers as input: how many words there are. */
  words?: number;
}

const cases: Case[] = [
  {
    name: 'dense layers',
    inputShape: [7],
    stack: () => [layers.dense({units: 6, activation: 'relu'}), layers.dense({units: 4, activation: 'softmax'})],
  },
  {
    // Pooling before the ReLU, so that windows without a positive value pass gradients on.
    name: 'conv2d, pooling, relu',
    inputShape: [8, 8, 2],
    stack: () => [
      layers.conv2d({kernelSize: 3, filters: 4, padding: 'same'}),
      layers.maxPooling2d({poolSize: 2}),
      layers.reLU(),
      layers.conv2d({kernelSize: [1, 3], strides: 2, filters: 3, padding: 'same'}),
      layers.averagePooling2d({poolSize: 2}),
    ],
  },
  {
    name: 'conv2d, batch normalization, pooling',
    inputShape: [7, 6, 2],
    stack: () => [
      layers.conv2d({kernelSize: 3, filters: 4, strides: 2, padding: 'same', useBias: false}),
      layers.batchNormalization(),
      layers.maxPooling2d({poolSize: 3, strides: 1, padding: 'same'}),
      layers.globalAveragePooling2d({}),
    ],
  },
  {
    name: 'depthwise and separable convolutions',
    inputShape: [7, 6, 3],
    stack: () => [
      layers.depthwiseConv2d({kernelSize: 3, depthMultiplier: 2, strides: 2, padding: 'same'}),
      layers.separableConv2d({kernelSize: 2, filters: 4, depthMultiplier: 2}),
      layers.prelu({sharedAxes: [2]}),
    ],
  },
  {
    name: 'embedding and LSTM',
    inputShape: [5],
    words: 6,
    stack: () => [
      layers.embedding({inputDim: 6, outputDim: 4}),
      layers.lstm({units: 3, returnSequences: true}),
      layers.bidirectional({layer: layers.simpleRNN({units: 3}), mergeMode: 'concat'}),
    ],
  },
  {
    name: 'GRU and layer normalization',
    inputShape: [4, 3],
    stack: () => [layers.gru({units: 3, returnSequences: true}), layers.layerNormalization(), layers.gru({units: 2})],
  },
  {
    name: 'conv1d',
    inputShape: [9, 2],
    stack: () => [
      layers.conv1d({kernelSize: 3, filters: 3, strides: 2, padding: 'same', activation: 'tanh'}),
      layers.maxPooling1d({poolSize: 2}),
    ],
  },
  {
    name: 'conv3d and pooling',
    inputShape: [5, 4, 4, 2],
    stack: () => [
      layers.conv3d({kernelSize: 2, filters: 3, strides: 1, padding: 'same'}),
      layers.maxPooling3d({poolSize: 2, strides: 1}),
      layers.conv3d({kernelSize: 2, filters: 2, strides: 2}),
    ],
  },
  {
    name: 'conv2dTranspose and a leaky relu',
    inputShape: [3, 4, 2],
    stack: () => [
      layers.conv2dTranspose({kernelSize: 3, filters: 3, strides: 2, padding: 'same'}),
      layers.leakyReLU(),
      layers.globalMaxPooling2d({}),
    ],
  },
  {
    // One image: for more, the cpu backend is wrong (see rows.test.ts).
    name: 'upsampling and cropping',
    inputShape: [3, 3, 2],
    batch: 1,
    stack: () => [
      layers.conv2d({kernelSize: 2, filters: 2}),
      layers.upSampling2d({size: [2, 2]}),
      layers.conv2d({kernelSize: 2, filters: 2}),
      layers.cropping2D({
        cropping: [
          [1, 0],
          [0, 1],
        ],
      }),
    ],
  },
  {
    name: 'convolutional LSTM',
    inputShape: [2, 4, 4, 1],
    stack: () => [layers.convLstm2d({filters: 2, kernelSize: 2})],
  },
];

/** The model with weights that are the same on each backend, its loss and a batch. */
function build({inputShape, stack, batch = 3, words}: Case) {
  const [first, ...rest] = stack();
  const model = tf.sequential({layers: [layers.inputLayer({inputShape}), first!, ...rest]});
  model.setWeights(model.getWeights().map((weight, i) => tf.abs(tf.add(tensorOf(weight.shape, 'normal', i + 1), 0.1))));
  const random = tensorOf([batch, ...inputShape], 'normal', 50);
  const x = words ? tf.floor(tf.mul(tf.abs(random), words)) : random;
  const y = tensorOf([batch, ...model.outputShape.slice(1).map(Number)], 'normal', 51);
  return {model, x, y};
}

function gradientsOf(testCase: Case): {name: string; values: Float32Array}[] {
  const {model, x, y} = build(testCase);
  const variables = model.trainableWeights.map(weight => weight.read() as tf.Variable);
  const loss = (): tf.Scalar => tf.mean(tf.squaredDifference(model.apply(x, {training: true}) as tf.Tensor, y));
  const {grads} = tf.variableGrads(loss, variables);
  const read = model.trainableWeights.map(({originalName}, i) => ({
    name: originalName,
    values: grads[variables[i]!.name]!.dataSync().slice() as Float32Array,
  }));
  model.dispose();
  return read;
}

test.each(cases)('the gradients of $name are as on cpu', async testCase => {
  const expected = await on('cpu', () => tf.tidy(() => gradientsOf(testCase)));
  expect(expected.every(({values}) => values.some(value => value !== 0))).toBe(true);
  for (const kernels of kernelKinds) {
    const actual = await on('wasm', () => withKernels(kernels, () => tf.tidy(() => gradientsOf(testCase))));
    const errors = expected.map(({name, values}, i) => ({name, error: relativeError(actual[i]!.values, values)}));
    expect(errors.filter(({error}) => !(error < 1e-4))).toEqual([]);
  }
});

async function lossesOf(testCase: Case): Promise<number[]> {
  const {model, x, y} = build({...testCase, batch: 16});
  model.compile({optimizer: tf.train.adam(0.01), loss: 'meanSquaredError'});
  const losses: number[] = [];
  const onBatchEnd = (_: number, logs?: tf.Logs) => void losses.push(logs!['loss']!);
  await model.fit(x, y, {epochs: 5, batchSize: 4, shuffle: false, verbose: 0, callbacks: {onBatchEnd}});
  model.dispose();
  tf.dispose([x, y]);
  return losses;
}

const trained = ['dense layers', 'conv2d, pooling, relu', 'conv2d, batch normalization, pooling', 'embedding and LSTM'];

test.each(cases.filter(({name}) => trained.includes(name)))(
  '20 steps of fit with $name: losses as on cpu',
  async testCase => {
    const expected = await on('cpu', () => lossesOf(testCase));
    const actual = await on('wasm', () => lossesOf(testCase));
    expect(expected).toHaveLength(20);
    expect(relativeError(actual, expected)).toBeLessThan(1e-4);
  },
);

test('1000 steps leave no tensor and no data behind, and the heap does not grow', async () => {
  const {model, x, y} = await on('wasm', () => build(cases[1]!));
  model.compile({optimizer: 'adam', loss: 'meanSquaredError'});
  const step = async () => tf.dispose(await model.trainOnBatch(x, y));
  await step();
  const counts = () => ({
    tensors: tf.memory().numTensors,
    dataIds: tf.backend().numDataIds(),
    heap: startedWasmBackend()!.wasm.HEAPU8.length,
  });
  const before = counts();
  for (let i = 0; i < 1000; i++) await step();
  expect(counts()).toEqual(before);
  tf.dispose([x, y]);
  model.dispose();
});
