/** What `reconstruct` and `biasCorrection` bring back of the accuracy that pruning in one shot costs, and how fast. */
import * as tf from '@tensorflow/tfjs';
import {
  biasCorrection,
  coupledChannels,
  globalRanking,
  prunable,
  pruneOnce,
  reconstruct,
  type PruneOnceArgs,
} from 'tfjs-pruning';
import {testDigits, trainingDigits, type Digits} from '../support/mnist.js';
import {lenet300, lenet5} from './support/seeded-nets.js';
import {errorOf, runStudy, type Means, type Note} from './support/study.js';

const EPOCHS = 4;
const BATCH_SIZE = 256;
/** Unlabelled digits for the nets: a convolution has many positions in each. */
const SEEN = {lenet300: 8192, lenet5: 2048};

const PRUNINGS: Record<string, PruneOnceArgs> = {
  'global 90 %': {sparsity: 0.9, allocation: globalRanking()},
  'global 95 %': {sparsity: 0.95, allocation: globalRanking()},
  'half of the neurons': {sparsity: 0.5, structure: coupledChannels()},
  'uniform 80 %': {sparsity: 0.8},
};

async function trained(model: tf.Sequential, {x, y}: Digits, epochs: number): Promise<tf.Sequential> {
  model.compile({optimizer: 'adam', loss: 'categoricalCrossentropy'});
  await model.fit(x, y, {epochs, batchSize: 64, verbose: 0});
  return model;
}

/** Runs an action on a pruned copy of a net. */
async function onCopy(dense: tf.Sequential, args: PruneOnceArgs | undefined, action: (copy: tf.Sequential) => unknown) {
  const copy = prunable(dense);
  if (args) await pruneOnce(copy, args);
  await action(copy);
  copy.dispose();
}

async function ofLenet300(seed: number, train: Digits, test: Digits, note: Note): Promise<void> {
  const dense = await trained(lenet300(seed), train, EPOCHS);
  const xs = tf.slice(train.x, 0, SEEN.lenet300);
  const given = {teacher: dense, data: {xs}, batchSize: BATCH_SIZE};
  const accuracy = (what: string, model: tf.Sequential) => note(what, 100 - errorOf(model, test));
  accuracy('LeNet-300-100, dense', dense);
  for (const [name, args] of Object.entries(PRUNINGS)) {
    await onCopy(dense, args, copy => accuracy(name, copy));
    await onCopy(dense, args, async copy => {
      await biasCorrection(copy, given);
      accuracy(`${name}, biasCorrection`, copy);
    });
    await onCopy(dense, args, async copy => {
      const start = process.cpuUsage();
      await reconstruct(copy, given);
      const {user, system} = process.cpuUsage(start);
      accuracy(`${name}, reconstruct`, copy);
      note(`${name}, reconstruct, processor seconds`, (user + system) / 1e6);
    });
  }
  for (const teacher of [undefined, dense]) {
    await onCopy(dense, undefined, async copy => {
      await reconstruct(copy, {...given, teacher, by: 'sparseGpt', sparsity: 0.8});
      accuracy(`uniform 80 %, sparseGpt${teacher ? ' with the teacher' : ''}`, copy);
    });
  }
  tf.dispose(xs);
  dense.dispose();
}

/** The losses of the nets on the digits that are seen, and their accuracies. */
async function ofLenet5(seed: number, batchNormalization: boolean, train: Digits, test: Digits, note: Note) {
  const name = batchNormalization ? 'LeNet-5 with batch normalizations' : 'LeNet-5';
  const dense = await trained(lenet5(seed, {batchNormalization}), train, 1);
  const [xs, ys] = [train.x, train.y].map(all => tf.slice(all, 0, SEEN.lenet5));
  const note2 = (what: string, model: tf.Sequential) => {
    model.compile({optimizer: 'sgd', loss: 'categoricalCrossentropy'});
    const loss = tf.tidy(() => (model.evaluate(xs!, ys!, {batchSize: 512}) as tf.Scalar).dataSync()[0]!);
    note(`${name}, ${what}`, 100 - errorOf(model, test));
    note(`${name}, ${what}, calibration loss`, loss);
  };
  note2('dense', dense);
  for (const sparsity of [0.5, 0.9, 0.95]) {
    await onCopy(dense, {sparsity, allocation: globalRanking()}, async copy => {
      note2(`global ${100 * sparsity} %`, copy);
      await reconstruct(copy, {teacher: dense, data: {xs: xs!}, batchSize: 128});
      note2(`global ${100 * sparsity} %, reconstruct`, copy);
    });
  }
  tf.dispose([xs, ys]);
  dense.dispose();
}

async function run(seed: number, note: Note): Promise<void> {
  const [train, test] = [trainingDigits(), testDigits()];
  await ofLenet300(seed, train, test, note);
  for (const batchNormalization of [false, true]) await ofLenet5(seed, batchNormalization, train, test, note);
  tf.dispose([train.x, train.y, test.x, test.y]);
}

const NETS = ['LeNet-5', 'LeNet-5 with batch normalizations'];

function lossFalls(means: Means): boolean {
  return NETS.flatMap(net => [50, 90, 95].map(percent => `${net}, global ${percent} %`)).every(
    what => means(`${what}, reconstruct, calibration loss`) <= means(`${what}, calibration loss`),
  );
}

/** Runs the study. */
export async function main(): Promise<void> {
  await runStudy({
    name: 'recovery',
    recipe:
      `LeNet-300-100 on MNIST, Adam, ${EPOCHS} epochs, then pruned in one shot by magnitude and brought back by ` +
      `${SEEN.lenet300} unlabelled digits; LeNet-5, an epoch, ${SEEN.lenet5} digits`,
    unit: 'test accuracy, %, and where it says so processor seconds or loss',
    run,
    claims: means => [
      ['global 90 %: within a point of 96.78', means('global 90 %, reconstruct') >= 95.78],
      ['global 95 %: within a point of 95.25', means('global 95 %, reconstruct') >= 94.25],
      ['half of the neurons: within a point of 97.08', means('half of the neurons, reconstruct') >= 96.08],
      ['sparseGpt at uniform 80 %: within a point of 95.89', means('uniform 80 %, sparseGpt') >= 94.89],
      ['LeNet-5: never above the loss it started from', lossFalls(means)],
    ],
  });
}
