/** Prunes in a training loop of its own: first exactly like `fit`, then with clipped gradients, which `fit` lacks. */
import * as tf from '@tensorflow/tfjs';
import {prunable, sparsityReport, startTraining} from 'tfjs-pruning';
import {RigL} from 'tfjs-pruning/callbacks';
import {useFastestBackend} from 'tfjs-pruning/wasm';
import {testDigits, trainingDigits, type Digits} from './support/mnist.js';

const [EPOCHS, BATCH_SIZE, LARGEST_NORM] = [3, 64, 0.5];

/** How the loop makes a step on the loss of a batch. */
type Step = (optimizer: tf.Optimizer, loss: () => tf.Scalar, variables: tf.Variable[]) => tf.Scalar;

/** Trains on so many digits; returns whether the first loop gives the weights of `fit`, and the test accuracies. */
export async function main(count = 12_800, testCount = 2_000): Promise<{isEqual: boolean; accuracies: number[]}> {
  await useFastestBackend();
  const [digits, unseen] = [trainingDigits(count), testDigits(testCount)];
  const batches = Math.ceil(count / BATCH_SIZE);
  const rigl = () => new RigL({sparsity: 0.9, endStep: EPOCHS * batches - 20, frequency: 20, seed: 1});

  const fitted = net();
  fitted.compile({optimizer: tf.train.adam(), loss: 'categoricalCrossentropy'});
  const {x, y} = digits;
  await fitted.fit(x, y, {epochs: EPOCHS, batchSize: BATCH_SIZE, shuffle: false, verbose: 0, callbacks: [rigl()]});

  const [looped, clipped] = [net(), net()]; // not compiled: the loop has its own optimizer and loss
  await train(looped, rigl(), digits, (optimizer, loss, variables) => optimizer.minimize(loss, true, variables)!);
  await train(clipped, rigl(), digits, clippedStep);

  const isEqual = fitted.weights.every((weight, i) => haveSameBits(weight.read(), looped.weights[i]!.read()));
  const accuracies = [fitted, looped, clipped].map(model => accuracyOf(model, unseen));
  const rows = [
    'fit',
    `a loop: ${isEqual ? 'the same weights, bit by bit' : 'other weights'}`,
    'a loop that clips gradients',
  ];
  for (const [i, row] of rows.entries()) {
    const {sparsity} = (await sparsityReport([fitted, looped, clipped][i]!)).total;
    console.log(`${row.padEnd(38)}${percent(sparsity)} zeros  test accuracy ${percent(accuracies[i]!)}`);
  }
  return {isEqual, accuracies};
}

/** The loop: like `fit`, with a step of its own. */
async function train(model: tf.LayersModel, callback: RigL, {x, y}: Digits, step: Step): Promise<void> {
  // #region loop
  const optimizer = tf.train.adam();
  const batchesPerEpoch = Math.ceil(x.shape[0] / BATCH_SIZE);
  const variables = model.trainableWeights.map(weight => weight.read() as tf.Variable);
  const training = await startTraining(model, callback, {optimizer, epochs: EPOCHS, batchesPerEpoch});
  for (let epoch = 0; epoch < EPOCHS; epoch++) {
    await training.epochBegin();
    for (let batch = 0; batch < batchesPerEpoch; batch++) {
      await training.batchBegin();
      const loss = tf.tidy(() => {
        const begin = batch * BATCH_SIZE;
        const size = Math.min(BATCH_SIZE, x.shape[0] - begin);
        const [xs, ys] = [tf.slice(x, begin, size), tf.slice(y, begin, size)];
        const lossOf = () => {
          const predicted = model.apply(xs, {training: true}) as tf.Tensor;
          return tf.add<tf.Scalar>(tf.mean(tf.metrics.categoricalCrossentropy(ys, predicted)), training.penalty());
        };
        return step(optimizer, lossOf, variables);
      });
      await training.batchEnd({loss});
      loss.dispose();
    }
    await training.epochEnd();
  }
  await training.end();
  // #endregion
}

// #region clip
/** Scales all gradients down together if their norm is too large. Gradients of pruned weights are zero. */
const clippedStep: Step = (optimizer, loss, variables) => {
  const {value, grads} = tf.variableGrads(loss, variables);
  const norm = tf.sqrt(tf.addN(Object.values(grads).map(gradient => tf.sum(tf.square(gradient)))));
  const scale = tf.minimum(1, tf.div(LARGEST_NORM, norm));
  optimizer.applyGradients(variables.map(({name}) => ({name, tensor: tf.mul(grads[name]!, scale)})));
  return value;
};
// #endregion

function net(): tf.LayersModel {
  const kernelInitializer = tf.initializers.heNormal({seed: 1});
  return prunable(
    tf.sequential({
      layers: [
        tf.layers.flatten({inputShape: [28, 28, 1]}),
        tf.layers.dense({name: 'hidden', units: 100, activation: 'relu', kernelInitializer}),
        tf.layers.dense({name: 'output', units: 10, activation: 'softmax', kernelInitializer}),
      ],
    }),
  );
}

function haveSameBits(a: tf.Tensor, b: tf.Tensor): boolean {
  const [first, second] = [a, b].map(tensor => new Uint32Array(new Float32Array(tensor.dataSync()).buffer));
  return first!.every((word, i) => word === second![i]);
}

function accuracyOf(model: tf.LayersModel, {x, y}: Digits): number {
  return tf.tidy(() => {
    const [predicted, labels] = [tf.argMax(model.predict(x) as tf.Tensor, 1), tf.argMax(y, 1)];
    return tf.mean(tf.cast(tf.equal(predicted, labels), 'float32')).dataSync()[0]!;
  });
}

function percent(fraction: number): string {
  return `${(100 * fraction).toFixed(2)} %`;
}
