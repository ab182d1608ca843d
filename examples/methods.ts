/** Compares the training methods: the same net and recipe, 90 % of the weights pruned. */
import * as tf from '@tensorflow/tfjs';
import {globalRanking, prunable, pruneOnce, selectiveWeightDecay, sparsityReport} from 'tfjs-pruning';
import {
  GradualPruning,
  IterativePruning,
  PruneAtInitialization,
  RigL,
  ScheduledPenalty,
  SparseEvolutionaryTraining,
  SparseMomentum,
  StaticSparse,
  TargetedDropout,
} from 'tfjs-pruning/callbacks';
import {exponentialGrowth, polynomialDecay} from 'tfjs-pruning/schedules';
import {useFastestBackend} from 'tfjs-pruning/wasm';
import {testDigits, trainingDigits, type Digits} from './support/mnist.js';

const SPARSITY = 0.9;
const EPOCHS = 6;
const BATCH_SIZE = 64;

function net(): tf.Sequential {
  const seeded = () => ({kernelInitializer: tf.initializers.glorotNormal({seed: 1})});
  const model = prunable(
    tf.sequential({
      layers: [
        tf.layers.flatten({inputShape: [28, 28, 1]}),
        tf.layers.dense({name: 'hidden1', units: 300, activation: 'relu', ...seeded()}),
        tf.layers.dense({name: 'hidden2', units: 100, activation: 'relu', ...seeded()}),
        tf.layers.dense({name: 'output', units: 10, activation: 'softmax', ...seeded()}),
      ],
    }),
  );
  const optimizer = tf.train.momentum(0.05, 0.9);
  model.compile({optimizer, loss: 'categoricalCrossentropy', metrics: ['accuracy']});
  return model;
}

/** The callbacks of each method for a training of so many steps; connections move during the first three quarters. */
function methods(steps: number): Record<string, tf.Callback[]> {
  const schedule = polynomialDecay({
    finalSparsity: SPARSITY,
    beginStep: Math.round(steps / 6),
    endStep: Math.round(steps / 2),
    frequency: 50,
  });
  const rounds = {stepUnit: 'epoch', trainSteps: 2, rounds: 2, finalSparsity: SPARSITY} as const;
  const learningRate = (epoch: number) => [0.05, 0.01][epoch]!;
  const start = {sparsity: SPARSITY, seed: 1};
  const strength = exponentialGrowth({from: 0.1, to: 1e5, steps});
  // #region methods
  return {
    dense: [],
    'gradual pruning': [new GradualPruning({schedule})],
    '... with regrowth': [new GradualPruning({schedule, regrowth: true})],
    'rounds, learning rate rewound': [new IterativePruning({...rounds, learningRate})],
    'lottery ticket': [new IterativePruning({...rounds, learningRate, rewind: 'weights'})],
    'targeted dropout': [new TargetedDropout({schedule: {...schedule, endStep: steps}})],
    'selective weight decay': [
      new ScheduledPenalty({penalty: selectiveWeightDecay({sparsity: SPARSITY}), strength, frequency: 5}),
    ],
    'SNIP, at initialization': [new PruneAtInitialization({sparsity: SPARSITY})],
    'sparse from the start': [new StaticSparse(start)],
    '... SET': [new SparseEvolutionaryTraining({...start, endStep: 4})],
    '... RigL': [new RigL({...start, endStep: Math.round(0.75 * steps), frequency: Math.ceil(steps / 24)})],
    '... sparse momentum': [new SparseMomentum({...start, endStep: 4})],
  };
  // #endregion
}

function accuracy(model: tf.Sequential, {x, y}: Digits): number {
  const [loss, accuracy] = model.evaluate(x, y, {batchSize: 1000}) as [tf.Scalar, tf.Scalar];
  const value = accuracy.dataSync()[0]!;
  tf.dispose([loss, accuracy]);
  return value;
}

/** Trains on part of the digits by default. */
export async function main(trainCount = 12_800, testCount = 10_000): Promise<Record<string, number>> {
  console.log(`backend: ${await useFastestBackend()}\n`);
  const [{x, y}, test] = [trainingDigits(trainCount), testDigits(testCount)];
  const results: Record<string, number> = {};
  for (const [name, callbacks] of Object.entries(methods(EPOCHS * Math.ceil(trainCount / BATCH_SIZE)))) {
    const model = net();
    await model.fit(x, y, {epochs: EPOCHS, batchSize: BATCH_SIZE, verbose: 0, callbacks});
    // The penalty only drives weights towards zero: prune them now.
    if (name === 'selective weight decay') {
      await pruneOnce(model, {sparsity: SPARSITY, allocation: globalRanking()});
    }
    results[name] = accuracy(model, test);
    const {sparsity} = (await sparsityReport(model)).total;
    const figures = `${(100 * sparsity).toFixed(1)} % zeros  ${(100 * results[name]).toFixed(2)} % test accuracy`;
    console.log(`${name.padEnd(34)}${figures.padStart(36)}`);
    model.dispose();
  }
  tf.dispose([x, y, test.x, test.y]);
  return results;
}
