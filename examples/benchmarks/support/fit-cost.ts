import * as tf from '@tensorflow/tfjs';
import {prunable} from 'tfjs-pruning';
import {trainingDigits} from '../../support/mnist.js';
import {interleaved, median, medianRatio, type Figure} from './figures.js';

const BATCH_SIZE = 64;

const dense = (units: number, more = {}) => tf.layers.dense({units, ...more});

/** A net, what it is trained on, and for how many batches in a row it is timed. */
export interface TimedNet {
  readonly make: () => tf.LayersModel;
  readonly data?: (count: number) => {x: tf.Tensor; y: tf.Tensor};
  readonly batches: number;
}

/** The nets whose `fit` is timed with callbacks. */
const NETS: Record<string, TimedNet> = {
  'LeNet-300-100': {
    make: () =>
      tf.sequential({
        layers: [
          tf.layers.flatten({inputShape: [28, 28, 1]}),
          dense(300),
          dense(100),
          dense(10, {activation: 'softmax'}),
        ],
      }),
    batches: 200,
  },
  'LeNet-5': {
    make: () =>
      tf.sequential({
        layers: [
          tf.layers.conv2d({filters: 20, kernelSize: 5, inputShape: [28, 28, 1], activation: 'relu'}),
          tf.layers.maxPooling2d({poolSize: 2}),
          tf.layers.conv2d({filters: 50, kernelSize: 5, activation: 'relu'}),
          tf.layers.maxPooling2d({poolSize: 2}),
          tf.layers.flatten(),
          dense(500, {activation: 'relu'}),
          dense(10, {activation: 'softmax'}),
        ],
      }),
    batches: 40,
  },
};

/** A way of pruning, and its target: how many times the time of the plain net. */
export interface Contender {
  readonly callback: () => tf.Callback;
  /** What is done to the plain net. Defaults to `prunable`. */
  readonly wrap?: (net: tf.LayersModel) => tf.LayersModel;
  readonly allowed?: number;
}

/** How to time. */
export interface TimingArgs {
  readonly rounds: number;
  /** Defaults to Adam. */
  readonly optimizer?: () => tf.Optimizer;
  /** Milliseconds since some moment. Defaults to the time of day. */
  readonly clock?: () => number;
}

/** The milliseconds for which this process has computed: what else the machine does counts less than in its time. */
export function processorTime(): number {
  const {user, system} = process.cpuUsage();
  return (user + system) / 1000;
}

/** Measures `fit` of a wrapped net with each callback over `fit` of the plain net; batch 64, Adam. */
export async function fitCosts(contenders: Record<string, Contender>, rounds: number): Promise<Figure[]> {
  const figures: Figure[] = [];
  for (const [name, net] of Object.entries(NETS)) figures.push(...(await fitCostsOn(name, net, contenders, {rounds})));
  return figures;
}

/** The same for one net. */
export async function fitCostsOn(
  name: string,
  {make, batches, data = trainingDigits}: TimedNet,
  contenders: Record<string, Contender>,
  {rounds, optimizer = () => tf.train.adam(), clock = () => performance.now()}: TimingArgs,
): Promise<Figure[]> {
  const {x, y} = data(batches * BATCH_SIZE);
  const timed = (model: tf.LayersModel, callbacks: tf.Callback[]) => {
    model.compile({optimizer: optimizer(), loss: 'categoricalCrossentropy'});
    return async () => {
      const start = clock();
      await model.fit(x, y, {batchSize: BATCH_SIZE, verbose: 0, callbacks});
      return (clock() - start) / batches;
    };
  };
  const runs = Object.entries(contenders).map(([what, {callback, wrap = prunable}]) => {
    return [what, timed(wrap(make()), [callback()])];
  });
  const all = {plain: timed(make(), []), ...(Object.fromEntries(runs) as Record<string, () => Promise<number>>)};
  const warn = console.warn;
  console.warn = () => undefined; // each fit is too short for its schedule
  const times: Record<string, number[]> = await interleaved(all, {rounds, warmUp: 2});
  console.warn = warn;
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
