import * as tf from '@tensorflow/tfjs';
import {FusedAdam} from 'tfjs-pruning/wasm';
import {startedWasmBackend} from '../../src/wasm/backend/wasm-backend.js';
import {kernelKinds, on, onWasm, relativeError, tensorOf} from './against-cpu.js';

const {layers} = tf;

type Symbol = tf.SymbolicTensor;

interface Net {
  readonly inputShape: number[];
  /** Whole numbers below this one as input. */
  readonly words?: number;
  /** The net from its input to what its last layer, of three classes, is given. */
  readonly body: (x: Symbol) => Symbol;
}

const chain = (x: Symbol, ...stack: tf.layers.Layer[]) => stack.reduce((y, layer) => layer.apply(y) as Symbol, x);

const conv = (filters: number, strides = 1) =>
  layers.conv2d({kernelSize: 3, filters, strides, padding: 'same', useBias: false});

function residualBlock(x: Symbol): Symbol {
  const branch = chain(x, conv(4), layers.batchNormalization(), layers.reLU(), conv(4), layers.batchNormalization());
  return layers.reLU().apply(layers.add().apply([x, branch])) as Symbol;
}

function separableBlock(filters: number, strides: number): tf.layers.Layer[] {
  return [
    layers.depthwiseConv2d({kernelSize: 3, strides, padding: 'same', useBias: false}),
    layers.batchNormalization(),
    layers.reLU({maxValue: 6}),
    layers.conv2d({kernelSize: 1, filters, useBias: false}),
    layers.batchNormalization(),
    layers.reLU({maxValue: 6}),
  ];
}

const nets: Record<string, Net> = {
  'a multilayer perceptron': {
    inputShape: [8],
    body: x => chain(x, layers.dense({units: 12, activation: 'relu'}), layers.dense({units: 7, activation: 'tanh'})),
  },
  // Pooling before the ReLU, so that windows without a positive value pass gradients on.
  'a LeNet': {
    inputShape: [10, 10, 1],
    body: x =>
      chain(
        x,
        layers.conv2d({kernelSize: 3, filters: 4}),
        layers.maxPooling2d({poolSize: 2}),
        layers.reLU(),
        layers.conv2d({kernelSize: 3, filters: 6, activation: 'relu'}),
        layers.maxPooling2d({poolSize: 2}),
        layers.flatten(),
        layers.dense({units: 8, activation: 'relu'}),
      ),
  },
  'a residual net with batch normalization': {
    inputShape: [5, 5, 2],
    body: x =>
      chain(
        residualBlock(chain(x, conv(4, 2), layers.batchNormalization(), layers.reLU())),
        layers.globalAveragePooling2d({}),
      ),
  },
  'a depthwise separable net': {
    inputShape: [6, 5, 2],
    body: x => chain(x, conv(3), ...separableBlock(4, 2), ...separableBlock(5, 1), layers.globalAveragePooling2d({})),
  },
  'a recurrent net of words': {
    inputShape: [3],
    words: 6,
    body: x =>
      chain(
        x,
        layers.embedding({inputDim: 6, outputDim: 4}),
        layers.gru({units: 4, returnSequences: true}),
        layers.lstm({units: 4}),
      ),
  },
};

const optimizers: Record<string, () => tf.Optimizer> = {
  sgd: () => tf.train.sgd(0.05),
  momentum: () => tf.train.momentum(0.02, 0.9),
  adam: () => tf.train.adam(0.005),
  FusedAdam: () => new FusedAdam(0.005),
  rmsprop: () => tf.train.rmsprop(0.002, 0.9),
};

const BATCH = 4;

/** The net, its weights the same on each backend, ready to be trained; and images or words with their classes. */
function build({inputShape, words, body}: Net, optimizer: tf.Optimizer) {
  const input = tf.input({shape: inputShape});
  const outputs = layers.dense({units: 3, activation: 'softmax'}).apply(body(input)) as Symbol;
  const model = tf.model({inputs: input, outputs});
  model.trainableWeights.forEach((weight, i) => {
    // As large as Glorot's, and gamma about 1: what trains well, and not off into the chaos of rounding.
    const scale = Math.sqrt(3 / tf.util.sizeFromShape((weight.shape as number[]).slice(0, -1)));
    const isGamma = weight.originalName.endsWith('gamma');
    tf.tidy(
      () => void weight.write(tf.add(tf.mul(tensorOf(weight.shape as number[], 'normal', i + 1), scale), +isGamma)),
    );
  });
  model.compile({optimizer, loss: 'categoricalCrossentropy'});
  const [x, y] = tf.tidy((): [tf.Tensor, tf.Tensor] => {
    const random = tensorOf([4 * BATCH, ...inputShape], 'normal', 50);
    const classes = tf.argMax(tensorOf([4 * BATCH, 3], 'normal', 51), 1);
    return [words === undefined ? random : tf.floor(tf.mul(tf.abs(random), words)), tf.oneHot(classes, 3).toFloat()];
  });
  return {model, x, y};
}

/** The losses of twenty batches. */
async function lossesOf(net: Net, optimizer: tf.Optimizer): Promise<number[]> {
  const {model, x, y} = build(net, optimizer);
  const losses: number[] = [];
  const onBatchEnd = (_: number, logs?: tf.Logs) => void losses.push(logs!['loss']!);
  await model.fit(x, y, {epochs: 5, batchSize: BATCH, shuffle: false, verbose: 0, callbacks: {onBatchEnd}});
  model.dispose();
  tf.dispose([x, y]);
  return losses;
}

describe.each(Object.keys(nets))('%s', net => {
  test.each(Object.keys(optimizers))('20 steps of %s: losses as on cpu', async name => {
    const losses = () => lossesOf(nets[net]!, optimizers[name]!());
    const expected = await on('cpu', losses);
    expect(expected).toHaveLength(20);
    expect(tf.util.sum(expected.slice(16))).toBeLessThan(tf.util.sum(expected.slice(0, 4)));
    for (const kernels of kernelKinds) {
      const actual = await onWasm(kernels, losses);
      expect({kernels, error: relativeError(actual, expected)}).toEqual({
        kernels,
        error: expect.closeTo(0, 4) as number,
      });
    }
  });
});

test('1000 steps leave no tensor and no data behind, and the heap does not grow', async () => {
  const {model, x, y} = await on('wasm', () => build(nets['a LeNet']!, new FusedAdam()));
  const step = async () => tf.dispose(await model.trainOnBatch(x, y));
  await step();
  const {HEAPU8} = startedWasmBackend()!.wasm;
  const counts = () => ({
    tensors: tf.memory().numTensors,
    buffers: tf.memory().numDataBuffers,
    dataIds: tf.backend().numDataIds(),
    heap: startedWasmBackend()!.wasm.HEAPU8.buffer.byteLength,
  });
  const before = counts();
  for (let i = 0; i < 1000; i++) await step();
  expect(counts()).toEqual(before);
  expect(HEAPU8.length).toBe(before.heap);
  tf.dispose([x, y]);
  model.dispose();
});
