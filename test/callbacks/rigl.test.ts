import * as tf from '@tensorflow/tfjs';
import {dropSchedule} from '../../callbacks/families/rewiring.js';
import {RigL, type RigLArgs} from '../../callbacks/rigl.js';
import {atBatchEnd, fit, keptIn, maskedWeights, masksOf, net} from '../support/sparse-training.js';

/**
 * An own way to the dense gradients: differentiates the loss by the kernels that a plain model of the same layers uses.
 */
function denseGradients(model: tf.LayersModel, x: tf.Tensor, y: tf.Tensor): Float32Array[] {
  return tf.tidy(() => {
    const weightsOf = (name: string) => model.getLayer(name).trainableWeights.map(weight => weight.read());
    const [conv, hidden, shared, out] = ['conv', 'hidden', 'shared', 'out'].map(weightsOf);
    const dense = (input: tf.Tensor, kernel: tf.Tensor, bias: tf.Tensor) => tf.add(tf.matMul(input, kernel), bias);
    const loss = (...kernels: tf.Tensor[]) => {
      const image = tf.add(tf.conv2d(x as tf.Tensor4D, kernels[0] as tf.Tensor4D, 1, 'valid'), conv![1]!);
      const first = tf.tanh(dense(tf.reshape(image, [x.shape[0], -1]), kernels[1]!, hidden![1]!));
      const second = tf.tanh(dense(first, kernels[2]!, shared![1]!));
      const third = tf.tanh(dense(second, kernels[2]!, shared![1]!));
      return tf.mean<tf.Scalar>(tf.squaredDifference(dense(third, kernels[3]!, out![1]!), y));
    };
    const gradients = tf.grads(loss)([conv![0]!, hidden![0]!, shared![0]!, out![0]!]);
    return gradients.map(gradient => gradient.dataSync<'float32'>().slice());
  });
}

/** The places of the `count` largest values where nothing is kept; written apart from the library's selection. */
const largest = (values: Float32Array, isFree: (place: number) => boolean, count: number) =>
  [...values.keys()]
    .filter(isFree)
    .sort((a, b) => Math.abs(values[b]!) - Math.abs(values[a]!))
    .slice(0, count)
    .sort((a, b) => a - b);

test('drops the smallest weights, and grows exactly where the dense gradient of that batch is largest', async () => {
  const model = net(tf.train.sgd(0.05));
  const x = tf.randomNormal([8, 4, 4, 2], 0, 1, 'float32', 1);
  const y = tf.randomNormal([8, 2], 0, 1, 'float32', 2);
  let gradients: Float32Array[] = [];
  let before: string[] = [];
  const kernels: Float32Array[] = [];
  const lookFirst = new tf.CustomCallback({
    onBatchEnd: () =>
      maskedWeights(model).forEach(
        ({kernel, mask}, i) =>
          (kernels[i] = tf.tidy(() => tf.mul(kernel.read(), mask.read()).dataSync<'float32'>().slice())),
      ),
  });
  const callback = new RigL({sparsity: 0.5, seed: 1, frequency: 1, endStep: 4, dropFraction: 0.4});
  const look = new tf.CustomCallback({
    onBatchBegin: () => {
      gradients = denseGradients(model, x, y);
      before = masksOf(model);
    },
    onBatchEnd: () => {
      // 0.4 / 2 * (1 + cos(pi * step / 4)), of 15, 21 and 18 weights; the dense layer has no place to grow
      const ks = {1: [5, 7, 6, 0], 2: [3, 4, 4, 0], 3: [1, 1, 1, 0]}[callback.step] ?? [0, 0, 0, 0];
      masksOf(model).forEach((after, i) => {
        const places = [...after].map((_, place) => place);
        const kept = places.filter(place => before[i]![place] === '1');
        const bySize = kept.sort((a, b) => Math.abs(kernels[i]![b]!) - Math.abs(kernels[i]![a]!));
        const survivors = bySize.slice(0, kept.length - ks[i]!);
        const grown = largest(gradients[i]!, place => !survivors.includes(place), ks[i]!);
        expect(places.filter(place => after[place] === '1')).toEqual([...survivors, ...grown].sort((a, b) => a - b));
      });
    },
  });
  await model.fit(x, y, {epochs: 5, batchSize: 8, shuffle: false, verbose: 0, callbacks: [lookFirst, callback, look]});
  expect(keptIn(model)).toEqual([15, 21, 18, 12]);
});

test('the fraction falls along a cosine', () => {
  const cosine = {dropFraction: 0.3, decay: 'cosine', beginStep: undefined, endStep: 1000, frequency: 100} as const;
  const falling = dropSchedule(cosine);
  const table = [0.3, 0.2927, 0.2714, 0.2382, 0.1964, 0.15, 0.1036, 0.0618, 0.0286, 0.0073, 0];
  table.forEach((fraction, i) => expect(falling.sparsityAt(i * 100)).toBeCloseTo(fraction, 4));
  const constant = dropSchedule({...cosine, decay: 'constant', dropFraction: 0.2});
  expect([0, 500, 1000].map(step => constant.sparsityAt(step))).toEqual([0.2, 0.2, 0.2]);
});

test('observes no more batches than it needs, and their gradients together', async () => {
  const tappedAt = async (args: Partial<RigLArgs>) => {
    const model = net();
    const callback = new RigL({sparsity: 0.5, seed: 1, frequency: 4, endStep: 8, ...args});
    const [weight] = maskedWeights(model);
    const tap = weight!.tap.bind(weight);
    let taps = 0;
    jest.spyOn(weight!, 'tap').mockImplementation(listener => {
      const stop = tap(listener);
      taps++;
      return () => void (stop(), taps--);
    });
    const batches: number[] = [];
    const watch = new tf.CustomCallback({onBatchBegin: () => void (taps > 0 && batches.push(callback.step))});
    await fit(model, [callback, watch], 2);
    return batches;
  };
  // at step 8 the fraction is 0, and there is nothing to observe for
  expect(await tappedAt({})).toEqual([3]);
  expect(await tappedAt({decay: 'constant'})).toEqual([3, 7]);
  expect(await tappedAt({observedBatches: 3})).toEqual([1, 2, 3]);
  expect(await tappedAt({stepUnit: 'epoch', frequency: 1, endStep: 2})).toEqual([0]); // by its last batch alone
});

test('says what is wrong', async () => {
  const make = (args: object) => () => new RigL({sparsity: 0.5, endStep: 100, ...args});
  expect(make({observedBatches: 0})).toThrow('Expected `observedBatches` to be a whole number >= 1, got 0');
  const model = net();
  model.getLayer('conv').trainable = false;
  model.compile({optimizer: 'sgd', loss: 'meanSquaredError'});
  const frozen = new RigL({sparsity: 0.5, frequency: 2, endStep: 4, layers: ['conv', 'out']});
  await expect(fit(model, [frozen])).rejects.toThrow('has observed no pass through "conv/kernel"');
});

test('by default it moves connections every hundred batches', async () => {
  const model = net();
  const callback = new RigL({sparsity: 0.5, seed: 1, endStep: 1000, initialStep: 97});
  const changes: number[] = [];
  let before = '';
  const watch = atBatchEnd(() => {
    const masks = masksOf(model).join();
    if (before !== '' && masks !== before) changes.push(callback.step);
    before = masks;
  });
  await fit(model, [callback, watch], 2);
  expect(changes).toEqual([100]);
});

test('works by epochs in fitDataset, whose length tf.js does not know', async () => {
  const model = net();
  const row = (size: number) => tf.randomNormal([8, size], 0, 1, 'float32', size);
  const xs = tf.data.array((await row(32).array()) as number[][]).map(x => tf.reshape(tf.tensor(x), [4, 4, 2]));
  const data = tf.data.zip({xs, ys: tf.data.array((await row(2).array()) as number[][])}).batch(4);
  const masks: string[] = [];
  const watch = new tf.CustomCallback({onEpochBegin: () => void masks.push(masksOf(model).join())});
  const callback = new RigL({sparsity: 0.5, seed: 1, stepUnit: 'epoch', frequency: 1, endStep: 3});
  await model.fitDataset(data, {epochs: 4, verbose: 0, callbacks: [callback, watch]});
  expect(new Set(masks).size).toBe(3);
  expect(keptIn(model)).toEqual([15, 21, 18, 12]);
});
