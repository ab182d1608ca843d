/** Structured pruning: cuts half of the multiply-adds out of a trained net, and measures what comes of it. */
import * as tf from '@tensorflow/tfjs';
import {
  formatChannelPlan,
  formatChannelTrace,
  formatLatency,
  measureLatency,
  modelCost,
  planChannelPruning,
  recalibrateBatchNorm,
  shrink,
  traceChannels,
} from 'tfjs-pruning';
import {useFastestBackend} from 'tfjs-pruning/wasm';
import {testDigits, trainingDigits, type Digits} from './support/mnist.js';

/** Test accuracies along the way, and the multiply-adds before and after. */
export interface Cut {
  dense: number;
  cut: number;
  recalibrated: number;
  trained: number;
  multiplyAdds: [number, number];
}

/** Trains on so many digits. */
export async function main(trainCount = 12_800, testCount = 10_000): Promise<Cut> {
  console.log(`backend: ${await useFastestBackend()}\n`);
  const [{x, y}, test] = [trainingDigits(trainCount), testDigits(testCount)];
  const model = residualNet();
  model.compile({optimizer: tf.train.adam(0.005), loss: 'categoricalCrossentropy', metrics: ['accuracy']});
  await model.fit(x, y, {epochs: 2, batchSize: 64, verbose: 0});
  const dense = accuracy(model, test);

  // #region plan
  console.log(formatChannelTrace(traceChannels(model))); // which channels go together, and which must stay
  const plan = await planChannelPruning(model, {multiplyAdds: 0.5, roundTo: 4}); // at most half of them are left
  console.log(formatChannelPlan(plan)); // what each layer loses, and why other channels are kept
  // #endregion

  // #region cut
  const small = await shrink(model, plan); // compiled like the model, with its optimizer state
  const cut = accuracy(small, test);
  await recalibrateBatchNorm(small, {data: {xs: x}, batchSize: 64}); // recovers much of the accuracy
  const recalibrated = accuracy(small, test);
  await small.fit(x, y, {epochs: 2, batchSize: 64, verbose: 0}); // and training the rest
  const trained = accuracy(small, test);
  // #endregion

  // #region measure
  console.log(formatLatency(await measureLatency([model, small], {batchSize: 32})));
  const multiplyAdds = [model, small].map(each => modelCost(each).total.multiplyAdds);
  // #endregion
  const rows = {dense, cut, recalibrated, 'trained on': trained};
  for (const [name, value] of Object.entries(rows)) console.log(`${name.padEnd(13)}${(100 * value).toFixed(2)} %`);
  return {dense, cut, recalibrated, trained, multiplyAdds: [multiplyAdds[0]!, multiplyAdds[1]!]};
}

/** Two convolutions beside a shortcut: their channels can only go together. */
function residualNet(): tf.LayersModel {
  const conv = (name: string, filters: number, seed: number, strides = 1) =>
    tf.layers.conv2d({
      name,
      filters,
      strides,
      kernelSize: 3,
      padding: 'same',
      useBias: false,
      kernelInitializer: tf.initializers.heNormal({seed}),
    });
  const normalized = (x: tf.SymbolicTensor, name: string) =>
    tf.layers.batchNormalization({name, momentum: 0.9}).apply(x) as tf.SymbolicTensor;
  const relu = (x: tf.SymbolicTensor) => tf.layers.reLU().apply(x) as tf.SymbolicTensor;
  const image = tf.input({shape: [28, 28, 1]});
  const stem = relu(normalized(conv('stem', 16, 1, 2).apply(image) as tf.SymbolicTensor, 'stem_norm'));
  const inner = relu(normalized(conv('conv1', 16, 2).apply(stem) as tf.SymbolicTensor, 'norm1'));
  const outer = normalized(conv('conv2', 16, 3).apply(inner) as tf.SymbolicTensor, 'norm2');
  const sum = relu(tf.layers.add().apply([stem, outer]) as tf.SymbolicTensor);
  const down = relu(normalized(conv('down', 32, 4, 2).apply(sum) as tf.SymbolicTensor, 'down_norm'));
  const pooled = tf.layers.globalAveragePooling2d({}).apply(down);
  const output = tf.layers.dense({name: 'output', units: 10, activation: 'softmax'}).apply(pooled);
  return tf.model({inputs: image, outputs: output as tf.SymbolicTensor});
}

function accuracy(model: tf.LayersModel, {x, y}: Digits): number {
  return tf.tidy(() => (model.evaluate(x, y, {batchSize: 500}) as tf.Scalar[])[1]!.dataSync()[0]!);
}
