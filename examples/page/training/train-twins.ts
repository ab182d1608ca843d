import {dispose} from '@tensorflow/tfjs-core';
import type {Callback} from '@tensorflow/tfjs-layers';
import {seededBatches} from 'tfjs-pruning';
import type {Choices} from '../choices.js';
import type {Report} from '../protocol.js';
import {brightness, images, someOf, targets, type Digits} from './digits.js';
import {figuresOf} from './figures.js';
import {otherTasks} from './event-loop.js';
import type {Gate} from './gate.js';
import {kernelPictures} from './kernel-picture.js';
import {Lockstep, type TwinLosses} from './lockstep.js';
import {LossMeans} from './loss-means.js';
import {pruningCallback} from './method.js';
import type {Twins} from './twins.js';

const BATCH_SIZE = 64;
const REPORTS = 150;
const CHECKUPS_AN_EPOCH = 4;
const CHECKED_DIGITS = 1000;
const PICTURES_EVERY_MS = 300;

/** What a training is made of. */
export interface Training {
  readonly choices: Choices;
  readonly twins: Twins;
  readonly training: Digits;
  readonly test: Digits;
  readonly gate: Gate;
  readonly report: (report: Report) => void;
}

/** Trains both nets side by side, on the same batches, and reports how they do. */
export async function trainTwins({choices, twins, training, test, gate, report}: Training): Promise<void> {
  const {epochs} = choices;
  const [x, y] = [images(brightness(training.pixels)), targets(training.labels)];
  const stepsPerEpoch = Math.ceil(training.labels.length / BATCH_SIZE);
  const steps = epochs * stepsPerEpoch;
  const checked = someOf(test, 0, CHECKED_DIGITS);
  const reportSteps = Math.ceil(steps / REPORTS);
  const checkupSteps = Math.ceil(stepsPerEpoch / CHECKUPS_AN_EPOCH);
  const pruning = pruningCallback(choices, steps);
  const means = new LossMeans();
  let step = 0;
  let pictured = -Infinity;

  async function afterBoth(losses: TwinLosses): Promise<void> {
    step++;
    means.add(losses);
    if (step % reportSteps === 0 || step === steps)
      report({type: 'step', step, losses: means.take(), zeros: pruning.sparsity});
    if (performance.now() - pictured > PICTURES_EVERY_MS || step === steps) {
      pictured = performance.now();
      for (const picture of kernelPictures(twins.sparse)) report({type: 'kernel', picture});
    }
    if (step % checkupSteps === 0) {
      const [dense, sparse] = [await figuresOf(twins.dense, checked), await figuresOf(twins.sparse, checked)];
      report({type: 'checkup', step, dense, sparse});
    }
    await otherTasks();
    await gate.passed();
  }
  const lockstep = new Lockstep(afterBoth);
  report({type: 'began', steps, stepsPerEpoch});
  const fit = (net: 'dense' | 'sparse', callbacks: Callback[]) =>
    twins[net].fitDataset(seededBatches(x, y, {batchSize: BATCH_SIZE, seed: 1}), {
      epochs,
      verbose: 0,
      callbacks: [...callbacks, lockstep.callback(net)],
    });
  await Promise.all([fit('dense', []), fit('sparse', [pruning])]);
  dispose([x, y]);
}
