/** Removes the channels that the others can best make up for, by the LASSO, and lets these make up for them. */
import * as tf from '@tensorflow/tfjs';
import {
  lassoScores,
  magnitude,
  maskChannels,
  planChannelPruning,
  prunable,
  reconstruct,
  scores,
  shrink,
  stripPruning,
  uniform,
  type ChannelPlan,
} from 'tfjs-pruning';
import {useFastestBackend} from 'tfjs-pruning/wasm';
import {testDigits, trainingDigits, type Digits} from './support/mnist.js';

/** Test accuracies of a choice of channels: right after the cut, and brought back. */
export type Chosen = [cut: number, recovered: number];

async function trained({x, y}: Digits): Promise<tf.Sequential> {
  const seeded = (seed: number) => ({kernelInitializer: tf.initializers.heNormal({seed}), activation: 'relu' as const});
  const model = tf.sequential({
    layers: [
      tf.layers.conv2d({name: 'conv1', filters: 16, kernelSize: 5, strides: 2, inputShape: [28, 28, 1], ...seeded(1)}),
      tf.layers.conv2d({name: 'conv2', filters: 32, kernelSize: 3, strides: 2, ...seeded(2)}),
      tf.layers.flatten(),
      tf.layers.dense({name: 'hidden', units: 128, ...seeded(3)}),
      tf.layers.dense({name: 'output', units: 10, ...seeded(4), activation: 'softmax'}),
    ],
  });
  model.compile({optimizer: 'adam', loss: 'categoricalCrossentropy'});
  await model.fit(x, y, {epochs: 3, batchSize: 64, verbose: 0});
  return model;
}

/** Trains on so many digits, and scores and brings back by so many. */
export async function main(trainCount = 12_800, testCount = 10_000, seenCount = 2048): Promise<Record<string, Chosen>> {
  await useFastestBackend();
  const test = testDigits(testCount);
  const dense = await trained(trainingDigits(trainCount));
  const xs = trainingDigits(seenCount).x;
  const accuracy = (model: tf.LayersModel) =>
    tf.tidy(() => {
      const guesses = tf.argMax(model.predict(test.x, {batchSize: 500}) as tf.Tensor, -1);
      return tf.mean(tf.equal(guesses, tf.argMax(test.y, -1))).dataSync()[0]!;
    });
  console.log(`${'dense'.padEnd(12)}${percent(accuracy(dense))}`);

  // #region lasso
  const lasso = await lassoScores(dense, {data: {xs}, batchSize: 128});
  const choice = {criterion: scores(lasso), members: 'producers', allocation: uniform()} as const;
  const plan = await planChannelPruning(dense, {...choice, sparsity: 0.5});
  // #endregion
  tf.dispose(lasso);

  const results: Record<string, Chosen> = {};
  const compare = async (what: string, removed: ChannelPlan) => {
    const model = prunable(dense);
    await maskChannels(model, removed);
    const cut = accuracy(model);
    await reconstruct(model, {teacher: dense, data: {xs}, batchSize: 128});
    results[what] = [cut, accuracy(stripPruning(await shrink(model)))];
    console.log(`${what.padEnd(12)}${results[what].map(percent).join('  ->')}`);
  };
  await compare('LASSO', plan);
  const other = {criterion: magnitude(), allocation: uniform(), sparsity: 0.5};
  await compare('magnitude', await planChannelPruning(dense, other));
  return results;
}

const percent = (share: number) => `${(100 * share).toFixed(2)} %`.padStart(10);
