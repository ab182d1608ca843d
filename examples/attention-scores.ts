/** Attention blocks find out which channels of a trained net matter; the others are cut out (PCAS). */
import * as tf from '@tensorflow/tfjs';
import {
  attentionScores,
  formatChannelPlan,
  inverted,
  magnitude,
  planChannelPruning,
  random,
  recalibrateBatchNorm,
  scores,
  seededBatches,
  shrink,
  taylor,
  uniform,
  type Criterion,
} from 'tfjs-pruning';
import {useFastestBackend} from 'tfjs-pruning/wasm';
import {testDigits, trainingDigits, type Digits} from './support/mnist.js';

/** Test accuracies: of the dense net, and by criterion after the cut and after an epoch of training. */
export interface Attended {
  dense: number;
  cut: Record<string, number>;
  trained: Record<string, number>;
}

/** Trains on so many digits. */
export async function main(trainCount = 12_800, testCount = 10_000): Promise<Attended> {
  console.log(`backend: ${await useFastestBackend()}\n`);
  const [{x, y}, test] = [trainingDigits(trainCount), testDigits(testCount)];
  const digits = (seed: number) => seededBatches(x, y, {batchSize: 64, seed});
  const model = digitNet();
  model.compile({optimizer: tf.train.adam(0.005), loss: 'categoricalCrossentropy', metrics: ['accuracy']});
  await model.fitDataset(digits(1), {epochs: 4, verbose: 0});
  const result: Attended = {dense: accuracy(model, test), cut: {}, trained: {}};

  // #region attention
  const data = seededBatches(x, y, {batchSize: 64}); // shuffled, since the blocks are trained
  const attention = await attentionScores(model, {data}); // {'conv1/kernel': a tensor [1, 1, 1, 16], ...}
  const rule = {criterion: scores(attention), members: 'producers', layers: /conv/} as const;
  const plan = await planChannelPruning(model, {...rule, sparsity: 0.4, allocation: uniform()});
  console.log(formatChannelPlan(plan));
  // #endregion

  const criteria: Record<string, Criterion> = {
    'least attended': rule.criterion,
    'most attended': inverted(rule.criterion),
    random: random({seed: 1}),
    magnitude: magnitude(),
    taylor: taylor(),
  };
  console.log(`\naccuracy, dense ${percent(result.dense).trim()}      cut   trained`);
  for (const [name, criterion] of Object.entries(criteria)) {
    const seen = name === 'taylor' ? {data: digits(0)} : {};
    const removed = {...rule, ...seen, criterion, sparsity: 0.4, allocation: uniform()};
    const small = await shrink(model, await planChannelPruning(model, removed));
    await recalibrateBatchNorm(small, {data: {xs: x}, batchSize: 256});
    result.cut[name] = accuracy(small, test);
    await small.fitDataset(digits(2), {epochs: 1, verbose: 0});
    result.trained[name] = accuracy(small, test);
    console.log(`${name.padEnd(22)}${percent(result.cut[name])}${percent(result.trained[name])}`);
  }
  tf.dispose(attention);
  return result;
}

const percent = (share: number) => `${(100 * share).toFixed(2)} %`.padStart(10);

function digitNet(): tf.Sequential {
  const block = (name: string, filters: number, strides: number, seed: number, more = {}) => [
    tf.layers.conv2d({
      name,
      filters,
      strides,
      kernelSize: 3,
      padding: 'same',
      useBias: false,
      kernelInitializer: tf.initializers.heNormal({seed}),
      ...more,
    }),
    tf.layers.batchNormalization({momentum: 0.9}),
    tf.layers.reLU(),
  ];
  const head = {units: 10, kernelInitializer: tf.initializers.glorotNormal({seed: 4})};
  return tf.sequential({
    layers: [
      ...block('conv1', 16, 2, 1, {inputShape: [28, 28, 1]}),
      ...block('conv2', 32, 2, 2),
      ...block('conv3', 64, 2, 3),
      tf.layers.globalAveragePooling2d({}),
      tf.layers.dense(head),
      tf.layers.softmax(),
    ],
  });
}

function accuracy(model: tf.LayersModel, {x, y}: Digits): number {
  const [loss, share] = model.evaluate(x, y, {batchSize: 1000}) as tf.Scalar[];
  const value = share!.dataSync()[0]!;
  tf.dispose([loss!, share!]);
  return value;
}
