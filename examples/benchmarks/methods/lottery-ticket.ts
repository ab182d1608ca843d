/** Lottery tickets of LeNet-300-100, and the same masks with new random weights. */
import {writeFileSync} from 'node:fs';
import * as tf from '@tensorflow/tfjs';
import {applyMasks, prunable, readMasks} from 'tfjs-pruning';
import {IterativePruning} from 'tfjs-pruning/callbacks';
import {FusedAdam} from 'tfjs-pruning/wasm';
import {testDigits, trainingDigits, type Digits} from '../../support/mnist.js';
import {linePlot} from '../../../src/display/line-plot.js';
import {lenet300} from '../support/seeded-nets.js';
import {errorOf, runStudy, type Means, type Note} from '../support/study.js';

const BATCH_SIZE = 60;
const EPOCHS = 3;
const ROUNDS = 15;
/** The rounds whose masks are also trained with new weights, and the percentages of weights left after them. */
const CONTROLLED = new Map([
  [3, '51.3'],
  [6, '26.3'],
  [9, '13.5'],
  [12, '7.0'],
  [15, '3.6'],
]);

function compiled(seed: number): tf.Sequential {
  const model = prunable(lenet300(seed));
  model.compile({optimizer: new FusedAdam(0.0012), loss: 'categoricalCrossentropy'});
  return model;
}

/** Trains for one round. */
async function train(model: tf.Sequential, {x, y}: Digits, callbacks: tf.Callback[] = []): Promise<void> {
  await model.fit(x, y, {epochs: EPOCHS, batchSize: BATCH_SIZE, verbose: 0, callbacks});
}

async function run(seed: number, note: Note): Promise<void> {
  const [digits, test] = [trainingDigits(), testDigits()];
  const model = compiled(seed);
  const trainSteps = (60_000 / BATCH_SIZE) * EPOCHS;
  const tickets = new IterativePruning({
    trainSteps,
    rounds: ROUNDS,
    rate: 0.2,
    rates: {output: 0.1},
    rewind: 'weights',
  });
  await train(model, digits, [tickets]);
  note('dense', errorOf(model, test));
  for (let round = 1; round <= ROUNDS; round++) {
    await train(model, digits, [tickets]);
    const left = CONTROLLED.get(round);
    if (left === undefined) continue;
    note(`${left} % left, lottery ticket`, errorOf(model, test));
    const control = compiled(100 + seed);
    const masks = await readMasks(model);
    await applyMasks(control, masks);
    await train(control, digits);
    note(`${left} % left, the same masks, new weights`, errorOf(control, test));
    tf.dispose(masks);
    control.dispose();
  }
  model.dispose();
  tf.dispose([digits.x, digits.y, test.x, test.y]);
}

/** Plots the mean errors over the weights left. */
function draw(means: Means): void {
  const along = (round: number) => round / ROUNDS;
  const line = (label: string, what: string) => ({
    label,
    points: [
      [0, means('dense')],
      ...[...CONTROLLED].map(([round, left]) => [along(round), means(`${left} % left, ${what}`)]),
    ] as [number, number][],
  });
  const picture = linePlot([line('tickets', 'lottery ticket'), line('new weights', 'the same masks, new weights')], {
    title: 'LeNet-300-100 on MNIST: test error, %',
    axis: 'weights left, %',
    ticks: [[0, '100'], ...[...CONTROLLED].map(([round, left]) => [along(round), left] as const)],
  });
  writeFileSync('bench-results/methods/lottery-ticket.svg', picture);
}

/** Runs the study. */
export async function main(): Promise<void> {
  const means = await runStudy({
    name: 'methods/lottery-ticket',
    recipe:
      `LeNet-300-100 on MNIST, Adam at 0.0012, batches of ${BATCH_SIZE}, ${EPOCHS} epochs per round, ` +
      '20 % per round, 10 % in the output layer',
    unit: 'test error, %',
    run,
    claims: means => [
      [
        'at 3.6 % left the ticket is within 0.5 points of dense',
        means('3.6 % left, lottery ticket') <= means('dense') + 0.5,
      ],
      ...['13.5', '7.0', '3.6'].map(
        left =>
          [
            `at ${left} % left the ticket is better than the same masks with new weights`,
            means(`${left} % left, lottery ticket`) < means(`${left} % left, the same masks, new weights`),
          ] as const,
      ),
    ],
  });
  draw(means);
}
