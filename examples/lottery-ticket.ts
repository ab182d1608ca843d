/** Lottery tickets: trains, prunes and goes back to the initial weights, in rounds; beside it, the control. */
import * as tf from '@tensorflow/tfjs';
import {prunable, sparsityReport} from 'tfjs-pruning';
import {IterativePruning} from 'tfjs-pruning/callbacks';
import {useFastestBackend} from 'tfjs-pruning/wasm';
import {testDigits, trainingDigits} from './support/mnist.js';

const BATCH_SIZE = 64;
const ROUNDS = 5;

/** Trains on so many digits; returns the test accuracies of the ticket and of its masks with new weights. */
export async function main(
  count = 6_400,
  testCount = 10_000,
): Promise<{ticket: number; control: number; sparsity: number}> {
  await useFastestBackend();
  const [{x, y}, test] = [trainingDigits(count), testDigits(testCount)];
  const trained = async (callback: IterativePruning, epochs: number) => {
    const model = net();
    await model.fit(x, y, {epochs, batchSize: BATCH_SIZE, verbose: 0, callbacks: [callback]});
    const [, accuracy] = model.evaluate(test.x, test.y, {batchSize: 1000}) as tf.Scalar[];
    return {accuracy: accuracy!.dataSync()[0]!, sparsity: (await sparsityReport(model)).total.sparsity};
  };

  // #region ticket
  const epochsPerRound = 3;
  const rounds = {stepUnit: 'epoch', trainSteps: epochsPerRound, rounds: ROUNDS} as const;
  const rates = {output: 0.1}; // Frankle & Carbin prune the output layer at half the rate
  const tickets = new IterativePruning({...rounds, rate: 0.3, rates, rewind: 'weights'});
  const control = new IterativePruning({...rounds, rate: 0.3, rates, rewind: 'reinitialize', seed: 1});
  const epochs = epochsPerRound * (1 + ROUNDS); // dense, then one training for each round
  // #endregion

  const [ticket, reinitialized] = [await trained(tickets, epochs), await trained(control, epochs)];
  const rows = {'lottery ticket': ticket, 'the same rounds, new weights': reinitialized};
  for (const [name, {accuracy, sparsity}] of Object.entries(rows)) {
    const left = `${(100 * (1 - sparsity)).toFixed(1)} % left`;
    console.log(`${name.padEnd(30)}${left}  test accuracy ${(100 * accuracy).toFixed(2)} %`);
  }
  return {ticket: ticket.accuracy, control: reinitialized.accuracy, sparsity: ticket.sparsity};
}

function net(): tf.Sequential {
  const dense = (name: string, units: number, seed: number) => ({
    name,
    units,
    kernelInitializer: tf.initializers.glorotNormal({seed}),
  });
  const model = prunable(
    tf.sequential({
      layers: [
        tf.layers.flatten({inputShape: [28, 28, 1]}),
        tf.layers.dense({...dense('hidden1', 300, 1), activation: 'relu'}),
        tf.layers.dense({...dense('hidden2', 100, 2), activation: 'relu'}),
        tf.layers.dense({...dense('output', 10, 3), activation: 'softmax'}),
      ],
    }),
  );
  model.compile({optimizer: tf.train.adam(0.0012), loss: 'categoricalCrossentropy', metrics: ['accuracy']});
  return model;
}
