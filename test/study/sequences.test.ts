import {mkdtempSync, rmSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import * as tf from '@tensorflow/tfjs';
import {planChannelPruning, prunable, shrink} from 'tfjs-pruning';
import {GradualPruning} from 'tfjs-pruning/callbacks';
import {dataSet, method, net, runStudy, strategy, top1, top5, type Examples} from 'tfjs-pruning/study';
import {estimatedSeconds} from '../../src/study/estimated-seconds.js';
import {Results} from '../../src/study/results.js';
import {studyOf} from './support.js';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'study-'));
});
afterEach(() => {
  rmSync(folder, {recursive: true, force: true});
});

const STEPS = 3;

/** Letters and numbers of 30 sequences; the target of each step is the class of its letter, as a number. */
const sequences = dataSet({
  name: 'sequences',
  version: 1,
  load() {
    const part = (count: number, moved: number): Examples => {
      const letters = Array.from({length: count}, (_, i) => Array.from({length: STEPS}, (_, j) => (i + j + moved) % 4));
      const classes = letters.map(word => word.map(letter => [letter % 2]));
      return {
        xs: [tf.tensor2d(letters, undefined, 'int32'), tf.ones([count, STEPS, 2])],
        ys: tf.tensor3d(classes), // tf.js's loss takes float32
      };
    };
    return {train: part(30, 0), test: part(10, 1)};
  },
});

const shapes: unknown[] = [];

const reader = net({
  name: 'reader',
  version: 1,
  make({seed, inputShape, inputShapes, outputShape}) {
    shapes.push(inputShape, inputShapes, outputShape);
    const kernelInitializer = tf.initializers.glorotNormal({seed});
    const recurrentInitializer = tf.initializers.orthogonal({gain: 1, seed});
    const [letters, numbers] = inputShapes.map((shape, i) => tf.input({shape, dtype: i === 0 ? 'int32' : 'float32'}));
    const embeddingsInitializer = tf.initializers.randomNormal({stddev: 1, seed});
    const embedded = tf.layers.embedding({inputDim: 4, outputDim: 4, embeddingsInitializer, name: 'embedding'});
    const both = tf.layers.concatenate().apply([embedded.apply(letters!) as tf.SymbolicTensor, numbers!]);
    const lstm = {name: 'lstm', units: 6, returnSequences: true, kernelInitializer, recurrentInitializer};
    const states = tf.layers.lstm(lstm).apply(both);
    const output = {name: 'output', units: 2, activation: 'softmax', kernelInitializer} as const;
    const outputs = tf.layers.dense(output).apply(states) as tf.SymbolicTensor;
    return tf.model({inputs: [letters!, numbers!], outputs});
  },
});

const gradual = method({
  name: 'GradualPruning',
  version: 1,
  train: ({net: fresh, sparsity}) => ({model: prunable(fresh), callbacks: [new GradualPruning({sparsity})]}),
});

const units = method({
  name: 'units',
  version: 1,
  async prune({net: trained, sparsity}) {
    const plan = await planChannelPruning(trained, {sparsity, layers: 'lstm'});
    return {model: await shrink(trained, plan), callbacks: []};
  },
});

const ofSequences = {
  data: [sequences],
  nets: [reader],
  targets: {sparsity: [0.5]},
  train: {epochs: 4, tuneEpochs: 2, batchSize: 10, learningRate: 0.05, loss: 'sparseCategoricalCrossentropy'},
};

test('a net of several inputs with targets of numbers is trained, pruned and cut, and no tensor is left', async () => {
  const mine = studyOf({...ofSequences, methods: [strategy({name: 'globalGradient', examples: 20}), gradual, units]});
  const seconds = await estimatedSeconds(mine, mine.runs(), new Results(folder));
  expect(seconds.every(each => each > 0)).toBe(true);
  const before = tf.memory().numTensors;
  const {results, failed} = await runStudy(mine, {folder});
  expect(failed).toEqual([]);
  expect(tf.memory().numTensors).toBe(before);
  expect(shapes.slice(0, 3)).toEqual([[3], [[3], [3, 2]], [3, 1]]);
  const parameters = new Map(results.map(({run, after}) => [run.method?.name ?? 'dense', after.nonZeroParameters]));
  // 4 * 4 embeddings, (6 + 6 + 1) * 4 * 6 of the LSTM, 6 * 2 + 2 of the output, of which 26 are biases, which stay.
  expect(Object.fromEntries(parameters)).toEqual({
    dense: 342,
    globalGradient: 26 + 316 / 2,
    GradualPruning: 26 + 316 / 2,
    // 3 of 6 units: (6 + 3 + 1) * 4 * 3 of the LSTM, 3 * 2 + 2 of the output.
    units: 16 + 120 + 8,
  });
  for (const {after} of results) expect(after.metrics['top1']).toBeGreaterThan(90);
});

/** A model that predicts these outputs, whatever it is given. */
const predicting = (outputs: tf.Tensor) => ({predict: () => outputs.clone()}) as unknown as tf.LayersModel;

const OUTPUTS = [
  [
    [0.1, 0.9, 0],
    [0.5, 0.3, 0.2],
  ],
  [
    [0.2, 0.2, 0.6],
    [0.8, 0.1, 0.1],
  ],
];

test('each step of a sequence counts, but for the padded ones', async () => {
  const model = predicting(tf.tensor3d(OUTPUTS));
  const labels = (numbers: number[][]) => tf.tensor2d(numbers, undefined, 'int32');
  const oneHot = tf.tensor3d([
    [
      [0, 1, 0],
      [0, 1, 0],
    ],
    [
      [0, 0, 1],
      [0, 0, 0],
    ],
  ]);
  const xs = tf.zeros([2, 2]);
  const top = (ys: tf.Tensor) => top1().measure(model, {xs, ys}, {} as never);
  expect(await top(oneHot)).toBeCloseTo(200 / 3, 4);
  const classes = labels([
    [1, 1],
    [2, 0],
  ]);
  expect(await top(classes)).toBe(75);
  expect(await top(tf.expandDims(classes, -1))).toBe(75);
  expect(await top(tf.cast(classes, 'float32'))).toBe(75);
  expect(await top5().measure(model, {xs, ys: oneHot}, {} as never)).toBe(100);
});

test('numbers of classes are told from one-hot vectors, and what is neither is refused', async () => {
  const xs = tf.zeros([3, 1]);
  const outputs = tf.tensor2d([
    [0.1, 0.9],
    [0.6, 0.4],
    [0.7, 0.3],
  ]);
  const top = (ys: tf.Tensor, of = outputs) => top1().measure(predicting(of), {xs, ys}, {} as never);
  expect(await top(tf.tensor1d([1, 0, 1]))).toBeCloseTo(200 / 3, 4);
  // A single output is the probability of the second of two classes.
  expect(await top(tf.ones([3, 1]), tf.tensor2d([[0.9], [0.2], [0.6]]))).toBeCloseTo(200 / 3, 4);
  await expect(top(tf.ones([3, 4]))).rejects.toThrow('top1() expects targets of the shape of the outputs, [3,2]');
});
