/** Which channels to remove if `reconstruct` makes up for them: the LASSO's choice, and others. */
import * as tf from '@tensorflow/tfjs';
import {
  geometricMedian,
  lassoScores,
  magnitude,
  maskChannels,
  planChannelPruning,
  prunable,
  random,
  reconstruct,
  scores,
  taylor,
  uniform,
  type Criterion,
} from 'tfjs-pruning';
import {testDigits, trainingDigits, type Digits} from '../support/mnist.js';
import {lenet300, lenet5} from './support/seeded-nets.js';
import {errorOf, runStudy, type Means, type Note} from './support/study.js';
import {vgg} from './support/surgery-nets.js';

/** Digits that the nets are trained on. */
const TRAINED = 12_800;
/** Unlabelled digits that the criteria and `reconstruct` see. */
const SEEN = 1024;
const SPARSITIES = [0.5, 0.75];

const NETS: Record<string, {readonly make: (seed: number) => tf.LayersModel; readonly epochs: number}> = {
  'LeNet-300-100': {make: lenet300, epochs: 4},
  'LeNet-5': {make: lenet5, epochs: 2},
  VGG: {
    make: seed => vgg({seed, inputShape: [28, 28, 1], stages: [[8, 8], [16, 16], [32]], dense: [32]}),
    epochs: 2,
  },
};
const names = process.env['NETS']?.split(',') ?? Object.keys(NETS);

interface Choice {
  readonly criterion: Criterion;
  readonly members?: 'producers';
}

/** What to remove, by each criterion. */
const choices = (seed: number, lasso: Record<string, tf.Tensor>): Record<string, Choice> => ({
  lasso: {criterion: scores(lasso), members: 'producers'},
  magnitude: {criterion: magnitude()},
  'magnitude of the producers': {criterion: magnitude(), members: 'producers'},
  geometricMedian: {criterion: geometricMedian()},
  taylor: {criterion: taylor()},
  random: {criterion: random({seed})},
});

interface Task {
  readonly name: string;
  readonly dense: tf.LayersModel;
  readonly seen: Digits;
  readonly test: Digits;
}

async function compare({name, dense, seen, test}: Task, seed: number, note: Note): Promise<void> {
  note(`${name}, dense`, errorOf(dense, test));
  const lasso = await lassoScores(dense, {data: {xs: seen.x}, batchSize: 128});
  const data = {xs: seen.x, ys: seen.y};
  for (const sparsity of SPARSITIES) {
    for (const [choice, args] of Object.entries(choices(seed, lasso))) {
      const observed = (args.criterion.sees ?? 'weights') === 'weights' ? {} : {data, batchSize: 128};
      const plan = await planChannelPruning(dense, {...args, ...observed, sparsity, allocation: uniform()});
      const model = prunable(dense);
      await maskChannels(model, plan);
      const what = `${name}, ${100 * sparsity} %, ${choice}`;
      note(what, errorOf(model, test));
      await reconstruct(model, {teacher: dense, data: {xs: seen.x}, batchSize: 128});
      note(`${what}, reconstruct`, errorOf(model, test));
      model.dispose();
    }
  }
  tf.dispose(lasso);
}

async function trainAndCompare(name: string, seed: number, note: Note): Promise<void> {
  const {make, epochs} = NETS[name]!;
  const [train, test] = [trainingDigits(TRAINED), testDigits()];
  const dense = make(seed);
  dense.compile({optimizer: 'adam', loss: 'categoricalCrossentropy'});
  await dense.fit(train.x, train.y, {epochs, batchSize: 64, verbose: 0});
  await compare({name, dense, seen: first(train), test}, seed, note);
  tf.dispose([train.x, train.y, test.x, test.y]);
  dense.dispose();
}

function first({x, y}: Digits): Digits {
  return {x: tf.slice(x, 0, SEEN), y: tf.slice(y, 0, SEEN)};
}

async function run(seed: number, note: Note): Promise<void> {
  for (const name of names) await trainAndCompare(name, seed, note);
}

function isBetter(means: Means, net: string, sparsity: number, than: string): boolean {
  const error = (choice: string) => means(`${net}, ${100 * sparsity} %, ${choice}, reconstruct`);
  return error('lasso') < error(than);
}

/** Runs the study. */
export async function main(): Promise<void> {
  await runStudy({
    name: 'channel-choice',
    recipe:
      `Nets trained on ${TRAINED} digits of MNIST by Adam, LeNet-300-100 for 4 epochs, LeNet-5 and a VGG-like net ` +
      '8-8-16-16-32 with batch normalizations for 2; a share of the channels of each layer removed in one shot, and ' +
      `brought back by ${SEEN} unlabelled digits; nothing is trained afterwards`,
    unit: 'test error, %',
    run,
    claims: means =>
      names.flatMap(net =>
        SPARSITIES.flatMap(sparsity =>
          ['magnitude', 'random'].map(
            than =>
              [
                `${net}, ${100 * sparsity} %: with reconstruct, the LASSO's choice is better than ${than}`,
                isBetter(means, net, sparsity, than),
              ] as const,
          ),
        ),
      ),
  });
}
