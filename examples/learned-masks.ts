/** Learned masks: gates on the filters of a small convolutional net are trained with it, decided, and cut out. */
import * as tf from '@tensorflow/tfjs';
import {
  formatGates,
  gateReport,
  hardConcrete,
  coupledChannels,
  modelCost,
  prunable,
  shrink,
  stripPruning,
} from 'tfjs-pruning';
import {LearnedMasks} from 'tfjs-pruning/callbacks';
import {useFastestBackend} from 'tfjs-pruning/wasm';
import {testDigits, trainingDigits, type Digits} from './support/mnist.js';

/** Test accuracies of the gated and the small net, and the multiply-adds of the dense and the small one. */
export interface Learned {
  gated: number;
  small: number;
  multiplyAdds: [dense: number, small: number];
}

/** Trains on so many digits. */
export async function main(trainCount = 12_800, testCount = 10_000, epochs = 6): Promise<Learned> {
  console.log(`backend: ${await useFastestBackend()}\n`);
  const [{x, y}, test] = [trainingDigits(trainCount), testDigits(testCount)];
  const net = digitNet();

  // #region gates
  const model = prunable(net, {gate: hardConcrete(), structure: coupledChannels()});
  model.compile({optimizer: tf.train.adam(0.002), loss: 'categoricalCrossentropy', metrics: ['accuracy']});
  const masks = new LearnedMasks({target: {multiplyAdds: 0.4}}); // decided after three quarters of the fit
  const {history} = await model.fit(x, y, {epochs, batchSize: 64, verbose: 0, callbacks: [masks]});
  console.log(formatGates(await gateReport(model)));
  // #endregion
  console.log('expected sparsity by epoch:', history['expectedSparsity']?.map(n => Number(n).toFixed(2)).join(' '));

  // #region cut
  const small = await shrink(stripPruning(model)); // the same outputs
  // #endregion
  const multiplyAdds = [net, small].map(each => modelCost(each).total.multiplyAdds);
  const [gated, cut] = [accuracy(model, test), accuracy(small, test)];
  console.log(`accuracy ${(100 * gated).toFixed(2)} %, cut out ${(100 * cut).toFixed(2)} %`);
  console.log(`multiply-adds ${multiplyAdds.map(n => n.toLocaleString('en-US')).join(' -> ')}`);
  return {gated, small: cut, multiplyAdds: [multiplyAdds[0]!, multiplyAdds[1]!]};
}

function digitNet(): tf.Sequential {
  const conv = (name: string, filters: number, seed: number) =>
    tf.layers.conv2d({
      name,
      filters,
      kernelSize: 3,
      useBias: false,
      kernelInitializer: tf.initializers.heNormal({seed}),
      ...(name === 'conv1' && {inputShape: [28, 28, 1]}),
    });
  const dense = (name: string, units: number, seed: number) =>
    tf.layers.dense({name, units, kernelInitializer: tf.initializers.glorotNormal({seed})});
  return tf.sequential({
    layers: [
      conv('conv1', 16, 1),
      tf.layers.batchNormalization({name: 'norm1', momentum: 0.9}),
      tf.layers.reLU(),
      tf.layers.maxPooling2d({poolSize: 2}),
      conv('conv2', 32, 2),
      tf.layers.batchNormalization({name: 'norm2', momentum: 0.9}),
      tf.layers.reLU(),
      tf.layers.maxPooling2d({poolSize: 2}),
      tf.layers.flatten(),
      dense('hidden', 64, 3),
      tf.layers.reLU(),
      dense('output', 10, 4),
      tf.layers.softmax(),
    ],
  });
}

function accuracy(model: tf.LayersModel, {x, y}: Digits): number {
  model.compile({optimizer: 'sgd', loss: 'categoricalCrossentropy', metrics: ['accuracy']});
  const [loss, share] = model.evaluate(x, y, {batchSize: 1000}) as tf.Scalar[];
  const value = share!.dataSync()[0]!;
  tf.dispose([loss!, share!]);
  return value;
}
