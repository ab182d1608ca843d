import * as tf from '@tensorflow/tfjs';
import {movement, prunable} from 'tfjs-pruning';
import {GradualPruning} from 'tfjs-pruning/callbacks';
import {polynomialDecay} from 'tfjs-pruning/schedules';
import {roundHalfEven} from '../../src/math/round-half-even.js';
import {wrapper} from '../support/masks.js';
import {expectNoLeak} from '../support/tensors.js';

const [STEPS, INPUTS, OUTPUTS, RATE] = [12, 6, 4, 0.2];
const schedule = polynomialDecay({finalSparsity: 0.75, beginStep: 1, endStep: STEPS - 2, frequency: 1});

const data = (): [tf.Tensor2D, tf.Tensor2D] => [
  tf.randomNormal([STEPS * 2, INPUTS], 0, 1, 'float32', 1),
  tf.randomNormal([STEPS * 2, OUTPUTS], 0, 1, 'float32', 2),
];

function net(): tf.Sequential {
  const kernelInitializer = tf.initializers.glorotNormal({seed: 4});
  const dense = {name: 'd', units: OUTPUTS, inputShape: [INPUTS], useBias: false, kernelInitializer};
  const model = prunable(tf.sequential({layers: [tf.layers.dense(dense)]}));
  model.compile({optimizer: tf.train.sgd(RATE), loss: 'meanSquaredError'});
  return model;
}

/** Movement pruning as the paper has it, on arrays: the masks after each step, and the dense weights in the end. */
function oracle(start: number[]): {masks: number[][]; weights: number[]} {
  const [x, y] = data().map(tensor => tensor.arraySync()) as [number[][], number[][]];
  const weights = [...start];
  const scores = start.map(() => 0);
  let mask = start.map(() => 1);
  const masks: number[][] = [];
  for (let step = 0; step < STEPS; step++) {
    const gradient = start.map(() => 0);
    for (const n of [2 * step, 2 * step + 1]) {
      for (let o = 0; o < OUTPUTS; o++) {
        const sum = x[n]!.reduce(
          (total, value, i) => total + value * weights[i * OUTPUTS + o]! * mask[i * OUTPUTS + o]!,
          0,
        );
        x[n]!.forEach((value, i) => (gradient[i * OUTPUTS + o]! += (2 / (2 * OUTPUTS)) * (sum - y[n]![o]!) * value));
      }
    }
    weights.forEach((weight, i) => (scores[i]! -= weight * gradient[i]!));
    gradient.forEach((value, i) => (weights[i]! -= RATE * value));
    if (schedule.updatesAt(step + 1)) {
      const zeros = roundHalfEven(weights.length * schedule.sparsityAt(step + 1));
      const falling = new Set([...scores.keys()].sort((a, b) => scores[a]! - scores[b]!).slice(0, zeros));
      mask = mask.map((_, i) => (falling.has(i) ? 0 : 1));
    }
    masks.push(mask);
  }
  return {masks, weights};
}

test('movement pruning is gradual pruning by movement() with regrowth, as worked out on arrays', async () => {
  const model = net();
  const [weight] = wrapper(model, 'd').maskedWeights;
  const {masks, weights} = oracle([...weight!.kernel.read().dataSync()]);
  const seen: number[][] = [];
  const watch = new tf.CustomCallback({onBatchEnd: () => void seen.push([...weight!.mask.read().dataSync()])});
  const [x, y] = data();
  const pruning = new GradualPruning({schedule, criterion: movement(), regrowth: true});
  await model.fit(x, y, {batchSize: 2, shuffle: false, verbose: 0, callbacks: [pruning, watch]});
  expect(seen).toEqual(masks);
  weight!.kernel
    .read()
    .dataSync()
    .forEach((value, i) => expect(value).toBeCloseTo(weights[i]!, 4));
  const cameBack = seen.some((mask, step) => step > 0 && mask.some((kept, i) => kept > seen[step - 1]![i]!));
  expect(cameBack).toBe(true);
  expect(pruning.sparsity).toBe(0.75);
});

test('and leaks nothing', async () => {
  const [model, [x, y]] = [net(), data()];
  await expectNoLeak(async () => {
    const pruning = new GradualPruning({schedule, criterion: movement(), regrowth: true});
    await model.fit(x, y, {batchSize: 2, verbose: 0, callbacks: pruning});
  });
});
