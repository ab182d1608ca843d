/** A method of your own: prunes the smallest weights, and lets others grow at random in their place. */
import * as tf from '@tensorflow/tfjs';
import {prunable, type Criterion} from 'tfjs-pruning';
import {PruningCallback, updateMasks, type Method, type PruningCallbackArgs} from 'tfjs-pruning/callbacks';
import {useFastestBackend} from 'tfjs-pruning/wasm';
import {testDigits, trainingDigits} from './support/mnist.js';

// #region method
interface RandomRegrowthArgs extends PruningCallbackArgs {
  /** The fraction of zeros after each update, in [0, 1). */
  sparsity: number;
  /** Which fraction of the kept weights is exchanged for others at each update. Defaults to 0.1. */
  exchanged?: number;
  /** The last step at which weights are exchanged. */
  endStep: number;
}

/** Everything else is the callback's: steps, layers, zeros, logs, backups. */
export class RandomRegrowth extends PruningCallback {
  constructor(args: RandomRegrowthArgs) {
    super(randomRegrowth(args), args);
  }
}

function randomRegrowth({sparsity, exchanged = 0.1, endStep}: RandomRegrowthArgs): Method {
  return {
    keepsZeros: () => true,
    async atStep({step, weights}) {
      if (step % 20 !== 0 || step > endStep) return undefined;
      await updateMasks(weights, 1 - (1 - sparsity) * (1 - exchanged)); // the smallest go
      return updateMasks(weights, sparsity, {criterion: survivorsFirst(step + 1), regrowth: true});
    },
  };
}

/** Keeps what is not zero, and draws the rest. */
function survivorsFirst(seed: number): Criterion {
  return {
    score: weight => tf.where(tf.notEqual(weight, 0), 2, tf.randomUniform(weight.shape, 0, 1, 'float32', seed)),
  };
}
// #endregion

/** Trains on so many of the digits. */
export async function main(trainCount = 12_800, testCount = 10_000): Promise<{sparsity: number; accuracy: number}> {
  await useFastestBackend();
  const [{x, y}, test] = [trainingDigits(trainCount), testDigits(testCount)];
  const layers = [
    tf.layers.flatten({inputShape: [28, 28, 1]}),
    tf.layers.dense({name: 'hidden', units: 300, activation: 'relu'}),
    tf.layers.dense({name: 'output', units: 10, activation: 'softmax'}),
  ];
  const model = prunable(tf.sequential({layers}));
  model.compile({optimizer: 'adam', loss: 'categoricalCrossentropy', metrics: ['accuracy']});
  const endStep = 3 * Math.floor(trainCount / 64);
  const callback = new RandomRegrowth({sparsity: 0.95, endStep, layers: 'hidden'});
  await model.fit(x, y, {epochs: 4, batchSize: 64, verbose: 0, callbacks: [callback]});

  const [loss, accuracy] = model.evaluate(test.x, test.y, {batchSize: 1000}) as [tf.Scalar, tf.Scalar];
  const results = {sparsity: callback.sparsity, accuracy: (await accuracy.data())[0]!};
  tf.dispose([x, y, test.x, test.y, loss, accuracy]);
  console.log(`${(100 * results.sparsity).toFixed(1)} % zeros  test accuracy ${(100 * results.accuracy).toFixed(2)} %`);
  return results;
}
