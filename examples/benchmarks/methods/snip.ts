/** SNIP on LeNet-300-100, and its masks shuffled within the layers. */
import * as tf from '@tensorflow/tfjs';
import {addPenalty, applyMasks, l2, prunable, readMasks, shuffleMasks} from 'tfjs-pruning';
import {PruneAtInitialization} from 'tfjs-pruning/callbacks';
import {testDigits, trainingDigits, type Digits} from '../../support/mnist.js';
import {lenet300} from '../support/seeded-nets.js';
import {StepDecay} from '../support/step-decay.js';
import {errorOf, runStudy, type Note} from '../support/study.js';

const BATCH_SIZE = 100;
const EPOCHS = 40;
/** The authors' weight decay, for all parameters. */
const DECAY = 2.5e-4;
/** The published errors of Lee et al. 2019, in percent. */
const PUBLISHED = new Map([
  [0.95, 1.6],
  [0.98, 2.4],
]);

/** Standardizes by the mean and the deviation of all pixels, as the authors do. */
function standardized({x, y}: Digits): Digits {
  const standard = tf.tidy(() => tf.div<tf.Tensor4D>(tf.sub(x, 0.1307), 0.3081));
  x.dispose();
  return {x: standard, y};
}

async function run(seed: number, note: Note): Promise<void> {
  const [{x, y}, test] = [standardized(trainingDigits()), standardized(testDigits())];
  const train = async (model: tf.Sequential, callbacks: tf.Callback[] = []) => {
    model.compile({optimizer: tf.train.momentum(0.1, 0.9), loss: 'categoricalCrossentropy'});
    addPenalty(model, l2({strength: DECAY}));
    const decay = new StepDecay([0.1, 0.01, 0.001], [20, 30]);
    await model.fit(x, y, {epochs: EPOCHS, batchSize: BATCH_SIZE, verbose: 0, callbacks: [...callbacks, decay]});
    return errorOf(model, test);
  };
  const dense = lenet300(seed);
  note('dense', await train(dense));
  dense.dispose();
  for (const sparsity of PUBLISHED.keys()) {
    const snipped = prunable(lenet300(seed));
    note(`${100 * sparsity} %, SNIP`, await train(snipped, [new PruneAtInitialization({sparsity})]));
    const [shuffled, masks] = [prunable(lenet300(seed)), await readMasks(snipped)];
    await applyMasks(shuffled, masks, {keepDense: true});
    await shuffleMasks(shuffled, {seed});
    note(`${100 * sparsity} %, its masks shuffled`, await train(shuffled));
    tf.dispose(masks);
    snipped.dispose();
    shuffled.dispose();
  }
  tf.dispose([x, y, test.x, test.y]);
}

/** Runs the study. */
export async function main(): Promise<void> {
  await runStudy({
    name: 'methods/snip',
    recipe:
      `LeNet-300-100 on MNIST, pruned by one batch of ${BATCH_SIZE}, SGD with momentum 0.9 at 0.1, ` +
      `a tenth from epoch 20 and a hundredth from 30 of ${EPOCHS}, l2 of ${DECAY}, standardized inputs`,
    unit: 'test error, %',
    run,
    claims: means =>
      [...PUBLISHED].flatMap(([sparsity, published]) => {
        const error = means(`${100 * sparsity} %, SNIP`);
        return [
          [
            `at ${100 * sparsity} % the error is within 0.3 points of the published ${published} %`,
            error <= published + 0.3,
          ],
          [
            `at ${100 * sparsity} % shuffling changes less than 0.5 points`,
            Math.abs(means(`${100 * sparsity} %, its masks shuffled`) - error) < 0.5,
          ],
        ] as const;
      }),
  });
}
