/** Magnitude pruning of LeNet-300-100 in five rounds and in one, with what is rewound between. */
import * as tf from '@tensorflow/tfjs';
import {globalRanking, prunable} from 'tfjs-pruning';
import {IterativePruning, type Rewind} from 'tfjs-pruning/callbacks';
import {FusedAdam} from 'tfjs-pruning/wasm';
import {testDigits, trainingDigits} from '../../support/mnist.js';
import {lenet300} from '../support/seeded-nets.js';
import {errorOf, runStudy, type Note} from '../support/study.js';

const BATCH_SIZE = 100;
const TRAIN_EPOCHS = 8;
const RETRAIN_EPOCHS = 4;
const ROUNDS = 5;
const SPARSITIES = [0.95, 0.98];
const REWINDS = ['nothing', 'learningRate', 'weights'] as const;

/** As `nothing` goes on at the last rate, one shot with it gets all the retraining that five rounds have. */
const VARIANTS: readonly {label: string; rounds: number; rewind: Rewind; epochs: number}[] = [
  {label: 'one shot, fine-tuned', rounds: 1, rewind: 'nothing', epochs: TRAIN_EPOCHS + ROUNDS * RETRAIN_EPOCHS},
  {label: 'one shot, learningRate rewound', rounds: 1, rewind: 'learningRate', epochs: TRAIN_EPOCHS + RETRAIN_EPOCHS},
  ...REWINDS.map(rewind => ({
    label: rewind === 'nothing' ? '5 rounds, fine-tuned' : `5 rounds, ${rewind} rewound`,
    rounds: ROUNDS,
    rewind,
    epochs: TRAIN_EPOCHS + ROUNDS * RETRAIN_EPOCHS,
  })),
];

/** A tenth from the sixth of eight epochs on. */
const learningRate = (epoch: number) => (epoch < 6 ? 0.001 : 0.0001);

async function run(seed: number, note: Note): Promise<void> {
  const [{x, y}, test] = [trainingDigits(), testDigits()];
  let saidDense = false;
  for (const finalSparsity of SPARSITIES) {
    for (const {label, rounds, rewind, epochs} of VARIANTS) {
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
      const train = (from: number, until: number) =>
        model.fit(x, y, {initialEpoch: from, epochs: until, batchSize: BATCH_SIZE, verbose: 0, callbacks: [pruning]});
      await train(0, TRAIN_EPOCHS);
      if (!saidDense) note('dense', errorOf(model, test));
      saidDense = true;
      await train(TRAIN_EPOCHS, epochs);
      note(`${100 * finalSparsity} %, ${label}`, errorOf(model, test));
      model.dispose();
    }
  }
  tf.dispose([x, y, test.x, test.y]);
}

/** Runs the study. */
export async function main(): Promise<void> {
  await runStudy({
    name: 'iterative',
    recipe:
      `LeNet-300-100 on MNIST, Adam at 0.001, a tenth of it in the last 2 of ${TRAIN_EPOCHS} epochs, batches of ${BATCH_SIZE}, ` +
      `then ${ROUNDS} rounds of ${RETRAIN_EPOCHS} epochs, one ranking of all magnitudes`,
    unit: 'test error, %',
    run,
    claims: means =>
      SPARSITIES.flatMap(sparsity => {
        const error = (label: string) => means(`${100 * sparsity} %, ${label}`);
        return [
          [
            `at ${100 * sparsity} % five rounds are at least as good as one shot, fine-tuned`,
            error('5 rounds, fine-tuned') <= error('one shot, fine-tuned'),
          ],
          [
            `at ${100 * sparsity} % five rounds are at least as good as one shot, the learning rate rewound`,
            error('5 rounds, learningRate rewound') <= error('one shot, learningRate rewound'),
          ],
          ...(['learningRate', 'weights'] as const).map(
            rewind =>
              [
                `at ${100 * sparsity} % rewinding ${rewind} is at least as good as fine-tuning`,
                error(`5 rounds, ${rewind} rewound`) <= error('5 rounds, fine-tuned'),
              ] as const,
          ),
        ] as const;
      }),
  });
}
