/** Brings back by least squares what pruning in one shot costs: without labels, and without training. */
import * as tf from '@tensorflow/tfjs';
import {globalRanking, nOfM, planChannelPruning, prunable, pruneOnce, reconstruct, shrink} from 'tfjs-pruning';
import {useFastestBackend} from 'tfjs-pruning/wasm';
import {testDigits, trainingDigits, type Digits} from './support/mnist.js';

const SPARSITY = 0.9;

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

/** Trains on so many digits, and brings back by so many; returns the accuracies on the test digits. */
export async function main(
  trainCount = 60_000,
  testCount = 10_000,
  seenCount = 4096,
): Promise<Record<string, [pruned: number, recovered: number]>> {
  await useFastestBackend();
  const [train, test] = [trainingDigits(trainCount), testDigits(testCount)];
  const dense = await trained(train);
  const xs = trainingDigits(seenCount).x;
  const accuracy = (model: tf.LayersModel) =>
    tf.tidy(() => {
      const guesses = tf.argMax(model.predict(test.x, {batchSize: 500}) as tf.Tensor, -1);
      return tf.mean(tf.equal(guesses, tf.argMax(test.y, -1))).dataSync()[0]!;
    });
  const results: Record<string, [number, number]> = {};
  const note = (what: string, pruned: number, recovered: number) => {
    results[what] = [pruned, recovered];
    const shown = [pruned, recovered].map(value => `${(100 * value).toFixed(2).padStart(8)} %`);
    console.log(`${what.padEnd(30)}${shown.join('  ->')}`);
  };
  note('dense', accuracy(dense), accuracy(dense));

  // #region weights
  const sparse = prunable(dense); // wraps a copy: `dense` is the teacher
  await pruneOnce(sparse, {sparsity: SPARSITY, allocation: globalRanking()});
  const pruned = accuracy(sparse);
  await reconstruct(sparse, {teacher: dense, data: {xs}, batchSize: 128});
  // #endregion
  note('90 % of the weights', pruned, accuracy(sparse));

  // #region channels
  const plan = await planChannelPruning(dense, {multiplyAdds: 0.5});
  const cut = await shrink(dense, plan);
  const small = await shrink(dense, plan, {reconstruct: {data: {xs}, batchSize: 128}});
  // #endregion
  note('half of the multiply-adds', accuracy(cut), accuracy(small));

  const halved = prunable(dense);
  await pruneOnce(halved, {sparsity: 0.5, structure: nOfM(2, 4), layers: ['conv2', 'hidden', 'output']});
  // #region choose
  const chosen = prunable(dense);
  const layers = ['conv2', 'hidden', 'output'];
  await reconstruct(chosen, {by: 'sparseGpt', sparsity: 0.5, structure: nOfM(2, 4), layers, data: {xs}});
  // #endregion
  note('2 of 4 weights', accuracy(halved), accuracy(chosen));
  return results;
}
