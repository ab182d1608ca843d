/** LeNet-5 pressed towards fewer filters, or weights, by penalties: what the hard pruning at the end still costs. */
import * as tf from '@tensorflow/tfjs';
import {
  addPenalty,
  batchNormScale,
  exponentialGrowth,
  filters,
  globalRanking,
  groupLasso,
  growingRegularization,
  magnitude,
  networkSlimming,
  prunable,
  pruneByThreshold,
  pruneOnce,
  selectiveWeightDecay,
  type Penalty,
  type PruneOnceArgs,
} from 'tfjs-pruning';
import {ProximalPenalty, ScheduledPenalty} from 'tfjs-pruning/callbacks';
import {testDigits, trainingDigits, type Digits} from '../../support/mnist.js';
import {lenet5} from '../support/seeded-nets.js';
import {StepDecay} from '../support/step-decay.js';
import {errorOf, runStudy, type Note} from '../support/study.js';

const DIGITS = 20_000;
const BATCH_SIZE = 100;
const EPOCHS = 12;
const STEPS = (EPOCHS * DIGITS) / BATCH_SIZE;
const layers = ['conv1', 'conv2'];

/** Half of the filters of both convolutions. */
const HALF = {sparsity: 0.5, structure: filters(), layers};
/** Nine of ten weights of the whole net. */
const TENTH = {sparsity: 0.9, allocation: globalRanking()};

async function trained(
  seed: number,
  {x, y}: Digits,
  {callbacks = [], penalty, batchNormalization = false}: Training = {},
): Promise<tf.Sequential> {
  const model = prunable(lenet5(seed, {batchNormalization}));
  model.compile({optimizer: tf.train.momentum(0.05, 0.9), loss: 'categoricalCrossentropy'});
  if (penalty) addPenalty(model, penalty, {layers});
  const decay = new StepDecay([0.05, 0.005], [9]);
  await model.fit(x, y, {epochs: EPOCHS, batchSize: BATCH_SIZE, verbose: 0, callbacks: [...callbacks, decay]});
  return model;
}

interface Training {
  callbacks?: tf.Callback[];
  penalty?: Penalty;
  batchNormalization?: boolean;
}

const growing = (variant: 1 | 2) => growingRegularization({...HALF_PLUGS, variant, growth: 5e-3, pickingGrowth: 1e-4});
const HALF_PLUGS = {sparsity: 0.5, structure: filters()};
const growth = exponentialGrowth({from: 0.1, to: 1e5, steps: STEPS});

/** What presses, and how it is pruned afterwards. */
const VARIANTS: readonly {label: string; training: () => Training; pruning: PruneOnceArgs | 'harvest'}[] = [
  {label: 'no penalty, half of the filters', training: () => ({}), pruning: HALF},
  {label: 'no penalty, 90 % of the weights', training: () => ({}), pruning: TENTH},
  {
    label: 'selective weight decay, 90 % of the weights',
    training: () => ({
      callbacks: [new ScheduledPenalty({penalty: selectiveWeightDecay({sparsity: 0.9}), strength: growth})],
    }),
    pruning: TENTH,
  },
  {
    label: 'selective weight decay, half of the filters',
    training: () => ({
      callbacks: [
        new ScheduledPenalty({
          penalty: selectiveWeightDecay({...HALF_PLUGS, allocation: globalRanking({normalise: 'mean'})}),
          strength: growth,
          layers,
        }),
      ],
    }),
    pruning: {...HALF, allocation: globalRanking({normalise: 'mean'})},
  },
  ...([1, 2] as const).map(variant => ({
    label: `GReg-${variant}, half of the filters`,
    training: () => ({callbacks: [new ScheduledPenalty({penalty: growing(variant), layers})]}),
    pruning: HALF,
  })),
  {
    label: 'network slimming, half of the filters',
    training: () => ({penalty: networkSlimming({strength: 5e-3}), batchNormalization: true}),
    pruning: {...HALF, criterion: batchNormScale(), allocation: globalRanking()},
  },
  {
    label: 'group lasso in the loss, its harvest',
    training: () => ({penalty: groupLasso({strength: 2e-3})}),
    pruning: 'harvest',
  },
  {
    label: 'proximal group lasso, its harvest',
    training: () => ({callbacks: [new ProximalPenalty({penalty: groupLasso({strength: 2e-3}), layers})]}),
    pruning: 'harvest',
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
  for (const {label, training, pruning} of VARIANTS) {
    const model = await trained(seed, digits, training());
    const before = errorOf(model, test);
    note(label, before);
    if (pruning === 'harvest') {
      note('... filters at exact zero: ' + label, filtersAtZero(model));
      await pruneByThreshold(model, {below: 1e-4, criterion: magnitude(), structure: filters(), layers});
      note('... filters pruned: ' + label, filtersAtZero(model));
    } else {
      await pruneOnce(model, pruning);
    }
    note('... lost by pruning: ' + label, errorOf(model, test) - before);
    model.dispose();
  }
  tf.dispose([digits.x, digits.y, test.x, test.y]);
}

/** Runs the study. */
export async function main(): Promise<void> {
  await runStudy({
    name: 'penalties',
    recipe: `LeNet-5 on ${DIGITS} digits of MNIST, SGD with momentum 0.9 at 0.05, a tenth from epoch 9 of ${EPOCHS}, batches of ${BATCH_SIZE}; pruned in one shot, not fine-tuned`,
    unit: 'test error, %',
    run,
    claims: means => [
      ...['90 % of the weights', 'half of the filters'].map(
        what =>
          [
            `selective weight decay loses less than 0.1 points by pruning ${what}`,
            means(`... lost by pruning: selective weight decay, ${what}`) < 0.1,
          ] as const,
      ),
      [
        'proximal group lasso leaves whole filters at exact zero',
        means('... filters at exact zero: proximal group lasso, its harvest') >= 1,
      ],
    ],
  });
}
