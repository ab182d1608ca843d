/**
 * LeNet-300-100 trained sparse from the start: connections that stand still, and that move at random, by gradient, by
 * momentum.
 */
import * as tf from '@tensorflow/tfjs';
import {prunable} from 'tfjs-pruning';
import {RigL, SparseEvolutionaryTraining, SparseMomentum, StaticSparse} from 'tfjs-pruning/callbacks';
import {testDigits, trainingDigits} from '../../support/mnist.js';
import {StepDecay} from '../support/step-decay.js';
import {lenet300} from '../support/seeded-nets.js';
import {errorOf, runStudy, type Note} from '../support/study.js';

const BATCH_SIZE = 100;
const EPOCHS = 12;
const SPARSITIES = [0.9, 0.95, 0.98];
/** Connections move in the first three quarters of the training. */
const END_EPOCH = 9;

const METHODS: Record<string, (start: {sparsity: number; seed: number}) => tf.Callback> = {
  static: start => new StaticSparse(start),
  SET: start => new SparseEvolutionaryTraining({...start, endStep: END_EPOCH}),
  RigL: start => new RigL({...start, endStep: (END_EPOCH * 60_000) / BATCH_SIZE}),
  SNFS: start => new SparseMomentum({...start, endStep: END_EPOCH}),
};

async function run(seed: number, note: Note): Promise<void> {
  const [{x, y}, test] = [trainingDigits(), testDigits()];
  const train = async (model: tf.Sequential, callbacks: tf.Callback[]) => {
    model.compile({optimizer: tf.train.momentum(0.1, 0.9), loss: 'categoricalCrossentropy'});
    const decay = new StepDecay([0.1, 0.01, 0.001], [8, 10]);
    await model.fit(x, y, {epochs: EPOCHS, batchSize: BATCH_SIZE, verbose: 0, callbacks: [...callbacks, decay]});
    const error = errorOf(model, test);
    model.dispose();
    return error;
  };
  note('dense', await train(lenet300(seed), []));
  for (const sparsity of SPARSITIES) {
    for (const [method, make] of Object.entries(METHODS)) {
      note(`${100 * sparsity} %, ${method}`, await train(prunable(lenet300(seed)), [make({sparsity, seed})]));
    }
  }
  tf.dispose([x, y, test.x, test.y]);
}

/** Runs the study. */
export async function main(): Promise<void> {
  await runStudy({
    name: 'methods/sparse-training',
    recipe:
      'LeNet-300-100 on MNIST, Erdos-Renyi-kernel, SGD with momentum 0.9 at 0.1, ' +
      `a tenth from epoch 8 and a hundredth from 10 of ${EPOCHS}, batches of ${BATCH_SIZE}`,
    unit: 'test error, %',
    run,
    claims: means =>
      SPARSITIES.flatMap(sparsity => {
        const error = (method: string) => means(`${100 * sparsity} %, ${method}`);
        return [
          [`at ${100 * sparsity} % SET is at least as good as static`, error('SET') <= error('static')],
          [`at ${100 * sparsity} % RigL is at least as good as SET`, error('RigL') <= error('SET')],
          [`at ${100 * sparsity} % SNFS is at least as good as SET`, error('SNFS') <= error('SET')],
        ] as const;
      }),
  });
}
