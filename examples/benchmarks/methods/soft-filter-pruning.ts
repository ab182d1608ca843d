/**
 * Half of the filters of LeNet-5, pruned softly while it trains and all at once afterwards. With batch normalizations:
 * behind them a filter of zeros still gets a gradient, while behind a bias below 0 its ReLU is closed for good.
 */
import * as tf from '@tensorflow/tfjs';
import {addPenalty, filters, l2, magnitude, prunable, pruneOnce} from 'tfjs-pruning';
import {SoftFilterPruning} from 'tfjs-pruning/callbacks';
import {asymptoticDecay, constantSparsity, type SparsitySchedule} from 'tfjs-pruning/schedules';
import {testDigits, trainingDigits} from '../../support/mnist.js';
import {lenet5} from '../support/seeded-nets.js';
import {StepDecay} from '../support/step-decay.js';
import {errorOf, runStudy, type Note} from '../support/study.js';

const DIGITS = 6000;
const BATCH_SIZE = 50;
const EPOCHS = 10;
const RATE = 0.5;
const CONVOLUTIONS = ['conv1', 'conv2'];

const SCHEDULES: Record<string, SparsitySchedule> = {
  'a constant rate': constantSparsity({targetSparsity: RATE, beginStep: 1, endStep: EPOCHS, frequency: 1}),
  'an asymptotic rate': asymptoticDecay({finalSparsity: RATE, endStep: EPOCHS, frequency: 1}),
};

/** Counts the filters that were zeroed after one epoch and not after the next. */
class Returns extends tf.Callback {
  count = 0;
  #gone: boolean[] = [];

  override onEpochEnd(): Promise<void> {
    const gone = CONVOLUTIONS.flatMap(name =>
      tf.tidy(() => {
        const kernel = this.model.getLayer(name).trainableWeights[0]!.read();
        return [...tf.max(tf.abs(kernel), [0, 1, 2]).dataSync()].map(largest => largest === 0);
      }),
    );
    this.count += this.#gone.filter((before, i) => before && !gone[i]!).length;
    this.#gone = gone;
    return Promise.resolve();
  }
}

async function run(seed: number, note: Note): Promise<void> {
  const [{x, y}, test] = [trainingDigits(DIGITS), testDigits()];
  const train = async (callbacks: tf.Callback[]) => {
    const model = prunable(lenet5(seed, {batchNormalization: true}));
    model.compile({optimizer: tf.train.momentum(0.05, 0.9), loss: 'categoricalCrossentropy'});
    addPenalty(model, l2({strength: 2.5e-4}));
    const decay = new StepDecay([0.05, 0.005], [8]);
    await model.fit(x, y, {epochs: EPOCHS, batchSize: BATCH_SIZE, verbose: 0, callbacks: [...callbacks, decay]});
    return model;
  };
  const dense = await train([]);
  note('dense', errorOf(dense, test));
  const halved = {sparsity: RATE, structure: filters(), criterion: magnitude({norm: 2}), layers: CONVOLUTIONS};
  await pruneOnce(dense, halved);
  note('pruned at once, not fine-tuned', errorOf(dense, test));
  dense.dispose();
  for (const [label, schedule] of Object.entries(SCHEDULES)) {
    const returns = new Returns();
    const soft = await train([new SoftFilterPruning({schedule, layers: CONVOLUTIONS}), returns]);
    note(`pruned softly at ${label}`, errorOf(soft, test));
    note(`... filters that came back at ${label}`, returns.count);
    soft.dispose();
  }
  tf.dispose([x, y, test.x, test.y]);
}

/** Runs the study. */
export async function main(): Promise<void> {
  await runStudy({
    name: 'methods/soft-filter-pruning',
    recipe:
      `LeNet-5 with batch normalization on ${DIGITS} digits of MNIST, SGD with momentum 0.9 at 0.05, ` +
      `a tenth from epoch 8 of ${EPOCHS}, l2 of 0.00025, batches of ${BATCH_SIZE}, ` +
      '50 % of the filters of both convolutions by L2',
    unit: 'test error, %',
    run,
    claims: means => [
      ...Object.keys(SCHEDULES).map(
        label =>
          [
            `pruned softly at ${label} it is better than pruned at once, without fine-tuning either`,
            means(`pruned softly at ${label}`) < means('pruned at once, not fine-tuned'),
          ] as const,
      ),
      ...Object.keys(SCHEDULES).map(
        label => [`filters come back at ${label}`, means(`... filters that came back at ${label}`) > 0] as const,
      ),
    ],
  });
}
