/** What pruning costs: `fit` with GradualPruning at frequency 100, against `fit` of the plain model. */
import * as tf from '@tensorflow/tfjs';
import {prunable} from 'tfjs-pruning';
import {GradualPruning} from 'tfjs-pruning/callbacks';
import {polynomialDecay} from 'tfjs-pruning/schedules';
import {trainingDigits} from '../support/mnist.js';
import {interleaved, median, medianRatio, report, type Figure} from './support/figures.js';

const BATCH_SIZE = 64;
const ALLOWED = 1.05;

const dense = (units: number, more = {}) => tf.layers.dense({units, ...more});

/** The nets, and for how many batches each is timed at a go. */
const NETS: [string, () => tf.layers.Layer[], number][] = [
  [
    'LeNet-300-100',
    () => [tf.layers.flatten({inputShape: [28, 28, 1]}), dense(300), dense(100), dense(10, {activation: 'softmax'})],
    200,
  ],
  [
    'LeNet-5',
    () => [
      tf.layers.conv2d({filters: 20, kernelSize: 5, inputShape: [28, 28, 1], activation: 'relu'}),
      tf.layers.maxPooling2d({poolSize: 2}),
      tf.layers.conv2d({filters: 50, kernelSize: 5, activation: 'relu'}),
      tf.layers.maxPooling2d({poolSize: 2}),
      tf.layers.flatten(),
      dense(500, {activation: 'relu'}),
      dense(10, {activation: 'softmax'}),
    ],
    40,
  ],
];

async function costOf(name: string, layers: () => tf.layers.Layer[], batches: number): Promise<Figure[]> {
  const {x, y} = trainingDigits(batches * BATCH_SIZE);
  const plain = tf.sequential({layers: layers()});
  const pruned = prunable(tf.sequential({layers: layers()}));
  for (const model of [plain, pruned]) model.compile({optimizer: 'adam', loss: 'categoricalCrossentropy'});
  // from a sparsity of one half on, so that every batch counted has masks to apply
  const schedule = polynomialDecay({initialSparsity: 0.5, finalSparsity: 0.9, endStep: 10_000, frequency: 100});
  const pruning = new GradualPruning({schedule});
  const time = (model: tf.Sequential, callbacks: tf.Callback[]) => async () => {
    const start = performance.now();
    await model.fit(x, y, {batchSize: BATCH_SIZE, verbose: 0, callbacks});
    return (performance.now() - start) / batches;
  };
  const times = await interleaved({plain: time(plain, []), pruned: time(pruned, [pruning])}, {rounds: 15, warmUp: 2});
  return [
    {what: `${name}, plain`, value: median(times.plain), unit: 'ms/step'},
    {what: `${name}, pruned / plain`, value: medianRatio(times.pruned, times.plain), unit: 'x', target: ALLOWED},
  ];
}

/** Runs the comparison. */
export async function main(): Promise<void> {
  const warn = console.warn;
  console.warn = () => undefined; // each fit is a short one of many
  const figures: Figure[] = [];
  for (const [name, layers, batches] of NETS) figures.push(...(await costOf(name, layers, batches)));
  console.warn = warn;
  report('overhead', figures);
}
