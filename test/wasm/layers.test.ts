import * as tf from '@tensorflow/tfjs';
import {kernelKinds, on, onWasm, randomNumbers, relativeError, sizes, tensorOf} from './against-cpu.js';

const {layers} = tf;

/** One layer behind a dense layer for each of its inputs, so that its gradient for them counts. */
interface Case {
  /** The shape of each input without the batch, as '6x5x2'. */
  readonly input: string | readonly [string, string];
  readonly args?: object | (() => object);
  readonly batch?: number;
  /** Numbers below this one, whole ones, as its input, without a dense layer between. */
  readonly words?: number;
  /** What comes after it, to be trained or to make use of the mask that it passes on. */
  readonly then?: () => tf.layers.Layer;
  /** False for layers that fail in a model, as they take a tensor where a model hands a list; they are called alone. */
  readonly takesList?: false;
  /** What tfjs says, on any backend, as it can't train this layer; what it predicts is compared all the same. */
  readonly untrainable?: string;
}

const [flat, series, image, volume] = ['5', '6x3', '6x5x2', '4x5x4x2'] as const;
const two = {input: [series, series]} as const;
const channelsFirst = {dataFormat: 'channelsFirst'};
const pool = {poolSize: 2};
const wide = {poolSize: 3, strides: 1, padding: 'same'};
const activations = Object.keys(tf.serialization.SerializationMap.getMap().classNameMap).filter(name =>
  /^[a-z]/.test(name),
);
const dense = () => layers.dense({units: 2});
const lstm = () => layers.lstm({units: 2});
const cells = ['lstmCell', 'gruCell', 'simpleRNNCell'] as const;
const merges = ['sum', 'mul', 'concat', 'ave'] as const;

/** By the names of the functions in tf.layers; what follows a comma tells variants of one apart. */
const cases: Record<string, Case> = {
  ...Object.fromEntries(activations.map(name => [`activation, ${name}`, {input: series, args: {activation: name}}])),
  add: two,
  alphaDropout: {input: series, args: {rate: 0.3}},
  average: two,
  averagePooling1d: {input: series, args: pool},
  averagePooling2d: {input: image, args: wide},
  'averagePooling2d, channelsFirst': {input: image, args: {...pool, ...channelsFirst}},
  averagePooling3d: {input: volume, args: wide},
  'averagePooling3d, channelsFirst': {input: volume, args: {...pool, ...channelsFirst}},
  avgPool1d: {input: series, args: wide},
  avgPool2d: {input: image, args: pool},
  avgPool3d: {input: volume, args: pool},
  avgPooling1d: {input: series, args: {...pool, padding: 'same'}},
  avgPooling2d: {input: image, args: {...pool, padding: 'same'}},
  avgPooling3d: {input: volume, args: {...pool, padding: 'same'}},
  batchNormalization: {input: image},
  'batchNormalization, axis 1': {input: image, args: {axis: 1}, untrainable: 'must match the product of shape'},
  ...Object.fromEntries(
    merges.map(mergeMode => [
      `bidirectional, ${mergeMode}`,
      {input: series, args: () => ({layer: layers.gru({units: 2, returnSequences: true}), mergeMode})},
    ]),
  ),
  'categoryEncoding, multiHot': {input: '4', words: 6, args: {numTokens: 6, outputMode: 'multiHot'}, then: dense},
  'categoryEncoding, count': {input: '4', words: 6, args: {numTokens: 6, outputMode: 'count'}, then: dense},
  'categoryEncoding, oneHot': {input: '1', words: 6, args: {numTokens: 6, outputMode: 'oneHot'}, then: dense},
  centerCrop: {input: '6x6x2', words: 255, args: {height: 4, width: 4}, then: dense},
  concatenate: two,
  'concatenate, axis 1': {...two, args: {axis: 1}},
  conv1d: {input: series, args: {kernelSize: 3, filters: 4, strides: 2, padding: 'same'}},
  conv2d: {input: image, args: {kernelSize: 3, filters: 4, strides: 2, padding: 'same', activation: 'relu'}},
  'conv2d, channelsFirst': {input: image, args: {kernelSize: 2, filters: 4, ...channelsFirst}},
  conv2dTranspose: {input: image, args: {kernelSize: 3, filters: 4, strides: 2}},
  'conv2dTranspose, channelsFirst': {
    input: image,
    args: {kernelSize: 2, filters: 3, padding: 'same', ...channelsFirst},
  },
  conv3d: {input: volume, args: {kernelSize: 3, filters: 3, strides: 2, padding: 'same'}},
  'conv3d, channelsFirst': {input: volume, args: {kernelSize: 2, filters: 3, ...channelsFirst}},
  conv3dTranspose: {
    input: volume,
    args: {kernelSize: 2, filters: 3, strides: 2},
    untrainable: 'function not found for Conv3DBackpropInputV2',
  },
  'convLstm2d, of convLstm2dCell': {input: '3x4x4x2', args: {kernelSize: 2, filters: 2, returnSequences: true}},
  cropping2D: {
    input: image,
    args: {
      cropping: [
        [1, 0],
        [2, 1],
      ],
    },
  },
  'cropping2D, channelsFirst': {
    input: image,
    args: {
      cropping: [
        [1, 0],
        [0, 1],
      ],
      ...channelsFirst,
    },
  },
  dense: {input: flat, args: {units: 4, activation: 'tanh'}},
  'dense, of a series': {input: series, args: {units: 4}},
  depthwiseConv2d: {input: image, args: {kernelSize: 3, depthMultiplier: 2, strides: 2, padding: 'same'}},
  'depthwiseConv2d, channelsFirst': {input: image, args: {kernelSize: 2, ...channelsFirst}},
  dot: {...two, args: {axes: [1, 1]}},
  'dot, normalized': {input: [flat, flat], args: {axes: -1, normalize: true}},
  dropout: {input: series, args: {rate: 0.5}},
  'dropout, noiseShape': {input: series, args: {rate: 0.5, noiseShape: [null, 1, 3]}},
  elu: {input: series, args: {alpha: 1}},
  embedding: {input: '4', words: 6, args: {inputDim: 6, outputDim: 3}},
  'embedding, maskZero': {input: '4', words: 6, args: {inputDim: 6, outputDim: 3, maskZero: true}, then: lstm},
  flatten: {input: image},
  'flatten, channelsFirst': {input: image, args: channelsFirst},
  gaussianDropout: {input: series, args: {rate: 0.3}},
  gaussianNoise: {input: series, args: {stddev: 0.5}},
  globalAveragePooling1d: {input: series},
  globalAveragePooling2d: {input: image},
  'globalAveragePooling2d, channelsFirst': {input: image, args: channelsFirst},
  globalMaxPool1d: {input: series},
  globalMaxPool2d: {input: image},
  globalMaxPooling1d: {input: series},
  globalMaxPooling2d: {input: image},
  'globalMaxPooling2d, channelsFirst': {input: image, args: channelsFirst},
  gru: {input: series, args: {units: 3}},
  layerNormalization: {input: series},
  'layerNormalization, axes 1 and 2': {input: series, args: {axis: [1, 2]}},
  leakyReLU: {input: series, args: {alpha: 0.2}},
  lstm: {input: series, args: {units: 3, returnSequences: true}},
  masking: {input: series, words: 2, args: {maskValue: 0}, then: lstm},
  maxPool1d: {input: series, args: pool},
  maxPool2d: {input: image, args: pool},
  maxPooling1d: {input: series, args: wide},
  maxPooling2d: {input: image, args: wide},
  'maxPooling2d, channelsFirst': {input: image, args: {...pool, ...channelsFirst}},
  maxPooling3d: {input: volume, args: wide},
  'maxPooling3d, channelsFirst': {input: volume, args: {...pool, ...channelsFirst}},
  maximum: two,
  minimum: two,
  multiply: two,
  permute: {input: image, args: {dims: [3, 1, 2]}},
  prelu: {input: image, args: {alphaInitializer: 'ones'}},
  'prelu, sharedAxes': {input: image, args: {sharedAxes: [1, 2]}},
  randomWidth: {input: '6x6x2', args: {factor: 0.4}, takesList: false},
  reLU: {input: series},
  'reLU, maxValue': {input: series, args: {maxValue: 0.5}},
  repeatVector: {input: flat, args: {n: 3}},
  rescaling: {input: image, args: {scale: 0.5, offset: -1}},
  reshape: {input: image, args: {targetShape: [10, 6]}},
  resizing: {input: '5x5x2', args: {height: 4, width: 7}, takesList: false},
  'resizing, nearest': {
    input: image,
    args: {height: 3, width: 7, interpolation: 'nearest'},
    batch: 1,
    takesList: false,
  },
  ...Object.fromEntries(
    cells.map(cell => [`rnn, ${cell}`, {input: series, args: () => ({cell: layers[cell]({units: 2})})}]),
  ),
  'rnn, stackedRNNCells': {
    input: series,
    args: () => ({cell: layers.stackedRNNCells({cells: cells.map(cell => layers[cell]({units: 2}))})}),
  },
  separableConv2d: {input: image, args: {kernelSize: 3, filters: 3, depthMultiplier: 2, strides: 2}},
  'separableConv2d, channelsFirst': {input: image, args: {kernelSize: 2, filters: 3, useBias: false, ...channelsFirst}},
  simpleRNN: {input: series, args: {units: 3, goBackwards: true}},
  softmax: {input: flat},
  'softmax, axis -1': {input: series, args: {axis: -1}},
  spatialDropout1d: {input: series, args: {rate: 0.5}},
  thresholdedReLU: {input: series, args: {theta: 0.2}, untrainable: 'function not found for Greater'},
  timeDistributed: {input: '3x6x5x2', args: () => ({layer: layers.conv2d({filters: 2, kernelSize: 3})})},
  upSampling2d: {input: image, args: {size: [2, 3]}, batch: 1},
  'upSampling2d, bilinear': {input: '5x5x2', args: {interpolation: 'bilinear'}},
  'upSampling2d, channelsFirst': {input: image, args: channelsFirst, batch: 1},
  zeroPadding2d: {
    input: image,
    args: {
      padding: [
        [1, 2],
        [0, 1],
      ],
    },
  },
  'zeroPadding2d, channelsFirst': {input: image, args: {padding: 2, ...channelsFirst}},
};

/** What is no layer of its own. */
const others = ['Layer', 'RNN', 'RNNCell', 'input', 'inputLayer'];

test('the table has all layers of tfjs', () => {
  const known = new Set([...others, ...Object.keys(cases).flatMap(name => name.split(/, of |, /))]);
  expect(Object.keys(layers).filter(name => !known.has(name))).toEqual([]);
});

type Symbols = tf.SymbolicTensor[];

/** The small model, with weights that are the same on each backend, and its output for an input, the same as well. */
function build(name: string): {model: tf.LayersModel; output: (training: boolean) => tf.Tensor} {
  const {input, args = {}, batch = 2, words, then, takesList} = cases[name]!;
  const factory = (layers as unknown as Record<string, (args: object) => tf.layers.Layer>)[name.split(',')[0]!]!;
  const layer = factory(typeof args === 'function' ? (args as () => object)() : args);
  const inputs = [input].flat().map(shape => tf.input({shape: sizes(shape)}));
  const front = (x: tf.SymbolicTensor) => layers.dense({units: x.shape.at(-1)!, useBias: false}).apply(x);
  const fed = words === undefined ? (inputs.map(front) as Symbols) : inputs;
  const all = takesList === false ? [] : then ? [layer, then()] : [layer];
  const outputs = all.reduce((x, next) => [next.apply(x.length === 1 ? x[0]! : x)] as Symbols, fed);
  const model = tf.model({inputs, outputs});
  const value = (shape: number[], i: number) => tf.add(tf.mul(tensorOf(shape, 'normal', i + 1), 0.5), 0.3);
  model.trainableWeights.forEach((weight, i) => weight.write(value(weight.shape as number[], i)));
  const x = [input].flat().map((shape, i) => {
    const random = tensorOf([batch, ...sizes(shape)], 'normal', 50 + i);
    return words === undefined ? random : tf.floor(tf.mul(tf.abs(random), words));
  });
  const output = (training: boolean) => {
    const y = model.apply(x, {training}) as tf.Tensor;
    return takesList === false ? (layer.apply(y, {training}) as tf.Tensor) : y;
  };
  return {model, output};
}

type Result = {what: string; values: Float32Array};

const resultOf = (what: string, tensor: tf.Tensor): Result => ({what, values: tensor.dataSync<'float32'>().slice()});

/** What comes of a layer: its prediction, its output and gradients in training, and all weights after three steps. */
function resultsOf(name: string): Result[] {
  // What dropout and noise are made of.
  jest.spyOn(Math, 'random').mockImplementation(randomNumbers(4));
  const {model, output} = build(name);
  const prediction = resultOf('prediction', output(false));
  const loss = (): tf.Scalar => {
    const y = output(true);
    return tf.mean(tf.squaredDifference(y, tensorOf(y.shape, 'normal', 60)));
  };
  const variables = model.trainableWeights.map(weight => weight.read() as tf.Variable);
  const gradients = () => tf.variableGrads(loss, variables).grads;
  const {untrainable} = cases[name]!;
  if (untrainable !== undefined) {
    expect(gradients).toThrow(untrainable);
    return [prediction];
  }
  const results = [
    prediction,
    resultOf('output in training', output(true)),
    ...Object.entries(gradients()).map(([, gradient], i) =>
      resultOf(`gradient of ${model.trainableWeights[i]!.originalName}`, gradient),
    ),
  ];
  const optimizer = tf.train.momentum(0.1, 0.9);
  for (let step = 0; step < 3; step++) optimizer.minimize(loss, false, variables);
  const trained = model.weights.map(weight => resultOf(`${weight.originalName}, trained`, weight.read()));
  optimizer.dispose();
  model.dispose();
  return [...results, ...trained];
}

test.each(Object.keys(cases))('%s', async name => {
  const run = () => tf.tidy(() => resultsOf(name));
  const expected = await on('cpu', run);
  const isZero = ({what, values}: Result) => what.startsWith('gradient') && values.every(value => value === 0);
  expect(expected.filter(isZero)).toEqual([]);
  for (const kernels of kernelKinds) {
    const actual = await onWasm(kernels, run);
    const errors = expected.map(({what, values}, i) => ({
      what,
      kernels,
      error: relativeError(actual[i]!.values, values),
    }));
    expect(errors.filter(({error}) => !(error < 1e-4))).toEqual([]);
  }
});
