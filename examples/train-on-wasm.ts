/** Trains a convolutional net on wasm, without pruning: with the stock backend and with the completed one. */
import * as tf from '@tensorflow/tfjs';
import '@tensorflow/tfjs-backend-wasm';
import {completeWasmBackend, FusedAdam} from 'tfjs-pruning/wasm';
import {testDigits, trainingDigits, type Digits} from './support/mnist.js';

const BATCH_SIZE = 64;

function compiledNet(optimizer: tf.Optimizer): tf.Sequential {
  const seeded = () => ({kernelInitializer: tf.initializers.heNormal({seed: 1}), activation: 'relu' as const});
  const model = tf.sequential({
    layers: [
      tf.layers.conv2d({filters: 8, kernelSize: 3, inputShape: [28, 28, 1], ...seeded()}),
      tf.layers.maxPooling2d({poolSize: 2}),
      tf.layers.conv2d({filters: 16, kernelSize: 3, ...seeded()}),
      tf.layers.maxPooling2d({poolSize: 2}),
      tf.layers.flatten(),
      tf.layers.dense({units: 10, ...seeded(), activation: 'softmax'}),
    ],
  });
  model.compile({optimizer, loss: 'categoricalCrossentropy', metrics: ['accuracy']});
  return model;
}

/** The time of a training step after the first, or the error. */
async function timeSteps(backend: string, steps: number, {x, y}: Digits, optimizer = tf.train.adam()): Promise<string> {
  await tf.setBackend(backend);
  const model = compiledNet(optimizer);
  const [images, labels] = [tf.slice(x, 0, BATCH_SIZE), tf.slice(y, 0, BATCH_SIZE)];
  try {
    tf.dispose(await model.trainOnBatch(images, labels));
    const start = performance.now();
    for (let i = 0; i < steps; i++) tf.dispose(await model.trainOnBatch(images, labels));
    return `${((performance.now() - start) / steps).toFixed(1)} ms`;
  } catch (error) {
    return (error as Error).message;
  }
}

/** Trains on so many digits, on the slow cpu backend only if asked; returns the accuracy on the test digits. */
export async function main(trainCount = 60_000, testCount = 10_000, withCpu = true): Promise<number> {
  await tf.setBackend('wasm');
  const [train, test] = [trainingDigits(trainCount), testDigits(testCount)];
  const table: Record<string, string> = {};
  if (withCpu) table['cpu'] = await timeSteps('cpu', 1, train);
  table['wasm, stock'] = await timeSteps('wasm', 20, train);
  completeWasmBackend();
  table['wasm, completed'] = await timeSteps('wasm', 20, train);
  table['... FusedAdam'] = await timeSteps('wasm', 20, train, new FusedAdam());
  for (const [name, step] of Object.entries(table)) console.log(`${name.padEnd(17)}${step}`);

  // #region train
  const model = compiledNet(new FusedAdam());
  await model.fit(train.x, train.y, {batchSize: BATCH_SIZE, verbose: 0});
  // #endregion
  const [, accuracy] = model.evaluate(test.x, test.y, {batchSize: 500}) as tf.Scalar[];
  const percent = 100 * accuracy!.dataSync()[0]!;
  console.log(`\ntest accuracy after one epoch: ${percent.toFixed(2)} %`);
  return percent / 100;
}
