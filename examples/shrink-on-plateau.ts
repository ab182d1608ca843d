/**
 * Shrink a net while it trains: whenever it gets no better, the channels that matter least go, and training goes on.
 */
import * as tf from '@tensorflow/tfjs';
import {planChannelPruning, shrink, sparsityReport} from 'tfjs-pruning';
import {useFastestBackend} from 'tfjs-pruning/wasm';
import {testDigits, trainingDigits, type Digits} from './support/mnist.js';

const MOST_EPOCHS = 8;
const BATCH_SIZE = 64;

/** One size of the net. */
export interface Stage {
  parameters: number;
  multiplyAdds: number;
  epochs: number;
  /** On the test digits, when it was cut to this size. */
  cut: number;
  /** ... and when it got no better. */
  trained: number;
}

function compiledNet(): tf.LayersModel {
  const seeded = (seed: number) => ({kernelInitializer: tf.initializers.heNormal({seed}), activation: 'relu' as const});
  const model = tf.sequential({
    layers: [
      tf.layers.conv2d({name: 'conv1', filters: 16, kernelSize: 5, strides: 2, inputShape: [28, 28, 1], ...seeded(1)}),
      tf.layers.conv2d({name: 'conv2', filters: 32, kernelSize: 3, strides: 2, ...seeded(2)}),
      tf.layers.flatten({name: 'flatten'}),
      tf.layers.dense({name: 'hidden', units: 128, ...seeded(3)}),
      tf.layers.dense({name: 'output', units: 10, ...seeded(4), activation: 'softmax'}),
    ],
  });
  model.compile({optimizer: tf.train.adam(0.001), loss: 'categoricalCrossentropy', metrics: ['accuracy']});
  return model;
}

/** Trains until the loss on held-out digits stops falling; returns the number of epochs. */
async function trainUntilPlateau(model: tf.LayersModel, {x, y}: Digits): Promise<number> {
  const {epoch} = await model.fit(x, y, {
    epochs: MOST_EPOCHS,
    batchSize: BATCH_SIZE,
    validationSplit: 0.1,
    verbose: 0,
    callbacks: tf.callbacks.earlyStopping({monitor: 'val_loss', patience: 1}),
  });
  return epoch.length;
}

function accuracy(model: tf.LayersModel, {x, y}: Digits): number {
  return tf.tidy(() => (model.evaluate(x, y, {batchSize: 500}) as tf.Scalar[])[1]!.dataSync()[0]!);
}

async function trainedStage(model: tf.LayersModel, train: Digits, test: Digits): Promise<Stage> {
  const {parameters, multiplyAdds} = (await sparsityReport(model)).total;
  const cut = accuracy(model, test);
  const epochs = await trainUntilPlateau(model, train);
  return {parameters, multiplyAdds, epochs, cut, trained: accuracy(model, test)};
}

/** Trains on so many digits until the net has at most so many parameters; returns one row for each size. */
export async function main(trainCount = 60_000, testCount = 10_000, mostParameters = 10_000): Promise<Stage[]> {
  console.log(`backend: ${await useFastestBackend()}\n`);
  const [train, test] = [trainingDigits(trainCount), testDigits(testCount)];
  console.log(['parameters', 'multiply-adds', 'epochs', 'cut', 'trained on'].map(cell).join(''));
  const stages: Stage[] = [];
  for (let model = compiledNet(); ;) {
    const stage = await trainedStage(model, train, test);
    stages.push(stage);
    console.log(rowOf(stage).map(cell).join(''));
    if (stage.parameters <= mostParameters) return stages;
    // #region cut
    const plan = await planChannelPruning(model, {sparsity: 0.3});
    const smaller = await shrink(model, plan); // compiled, with Adam's state for the weights that are left
    // #endregion
    model.dispose();
    model = smaller;
  }
}

function rowOf({parameters, multiplyAdds, epochs, cut, trained}: Stage): string[] {
  return [...[parameters, multiplyAdds, epochs].map(n => n.toLocaleString('en')), percent(cut), percent(trained)];
}

function percent(fraction: number): string {
  return `${(100 * fraction).toFixed(2)} %`;
}

function cell(text: string): string {
  return text.padStart(15);
}
