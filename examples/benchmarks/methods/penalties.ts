/** LeNet-5 trained with penalties on filters or weights: what pruning at the end still costs. */
import * as tf from '@tensorflow/tfjs';
import {
  addPenalty,
  batchNormScale,
  exponentialGrowth,
  filters,
  globalRanking,
  groupLasso,
  growingRegularization,
  networkSlimming,
  prunable,
  pruneByThreshold,
  pruneOnce,
  restoreDense,
  selectiveWeightDecay,
  type Penalty,
  type PruneOnceArgs,
} from 'tfjs-pruning';
import {ProximalPenalty, ScheduledPenalty} from 'tfjs-pruning/callbacks';
import {testDigits, trainingDigits, type Digits} from '../../support/mnist.js';
import {lenet5} from '../support/seeded-nets.js';
import {StepDecay} from '../support/step-decay.js';
import {errorOf, runStudy, type Note} from '../support/study.js';

const DIGITS = 6000;
const BATCH_SIZE = 50;
const EPOCHS = 6;
const STEPS = (EPOCHS * DIGITS) / BATCH_SIZE;
const layers = ['conv1', 'conv2'];

/** Half of the filters of both convolutions. */
const HALF = {sparsity: 0.5, structure: filters(), layers};
/** 90 % of the weights of the whole net. */
const TENTH = {sparsity: 0.9, allocation: globalRanking()};

async function trained(
  seed: number,
  {x, y}: Digits,
  {callbacks = [], penalty, batchNormalization = false}: Training = {},
): Promise<tf.Sequential> {
  const model = prunable(lenet5(seed, {batchNormalization}));
  model.compile({optimizer: tf.train.momentum(0.05, 0.9), loss: 'categoricalCrossentropy'});
  if (penalty) addPenalty(model, penalty, {layers: batchNormalization ? /_bn$/ : layers});
  const decay = new StepDecay([0.05, 0.005], [4]);
  await model.fit(x, y, {epochs: EPOCHS, batchSize: BATCH_SIZE, verbose: 0, callbacks: [...callbacks, decay]});
  return model;
}

interface Training {
  callbacks?: tf.Callback[];
  penalty?: Penalty;
  batchNormalization?: boolean;
}

const growing = (variant: 1 | 2) => growingRegularization({...HALF_PLUGS, variant, growth: 0.01, pickingGrowth: 5e-4});
const HALF_PLUGS = {sparsity: 0.5, structure: filters()};
const growth = exponentialGrowth({from: 0.1, to: 1e5, steps: STEPS});

/** A penalty, and how to prune afterwards: in several ways in turn, or by a threshold. */
interface Variant {
  readonly label: string;
  readonly training: () => Training;
  readonly prunings: Readonly<Record<string, PruneOnceArgs>> | 'harvest';
}

const scheduled = (penalty: Penalty, more: object = {}) => ({
  callbacks: [new ScheduledPenalty({penalty, strength: growth, ...more})],
});
const ranked = globalRanking({normalize: 'mean'});

const VARIANTS: readonly Variant[] = [
  {label: 'no penalty', training: () => ({}), prunings: {'half of the filters': HALF, '90 % of the weights': TENTH}},
  {
    label: 'selective weight decay of weights',
    training: () => scheduled(selectiveWeightDecay({sparsity: 0.9})),
    prunings: {'90 % of the weights': TENTH},
  },
  {
    label: 'selective weight decay of filters',
    training: () => scheduled(selectiveWeightDecay({...HALF_PLUGS, allocation: ranked}), {layers}),
    prunings: {'half of the filters': {...HALF, allocation: ranked}},
  },
  ...([1, 2] as const).map(variant => ({
    label: `GReg-${variant}`,
    training: () => ({callbacks: [new ScheduledPenalty({penalty: growing(variant), layers})]}),
    prunings: {'half of the filters': HALF},
  })),
  {
    label: 'network slimming',
    training: () => ({penalty: networkSlimming({strength: 5e-3}), batchNormalization: true}),
    prunings: {'half of the filters': {...HALF, criterion: batchNormScale(), allocation: globalRanking()}},
  },
  {
    label: 'group lasso',
    training: () => ({penalty: groupLasso({strength: 5e-3})}),
    prunings: 'harvest',
  },
  {
    label: 'proximal group lasso',
    training: () => ({callbacks: [new ProximalPenalty({penalty: groupLasso({strength: 5e-3}), layers})]}),
    prunings: 'harvest',
  },
];

function filtersAtZero(model: tf.Sequential): number {
  const norms = layers.flatMap(name =>
    tf.tidy(() => [...tf.max(tf.abs(model.getLayer(name).trainableWeights[0]!.read()), [0, 1, 2]).dataSync()]),
  );
  return norms.filter(norm => norm === 0).length;
}

async function run(seed: number, note: Note): Promise<void> {
  const [digits, test] = [trainingDigits(DIGITS), testDigits()];
  for (const {label, training, prunings} of VARIANTS) {
    const model = await trained(seed, digits, training());
    const before = errorOf(model, test);
    const noteLoss = (what: string) => note(`${label}: lost by pruning ${what}`, errorOf(model, test) - before);
    note(label, before);
    if (prunings === 'harvest') {
      note(`${label}: filters of 70 at exact zero`, filtersAtZero(model));
      await pruneByThreshold(model, {below: 1e-4, structure: filters(), layers});
      note(`${label}: filters of 70 below 0.0001`, filtersAtZero(model));
      noteLoss('those');
    } else {
      for (const [what, pruning] of Object.entries(prunings)) {
        await pruneOnce(model, {...pruning, keepDense: true});
        noteLoss(what);
        await restoreDense(model);
      }
    }
    model.dispose();
  }
  tf.dispose([digits.x, digits.y, test.x, test.y]);
}

/** Runs the study. */
export async function main(): Promise<void> {
  await runStudy({
    name: 'methods/penalties',
    recipe:
      `LeNet-5 on ${DIGITS} digits of MNIST, SGD with momentum 0.9 at 0.05, a tenth from epoch 4 of ${EPOCHS}, ` +
      `batches of ${BATCH_SIZE}; pruned in one shot, not fine-tuned`,
    unit: 'test error, %',
    run,
    claims: means => [
      [
        'selective weight decay of weights loses less than 0.1 points by pruning them',
        means('selective weight decay of weights: lost by pruning 90 % of the weights') < 0.1,
      ],
      [
        'selective weight decay of filters loses less than 0.1 points by pruning them',
        means('selective weight decay of filters: lost by pruning half of the filters') < 0.1,
      ],
      [
        'proximal group lasso leaves whole filters at exact zero',
        means('proximal group lasso: filters of 70 at exact zero') >= 1,
      ],
    ],
  });
}
