import * as tf from '@tensorflow/tfjs';
import {prunable} from 'tfjs-pruning';
import {trainingDigits} from '../../support/mnist.js';
import {interleaved, median, medianRatio, type Figure} from './figures.js';

const BATCH_SIZE = 64;

const dense = (units: number, more = {}) => tf.layers.dense({units, ...more});

/** The nets, and for how many batches in a row each is timed. */
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

/** A way of pruning, and its target: how many times the time of the plain net. */
export interface Contender {
  readonly callback: () => tf.Callback;
  readonly allowed?: number;
}

/** Measures `fit` of a wrapped net with each callback over `fit` of the plain net; batch 64, Adam. */
export async function fitCosts(contenders: Record<string, Contender>, rounds: number): Promise<Figure[]> {
  const warn = console.warn;
  console.warn = () => undefined; // each fit is too short for its schedule
  const figures: Figure[] = [];
  for (const [name, layers, batches] of NETS) figures.push(...(await costs(name, layers, batches)));
  console.warn = warn;
  return figures;

  async function costs(name: string, layers: () => tf.layers.Layer[], batches: number): Promise<Figure[]> {
    const {x, y} = trainingDigits(batches * BATCH_SIZE);
    const timed = (model: tf.Sequential, callbacks: tf.Callback[]) => {
      model.compile({optimizer: 'adam', loss: 'categoricalCrossentropy'});
      return async () => {
        const start = performance.now();
        await model.fit(x, y, {batchSize: BATCH_SIZE, verbose: 0, callbacks});
        return (performance.now() - start) / batches;
      };
    };
    const net = () => tf.sequential({layers: layers()});
    const runs = Object.entries(contenders).map(([what, {callback}]) => [what, timed(prunable(net()), [callback()])]);
    const all = {plain: timed(net(), []), ...(Object.fromEntries(runs) as Record<string, () => Promise<number>>)};
    const times: Record<string, number[]> = await interleaved(all, {rounds, warmUp: 2});
    return [
      {what: `${name}, plain`, value: median(times['plain']!), unit: 'ms/step'},
      ...Object.entries(contenders).map(([what, {allowed}]) => ({
        what: `${name}, ${what} / plain`,
        value: medianRatio(times[what]!, times['plain']!),
        unit: 'x',
        ...(allowed !== undefined && {target: allowed}),
      })),
    ];
  }
}
