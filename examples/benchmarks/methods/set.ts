/**
 * Sparse evolutionary training on 2000 images, as in the authors' tutorial at ECML-PKDD 2019, for 50 of its 400 epochs.
 */
import * as tf from '@tensorflow/tfjs';
import {erdosRenyi, prunable} from 'tfjs-pruning';
import {SparseEvolutionaryTraining, StaticSparse} from 'tfjs-pruning/callbacks';
import {fashionImages} from '../../support/fashion-mnist.js';
import {errorOf, runStudy, type Note} from '../support/study.js';

const BATCH_SIZE = 40;
const EPOCHS = 50;
const HIDDEN = 1000;
const DROPOUT = 0.2;
const WEIGHT_DECAY = 2e-4;
/**
 * Of 2,794,000 weights Erdos-Renyi with epsilon = 13 keeps 13 (784 + 1000) + 2 * 13 (1000 + 1000), and all 10,000 of
 * the output.
 */
const SPARSITY = 1 - (13 * 1784 + 26 * 2000 + 10_000) / 2_794_000;

function perceptron(initializer: () => tf.serialization.Serializable): tf.Sequential {
  const layer = (units: number, more: object) =>
    tf.layers.dense({units, kernelInitializer: initializer() as never, ...more});
  const hidden = [1, 2, 3].flatMap(i => [
    layer(HIDDEN, {name: `hidden${i}`, activation: 'relu'}),
    tf.layers.dropout({rate: DROPOUT}),
    // tf.js scales kept units up in training; the tutorial scales them down when testing.
    tf.layers.rescaling({scale: 1 - DROPOUT}),
  ]);
  return tf.sequential({
    layers: [
      tf.layers.flatten({inputShape: [28, 28, 1]}),
      ...hidden,
      layer(10, {name: 'output', activation: 'sigmoid'}),
    ],
  });
}

/** Half the squared error of each example: the mean of tf.js over the ten outputs is a fifth of it. */
const loss = (y: tf.Tensor, prediction: tf.Tensor) => tf.mul(5, tf.metrics.meanSquaredError(y, prediction));

/** Shrinks all parameters by the same factor after each step, whatever the learning rate, as in the tutorial. */
class WeightDecay extends tf.Callback {
  override onBatchEnd(): Promise<void> {
    tf.tidy(() => {
      for (const weight of this.model.trainableWeights) {
        const variable = weight.read() as tf.Variable;
        variable.assign(tf.mul(variable, 1 - WEIGHT_DECAY));
      }
    });
    return Promise.resolve();
  }
}

async function run(seed: number, note: Note): Promise<void> {
  const [{x, y}, test] = [fashionImages(200), fashionImages(100, 200)];
  const glorot = () => tf.initializers.glorotUniform({seed});
  const normal = () => tf.initializers.randomNormal({stddev: 0.1, seed});
  const start = {sparsity: SPARSITY, allocation: erdosRenyi(), seed};
  const evolving = {...start, dropFraction: 0.3, endStep: EPOCHS - 1};
  const variants: [string, tf.Sequential, tf.Callback[]][] = [
    ['dense', perceptron(glorot), []],
    ['static sparse', prunable(perceptron(normal)), [new StaticSparse(start)]],
    ['SET', prunable(perceptron(normal)), [new SparseEvolutionaryTraining({...evolving, startDeviation: 0.1})]],
    ['SET, new weights at zero', prunable(perceptron(normal)), [new SparseEvolutionaryTraining(evolving)]],
  ];
  for (const [label, model, callbacks] of variants) {
    model.compile({optimizer: tf.train.momentum(0.05, 0.9), loss});
    await model.fit(x, y, {
      epochs: EPOCHS,
      batchSize: BATCH_SIZE,
      verbose: 0,
      callbacks: [new WeightDecay(), ...callbacks],
    });
    note(label, 100 - errorOf(model, test));
    model.dispose();
  }
  tf.dispose([x, y, test.x, test.y]);
}

/** Runs the study. */
export async function main(): Promise<void> {
  await runStudy({
    name: 'methods/set',
    recipe:
      `784-1000-1000-1000-10 on 2000 images of Fashion-MNIST, ${(100 * (1 - SPARSITY)).toFixed(2)} % of the weights, ` +
      `SGD at 0.05 with momentum 0.9, batches of ${BATCH_SIZE}, ${EPOCHS} epochs; tested on 1000`,
    unit: 'test accuracy, %',
    run,
    claims: means => [['SET is above static by 3 points or more', means('SET') >= means('static sparse') + 3]],
  });
}
