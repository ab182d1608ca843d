/** A penalty drives whole filters to zero while the net trains; then they are pruned, and cut out. */
import * as tf from '@tensorflow/tfjs';
import {filters, groupLasso, modelCost, prunable, pruneByThreshold, shrink} from 'tfjs-pruning';
import {ProximalPenalty} from 'tfjs-pruning/callbacks';
import {useFastestBackend} from 'tfjs-pruning/wasm';
import {testDigits, trainingDigits} from './support/mnist.js';

/** Trains on so many digits; returns the share of filters that are zero, and what is left of the parameters. */
export async function main(count = 12_800, testCount = 10_000): Promise<{sparsity: number; parametersLeft: number}> {
  await useFastestBackend();
  const [{x, y}, test] = [trainingDigits(count), testDigits(testCount)];
  const model = net();

  // #region lasso
  const lasso = new ProximalPenalty({penalty: groupLasso({strength: 0.6}), layers: /conv/});
  await model.fit(x, y, {epochs: 3, batchSize: 64, verbose: 0, callbacks: [lasso]});
  const pruned = await pruneByThreshold(model, {below: 1e-6, structure: filters(), layers: /conv/});
  const small = await shrink(model); // without what is zero; the outputs stay what they were
  // #endregion

  const [, accuracy] = small.evaluate(test.x, test.y, {batchSize: 500}) as tf.Scalar[];
  const [before, after] = [model, small].map(each => modelCost(each).total.parameters);
  console.log(`${(100 * pruned.sparsity).toFixed(1)} % of the weights of convolutions are zero, in whole filters`);
  console.log(`${after!.toLocaleString('en')} of ${before!.toLocaleString('en')} parameters are left`);
  console.log(`test accuracy ${(100 * accuracy!.dataSync()[0]!).toFixed(2)} %`);
  return {sparsity: pruned.sparsity, parametersLeft: after! / before!};
}

function net(): tf.Sequential {
  const seeded = (seed: number) => ({kernelInitializer: tf.initializers.heNormal({seed}), activation: 'relu' as const});
  const model = prunable(
    tf.sequential({
      layers: [
        tf.layers.conv2d({
          name: 'conv1',
          filters: 16,
          kernelSize: 5,
          strides: 2,
          inputShape: [28, 28, 1],
          ...seeded(1),
        }),
        tf.layers.conv2d({name: 'conv2', filters: 32, kernelSize: 3, strides: 2, ...seeded(2)}),
        tf.layers.flatten(),
        tf.layers.dense({name: 'output', units: 10, ...seeded(3), activation: 'softmax'}),
      ],
    }),
  );
  model.compile({optimizer: tf.train.adam(0.002), loss: 'categoricalCrossentropy', metrics: ['accuracy']});
  return model;
}
