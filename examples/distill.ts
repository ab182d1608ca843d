/** Distillation: a shrunk net learns from the dense one, with labels, by features, and from digits without labels. */
import * as tf from '@tensorflow/tfjs';
import {distill, modelCost, planChannelPruning, shrink, type Distillation} from 'tfjs-pruning';
import {useFastestBackend} from 'tfjs-pruning/wasm';
import {testDigits, trainingDigits, type Digits} from './support/mnist.js';

/** Test accuracies of the dense net and of the small ones, and the share of the multiply-adds that is left. */
export interface Distilled {
  accuracies: Record<string, number>;
  left: number;
}

const BATCH_SIZE = 64;

/** Has so many labelled digits, and six times as many in all. */
export async function main(labelledCount = 2000, testCount = 10_000, epochs = 12): Promise<Distilled> {
  console.log(`backend: ${await useFastestBackend()}\n`);
  const [{x, y}, all, test] = [trainingDigits(labelledCount), trainingDigits(6 * labelledCount), testDigits(testCount)];
  const dense = digitNet();
  dense.compile({optimizer: tf.train.adam(0.002), loss: 'categoricalCrossentropy', metrics: ['accuracy']});
  await dense.fit(x, y, {epochs, batchSize: BATCH_SIZE, verbose: 0});
  const plan = await planChannelPruning(dense, {multiplyAdds: 0.25});
  const shrunk = () => shrink(dense, plan); // compiled like the dense net
  const fitArgs = {epochs, batchSize: BATCH_SIZE, verbose: 0} as const;

  const alone = await shrunk();
  const accuracies: Record<string, number> = {dense: accuracy(dense, test), 'cut out': accuracy(alone, test)};
  await alone.fit(x, y, fitArgs);
  accuracies['trained on alone'] = accuracy(alone, test);

  // #region distill
  const small = await shrunk();
  const distillation = distill(small, dense, {temperature: 4, weight: 0.9});
  await small.fit(x, y, {epochs, batchSize: BATCH_SIZE, verbose: 0});
  distillation.remove();
  // #endregion
  accuracies['distilled'] = accuracy(small, test);

  const featured = await shrunk();
  // #region features
  const byFeatures = distill(featured, dense, {weight: 0.9, features: ['norm1', 'norm2']});
  // #endregion
  await featured.fit(x, y, fitArgs);
  byFeatures.remove();
  accuracies['distilled, and by features'] = accuracy(featured, test);

  const student = await shrunk();
  const digits = all.x;
  // #region unlabelled
  const unlabelled = distill(student, dense, {weight: 1}); // labels are ignored
  const noLabels = unlabelled.noLabels(digits); // zeros: fit asks for something
  await student.fit(digits, noLabels, {epochs: epochs / 6, batchSize: BATCH_SIZE, verbose: 0});
  // #endregion
  tf.dispose(noLabels);
  await student.fitDataset(batches(digits, unlabelled), {epochs: 1, batchesPerEpoch: 1, verbose: 0});
  unlabelled.remove();
  accuracies['distilled without labels'] = accuracy(student, test);

  for (const [name, value] of Object.entries(accuracies)) console.log(name.padEnd(28), (100 * value).toFixed(2), '%');
  const [before, after] = [dense, small].map(model => modelCost(model).total.multiplyAdds);
  console.log(`multiply-adds ${before!.toLocaleString('en-US')} -> ${after!.toLocaleString('en-US')}`);
  tf.dispose([x, y, all.x, all.y, test.x, test.y]);
  return {accuracies, left: after! / before!};
}

/** Digits in batches, in a dataset without labels. */
function batches(digits: tf.Tensor, distillation: Distillation): tf.data.Dataset<tf.TensorContainer> {
  const images = tf.data.generator(function* () {
    for (let at = 0; at < digits.shape[0]; at += BATCH_SIZE) {
      yield tf.slice(digits, at, Math.min(BATCH_SIZE, digits.shape[0] - at));
    }
  });
  // #region dataset
  const dataset = images.map(xs => ({xs, ys: distillation.noLabels(xs)}));
  // #endregion
  return dataset;
}

function digitNet(): tf.Sequential {
  const conv = (name: string, filters: number, seed: number, more = {}) =>
    tf.layers.conv2d({
      name,
      filters,
      kernelSize: 3,
      useBias: false,
      kernelInitializer: tf.initializers.heNormal({seed}),
      ...more,
    });
  const dense = (name: string, units: number, seed: number, activation: 'relu' | 'softmax') =>
    tf.layers.dense({name, units, activation, kernelInitializer: tf.initializers.glorotNormal({seed})});
  return tf.sequential({
    layers: [
      conv('conv1', 16, 1, {inputShape: [28, 28, 1]}),
      tf.layers.batchNormalization({name: 'norm1', momentum: 0.9}),
      tf.layers.reLU(),
      tf.layers.maxPooling2d({poolSize: 2}),
      conv('conv2', 32, 2),
      tf.layers.batchNormalization({name: 'norm2', momentum: 0.9}),
      tf.layers.reLU(),
      tf.layers.maxPooling2d({poolSize: 2}),
      tf.layers.flatten(),
      dense('hidden', 64, 3, 'relu'),
      dense('output', 10, 4, 'softmax'),
    ],
  });
}

function accuracy(model: tf.LayersModel, {x, y}: Digits): number {
  return tf.tidy(() => (model.evaluate(x, y, {batchSize: 500}) as tf.Scalar[])[1]!.dataSync()[0]!);
}
