/** LeNet-300-100 on all of MNIST, dense and at three sparsities under the same recipe, over three seeds. */
import * as tf from '@tensorflow/tfjs';
import {prunable} from 'tfjs-pruning';
import {GradualPruning} from 'tfjs-pruning/callbacks';
import {polynomialDecay} from 'tfjs-pruning/schedules';
import {testDigits, trainingDigits, type Digits} from '../support/mnist.js';
import {deviation, mean, report, seedShuffling, type Figure} from './support/figures.js';
import {lenet300} from './support/seeded-nets.js';

const SEEDS = [1, 2, 3];
const EPOCHS = 20;
const BATCH_SIZE = 100;
const LEARNING_RATE = 0.001;
const WEIGHTS = 266_200;
const OUTPUT_WEIGHTS = 1_000;
/** The target of each sparsity: points of error above the dense net. */
const ALLOWED = new Map([
  [0.9, 0.2],
  [0.95, 0.4],
  [0.98, 1],
]);

/** Falls linearly to zero, one step per epoch. */
class LinearDecay extends tf.Callback {
  override onEpochBegin(epoch: number): Promise<void> {
    (this.model.optimizer as tf.AdamOptimizer & {learningRate: number}).learningRate =
      LEARNING_RATE * (1 - epoch / EPOCHS);
    return Promise.resolve();
  }
}

async function testError(model: tf.Sequential, train: Digits, test: Digits, callbacks: tf.Callback[]): Promise<number> {
  model.compile({optimizer: tf.train.adam(LEARNING_RATE), loss: 'categoricalCrossentropy', metrics: ['accuracy']});
  await model.fit(train.x, train.y, {
    epochs: EPOCHS,
    batchSize: BATCH_SIZE,
    verbose: 0,
    callbacks: [...callbacks, new LinearDecay()],
  });
  const [loss, accuracy] = model.evaluate(test.x, test.y, {batchSize: 1000}) as [tf.Scalar, tf.Scalar];
  const error = 100 * (1 - accuracy.dataSync()[0]!);
  tf.dispose([loss, accuracy]);
  model.dispose();
  return error;
}

/**
 * Two callbacks for different layers: the small output layer, 1,000 of the 266,200 weights, stops at 80 %; the hidden
 * layers go further, so that the total sparsity is the one asked for.
 */
function gradualPruning(finalSparsity: number): GradualPruning[] {
  const stepsPerEpoch = 60_000 / BATCH_SIZE;
  const [beginStep, endStep] = [2 * stepsPerEpoch, 12 * stepsPerEpoch];
  const pruningOf = (sparsity: number, layers: string[]) =>
    new GradualPruning({
      schedule: polynomialDecay({finalSparsity: sparsity, beginStep, endStep, frequency: 100}),
      layers,
    });
  const outputSparsity = Math.min(finalSparsity, 0.8);
  const hiddenSparsity = (finalSparsity * WEIGHTS - outputSparsity * OUTPUT_WEIGHTS) / (WEIGHTS - OUTPUT_WEIGHTS);
  return [pruningOf(hiddenSparsity, ['hidden1', 'hidden2']), pruningOf(outputSparsity, ['output'])];
}

/** Runs the study: about a quarter of an hour. */
export async function main(): Promise<void> {
  const [train, test] = [trainingDigits(), testDigits()];
  const errors = new Map<number, number[]>([0, ...ALLOWED.keys()].map(sparsity => [sparsity, []]));
  for (const seed of SEEDS) {
    for (const [sparsity, list] of errors) {
      seedShuffling(seed);
      const model = sparsity === 0 ? lenet300(seed) : prunable(lenet300(seed));
      list.push(await testError(model, train, test, sparsity === 0 ? [] : gradualPruning(sparsity)));
      console.log(`seed ${seed}  sparsity ${sparsity.toFixed(2)}  test error ${list.at(-1)!.toFixed(2)} %`);
    }
  }
  const dense = mean(errors.get(0)!);
  const figures: Figure[] = [{what: 'dense, test error', value: dense, unit: '%', target: 2}];
  for (const [sparsity, list] of errors) {
    figures.push({
      what: `sparsity ${sparsity.toFixed(2)}, deviation over seeds`,
      value: deviation(list),
      unit: 'points',
    });
    if (sparsity === 0) continue;
    const target = ALLOWED.get(sparsity)!;
    figures.push({what: `sparsity ${sparsity.toFixed(2)}, test error`, value: mean(list), unit: '%'});
    figures.push({
      what: `sparsity ${sparsity.toFixed(2)}, above dense`,
      value: mean(list) - dense,
      unit: 'points',
      target,
    });
  }
  report('lenet-300', figures);
}
