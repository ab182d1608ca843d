/**
 * Convolutional nets on Fashion-MNIST, shrunk to half and a quarter of their multiply-adds, fine-tuned and in rounds.
 */
import * as tf from '@tensorflow/tfjs';
import {planChannelPruning, recalibrateBatchNorm, shrink, type ChannelPlan} from 'tfjs-pruning';
import {fashionImages} from '../../support/fashion-mnist.js';
import type {Digits} from '../../support/mnist.js';
import {StepDecay} from '../support/step-decay.js';
import {errorOf, multiplyAddsLeft, runStudy, type Note} from '../support/study.js';
import {resnet, vgg} from '../support/surgery-nets.js';

const BATCH_SIZE = 64;
const EPOCHS = 8;
const TUNING_EPOCHS = 5;
/** One round before each of the first epochs of fine-tuning. */
const ROUNDS = 3;
const TIMES_FEWER = [2, 4];
/** No layer loses more: a new global ranking in each round would leave the small layers a channel or two. */
const MAX_SPARSITY = 0.6;

const inputShape: [number, number, number] = [28, 28, 1];

const NETS: Record<string, (seed: number) => tf.LayersModel> = {
  VGG: seed => vgg({seed, inputShape, stages: [[8, 8], [16, 16], [32]], dense: [32]}),
  'ResNet-20': seed => resnet({seed, inputShape, widths: [8, 16, 32], stemStrides: 2}),
};

async function trainFromScratch(model: tf.LayersModel, {x, y}: Digits, epochs: number): Promise<void> {
  model.compile({optimizer: tf.train.momentum(0.05, 0.9), loss: 'categoricalCrossentropy'});
  const decay = new StepDecay([0.05, 0.005], [epochs - 2]);
  await model.fit(x, y, {epochs, batchSize: BATCH_SIZE, verbose: 0, callbacks: [decay]});
}

/** Fine-tunes for all epochs, or for some of them. */
async function tune(model: tf.LayersModel, {x, y}: Digits, initialEpoch = 0, epochs = TUNING_EPOCHS): Promise<void> {
  const decay = new StepDecay([0.02, 0.002], [TUNING_EPOCHS - 1]);
  await model.fit(x, y, {initialEpoch, epochs, batchSize: BATCH_SIZE, verbose: 0, callbacks: [decay]});
}

const planFor = (model: tf.LayersModel, left: number, chain: {previous?: ChannelPlan} = {}) =>
  planChannelPruning(model, {multiplyAdds: left, maxSparsity: MAX_SPARSITY, ...chain});

async function shrunk(model: tf.LayersModel, left: number): Promise<tf.LayersModel> {
  return await shrink(model, await planFor(model, left));
}

type Topology = Parameters<typeof tf.models.modelFromJSON>[0];

/** A way to get from the trained net to a small one. */
type Way = (dense: tf.LayersModel, left: number, digits: Digits) => Promise<tf.LayersModel>;

const WAYS: Record<string, Way> = {
  'one shot, not fine-tuned': shrunk,
  'one shot, batch normalization recalibrated': async (dense, left, {x}) => {
    const small = await shrunk(dense, left);
    await recalibrateBatchNorm(small, {data: {xs: x}, batchSize: BATCH_SIZE});
    return small;
  },
  'one shot, fine-tuned': async (dense, left, digits) => {
    const small = await shrunk(dense, left);
    await tune(small, digits);
    return small;
  },
  [`${ROUNDS} rounds, fine-tuned`]: async (dense, left, digits) => {
    let plan = await planFor(dense, left ** (1 / ROUNDS));
    let model = await shrink(dense, plan);
    for (let round = 1; round < ROUNDS; round++) {
      await tune(model, digits, round - 1, round);
      plan = await planFor(model, left ** (1 / ROUNDS), {previous: plan});
      const small = await shrink(model, plan);
      model.dispose();
      model = small;
    }
    await tune(model, digits, ROUNDS - 1);
    return model;
  },
  'as small as in one shot, from scratch': async (dense, left, digits) => {
    const trained = await shrunk(dense, left);
    const redrawn = await tf.models.modelFromJSON(trained.toJSON(null, false) as Topology);
    trained.dispose();
    await trainFromScratch(redrawn, digits, EPOCHS + TUNING_EPOCHS);
    return redrawn;
  },
};

async function run(seed: number, note: Note): Promise<void> {
  const [digits, test] = [fashionImages(600), fashionImages(200, 600)];
  for (const [name, net] of Object.entries(NETS)) {
    const dense = net(seed);
    await trainFromScratch(dense, digits, EPOCHS);
    note(`${name}, dense`, errorOf(dense, test));
    for (const times of TIMES_FEWER) {
      const left: number[] = [];
      for (const [way, make] of Object.entries(WAYS)) {
        const small = await make(dense, 1 / times, digits);
        note(`${name}, ${times} x fewer, ${way}`, errorOf(small, test));
        left.push(multiplyAddsLeft(small, dense));
        small.dispose();
      }
      note(`... multiply-adds left of ${name}, ${times} x fewer, %`, Math.max(...left));
    }
    await tune(dense, digits);
    note(`${name}, dense, trained on as long`, errorOf(dense, test));
    dense.dispose();
  }
  tf.dispose([digits.x, digits.y, test.x, test.y]);
}

/** Runs the study. */
export async function main(): Promise<void> {
  await runStudy({
    name: 'surgery/fashion',
    recipe:
      'VGG-like 8-8-16-16-32 and ResNet-20 of 8, 16 and 32 channels on 6000 images of Fashion-MNIST, ' +
      `SGD with momentum 0.9 at 0.05, a tenth in the last 2 of ${EPOCHS} epochs, batches of ${BATCH_SIZE}; ` +
      `fine-tuned for ${TUNING_EPOCHS} epochs at 0.02, a tenth in the last; plans by magnitude, ` +
      `no layer loses more than ${100 * MAX_SPARSITY} % of its channels; from scratch for as many epochs in all; ` +
      'tested on 2000',
    unit: 'test error, %',
    run,
    claims: means =>
      Object.keys(NETS).flatMap(name =>
        TIMES_FEWER.flatMap(times => {
          const error = (way: string) => means(`${name}, ${times} x fewer, ${way}`);
          const better = (a: string, b: string) =>
            [`${name}, ${times} x fewer: "${a}" is at least as good as "${b}"`, error(a) <= error(b)] as const;
          const rounds = `${ROUNDS} rounds, fine-tuned`;
          return [
            better('one shot, batch normalization recalibrated', 'one shot, not fine-tuned'),
            better('one shot, fine-tuned', 'one shot, batch normalization recalibrated'),
            better(rounds, 'one shot, fine-tuned'),
            better(rounds, 'as small as in one shot, from scratch'),
          ];
        }),
      ),
  });
}
