/** Magnitude pruning of LeNet-300-100 in five rounds and in one, with different rewinding. */
import * as tf from '@tensorflow/tfjs';
import {globalRanking, prunable} from 'tfjs-pruning';
import {IterativePruning, type Rewind} from 'tfjs-pruning/callbacks';
import {FusedAdam} from 'tfjs-pruning/wasm';
import {testDigits, trainingDigits} from '../../support/mnist.js';
import {lenet300} from '../support/seeded-nets.js';
import {errorOf, runStudy, type Note} from '../support/study.js';

const BATCH_SIZE = 100;
const TRAIN_EPOCHS = 6;
const RETRAIN_EPOCHS = 3;
const ROUNDS = 5;
const SPARSITIES = [0.95, 0.98];

/** A tenth of the rate in the last two epochs of the dense training. */
const learningRate = (epoch: number) => (epoch < TRAIN_EPOCHS - 2 ? 0.001 : 0.0001);

/** A training, and the rounds of retraining after which it is evaluated. */
interface Variant {
  readonly rounds: number;
  readonly rewind: Rewind;
  readonly noted: ReadonlyMap<number, string>;
}

const VARIANTS: readonly Variant[] = [
  {
    rounds: 1,
    rewind: 'nothing',
    noted: new Map([
      [1, 'one shot, fine-tuned for a round'],
      [ROUNDS, `one shot, fine-tuned for ${ROUNDS} rounds`],
    ]),
  },
  {rounds: 1, rewind: 'learningRate', noted: new Map([[1, 'one shot, learning rate rewound']])},
  {rounds: ROUNDS, rewind: 'nothing', noted: new Map([[ROUNDS, `${ROUNDS} rounds, fine-tuned`]])},
  {rounds: ROUNDS, rewind: 'learningRate', noted: new Map([[ROUNDS, `${ROUNDS} rounds, learning rate rewound`]])},
  {rounds: ROUNDS, rewind: 'weights', noted: new Map([[ROUNDS, `${ROUNDS} rounds, weights rewound`]])},
];

async function run(seed: number, note: Note): Promise<void> {
  const [{x, y}, test] = [trainingDigits(), testDigits()];
  let saidDense = false;
  for (const finalSparsity of SPARSITIES) {
    for (const {rounds, rewind, noted} of VARIANTS) {
      const model = prunable(lenet300(seed));
      model.compile({optimizer: new FusedAdam(), loss: 'categoricalCrossentropy'});
      const pruning = new IterativePruning({
        trainSteps: TRAIN_EPOCHS,
        retrainSteps: RETRAIN_EPOCHS,
        stepUnit: 'epoch',
        rounds,
        finalSparsity,
        rewind,
        learningRate,
        allocation: globalRanking({minKept: 100}),
      });
      let epoch = 0;
      const trainUntil = async (epochs: number) => {
        const span = {initialEpoch: epoch, epochs, batchSize: BATCH_SIZE};
        await model.fit(x, y, {...span, verbose: 0, callbacks: [pruning]});
        epoch = epochs;
      };
      await trainUntil(TRAIN_EPOCHS);
      if (!saidDense) note('dense', errorOf(model, test));
      saidDense = true;
      for (const [retrained, label] of noted) {
        await trainUntil(TRAIN_EPOCHS + retrained * RETRAIN_EPOCHS);
        note(`${100 * finalSparsity} %, ${label}`, errorOf(model, test));
      }
      model.dispose();
    }
  }
  tf.dispose([x, y, test.x, test.y]);
}

/** Runs the study. */
export async function main(): Promise<void> {
  await runStudy({
    name: 'methods/iterative',
    recipe:
      `LeNet-300-100 on MNIST, Adam at 0.001, a tenth of that in the last 2 of ${TRAIN_EPOCHS} epochs, ` +
      `batches of ${BATCH_SIZE}, then rounds of ${RETRAIN_EPOCHS} epochs, global ranking by magnitude`,
    unit: 'test error, %',
    run,
    claims: means =>
      SPARSITIES.flatMap(sparsity => {
        const error = (label: string) => means(`${100 * sparsity} %, ${label}`);
        const better = (a: string, b: string) =>
          [`at ${100 * sparsity} % "${a}" is at least as good as "${b}"`, error(a) <= error(b)] as const;
        return [
          better('5 rounds, fine-tuned', 'one shot, fine-tuned for a round'),
          better('5 rounds, fine-tuned', 'one shot, fine-tuned for 5 rounds'),
          better('5 rounds, learning rate rewound', 'one shot, learning rate rewound'),
          better('5 rounds, learning rate rewound', 'one shot, fine-tuned for 5 rounds'),
          better('5 rounds, learning rate rewound', '5 rounds, fine-tuned'),
          better('5 rounds, weights rewound', '5 rounds, fine-tuned'),
        ];
      }),
  });
}
