/** LeNet-5 on MNIST, shrunk in rounds to under a tenth of its multiply-adds. */
import * as tf from '@tensorflow/tfjs';
import {planChannelPruning, shrink} from 'tfjs-pruning';
import {testDigits, trainingDigits} from '../../support/mnist.js';
import {lenet5} from '../support/seeded-nets.js';
import {StepDecay} from '../support/step-decay.js';
import {errorOf, multiplyAddsLeft, runStudy, type Note} from '../support/study.js';

const BATCH_SIZE = 64;
const EPOCHS = 3;
const ROUNDS = 4;
const LEFT = 0.1;
/** Each round removes the same fraction of what is left. */
const LEFT_BY_ROUND = LEFT ** (1 / ROUNDS);

async function run(seed: number, note: Note): Promise<void> {
  const [{x, y}, test] = [trainingDigits(), testDigits()];
  const train = async (model: tf.LayersModel, epochs: number, rates: readonly [number, number]) => {
    const decay = new StepDecay(rates, [epochs - 1]);
    await model.fit(x, y, {epochs, batchSize: BATCH_SIZE, verbose: 0, callbacks: [decay]});
  };
  const dense = lenet5(seed);
  dense.compile({optimizer: tf.train.momentum(0.05, 0.9), loss: 'categoricalCrossentropy'});
  await train(dense, EPOCHS, [0.05, 0.005]);
  note('dense', errorOf(dense, test));
  let model: tf.LayersModel = dense;
  for (let round = 1; round <= ROUNDS; round++) {
    const small = await shrink(model, await planChannelPruning(model, {multiplyAdds: LEFT_BY_ROUND}));
    if (model !== dense) model.dispose();
    model = small;
    await (round < ROUNDS ? train(model, 1, [0.02, 0.02]) : train(model, 2, [0.02, 0.002]));
    note(`round ${round}`, errorOf(model, test));
    note(`... multiply-adds left after round ${round}, %`, multiplyAddsLeft(model, dense));
  }
  for (const net of [dense, model]) net.dispose();
  tf.dispose([x, y, test.x, test.y]);
}

/** Runs the study. */
export async function main(): Promise<void> {
  await runStudy({
    name: 'surgery/lenet',
    recipe:
      `LeNet-5 on MNIST, SGD with momentum 0.9 at 0.05, a tenth in the last of ${EPOCHS} epochs, ` +
      `batches of ${BATCH_SIZE}; then ${ROUNDS} rounds of a plan by magnitude, surgery and an epoch at 0.02, ` +
      'the last with one more at 0.002',
    unit: 'test error, %',
    run,
    claims: means => [
      [
        'under a tenth of the multiply-adds is left',
        means(`... multiply-adds left after round ${ROUNDS}, %`) < 100 * LEFT,
      ],
      ['the error is within 0.5 points of dense', means(`round ${ROUNDS}`) <= means('dense') + 0.5],
    ],
  });
}
