import * as tf from '@tensorflow/tfjs';
import {
  eachWeight,
  filters,
  globalRanking,
  inverted,
  magnitude,
  prunable,
  pruneOnce,
  synFlow,
  taylor,
  uniform,
  weights,
} from 'tfjs-pruning';
import {ScheduledPenalty, type ScheduledPenaltyArgs} from '../../callbacks/scheduled-penalty.js';
import {exponentialGrowth} from '../../schedules/exponential-growth.js';
import {growingRegularization} from '../../src/penalties/growing-regularization.js';
import {l1} from '../../src/penalties/l1.js';
import {l2} from '../../src/penalties/l2.js';
import type {Penalty} from '../../src/penalties/penalty.js';
import {selectiveWeightDecay} from '../../src/penalties/selective-weight-decay.js';
import {layout} from '../support/layouts.js';
import {distance, expectNoLeak, saveAndLoad} from '../support/tensors.js';

const BATCHES = 4;

/** A linear model of a 3 x 4 and a 4 x 1 kernel. */
function net(rate = 0.1): tf.Sequential {
  const layers = [
    tf.layers.dense({
      name: 'a',
      units: 4,
      inputShape: [3],
      useBias: false,
      weights: [tf.tensor2d([1, -2, 3, 0.1, 0.2, 5, -6, 0.3, -7, 8, 9, 0.4], [3, 4])],
    }),
    tf.layers.dense({name: 'b', units: 1, useBias: false, weights: [tf.tensor2d([0.05, -1, 2, 0.5], [4, 1])]}),
  ];
  const model = tf.sequential({layers});
  model.compile({optimizer: tf.train.sgd(rate), loss: 'meanSquaredError'});
  return model;
}

/** Trains on zeros, so that only penalties have gradients; returns the loss of each batch. */
async function fit(
  model: tf.LayersModel,
  callbacks: (tf.Callback | tf.CustomCallback)[],
  epochs = 1,
): Promise<number[]> {
  const [x, y] = [tf.zeros([BATCHES * 2, 3]), tf.zeros([BATCHES * 2, 1])];
  const losses: number[] = [];
  const watch = new tf.CustomCallback({onBatchEnd: (_, logs) => void losses.push(logs!['loss'] as number)});
  try {
    await model.fit(x, y, {epochs, batchSize: 2, verbose: 0, callbacks: [...callbacks, watch]});
  } finally {
    tf.dispose([x, y]);
  }
  return losses;
}

function afterBatch(number: number, action: () => void): tf.CustomCallback {
  return new tf.CustomCallback({
    onBatchEnd: batch => {
      if (batch === number) action();
    },
  });
}

/** Writes the kernel of b. */
function rewrite(model: tf.LayersModel, values: number[]): void {
  tf.tidy(() => void model.getLayer('b').weights[0]!.write(tf.tensor2d(values, [4, 1])));
}

const kernels = (model: tf.LayersModel) => model.getWeights().map(weight => [...weight.dataSync()]);
const rounded = (values: number[]) => values.map(value => +value.toPrecision(5));
const scheduled = (args: Partial<ScheduledPenaltyArgs> & {penalty: Penalty}) => new ScheduledPenalty(args);

describe('the strength', () => {
  test('goes by the batches, over several fits, and is gone in between', async () => {
    const model = net(0);
    const penalty = scheduled({penalty: l1({strength: 1}), strength: step => step, layers: 'b'});
    const sum = 3.55;
    expect(rounded(await fit(model, [penalty]))).toEqual(rounded([0, sum, 2 * sum, 3 * sum]));
    expect(await fit(model, [])).toEqual([0, 0, 0, 0]);
    expect(rounded(await fit(model, [penalty]))).toEqual(rounded([4 * sum, 5 * sum, 6 * sum, 7 * sum]));
    expect(penalty.step).toBe(8);
    penalty.reset(1);
    expect(rounded(await fit(model, [penalty])).slice(0, 1)).toEqual(rounded([sum]));
  });

  test('goes by the epochs where asked', async () => {
    const penalty = scheduled({
      penalty: l1({strength: 1}),
      strength: step => 10 ** step,
      layers: 'b',
      stepUnit: 'epoch',
      initialStep: 1,
    });
    const losses = await fit(net(0), [penalty], 2);
    expect(rounded(losses)).toEqual([35.5, 35.5, 35.5, 35.5, 355, 355, 355, 355]);
    expect(penalty.step).toBe(3);
  });

  test('defaults to 1, and the gradient has it, too', async () => {
    const model = net();
    await fit(model, [scheduled({penalty: l2({strength: 0.5}), layers: 'b'})]);
    expect(rounded(kernels(model)[1]!)).toEqual(rounded([0.05, -1, 2, 0.5].map(value => value * 0.9 ** 4)));
  });
});

describe('selective weight decay', () => {
  test('bears down on what would be pruned, half a square each, and on nothing else', async () => {
    const model = net(0.1);
    // the smallest 5 of all 16: 0.1, 0.2, 0.3, 0.4 in a, 0.05 in b; after each step they are 0.8 of what they were
    const penalty = scheduled({penalty: selectiveWeightDecay({sparsity: 5 / 16, strength: 2})});
    const squares = 0.01 + 0.04 + 0.09 + 0.16 + 0.0025;
    const losses = await fit(model, [penalty]);
    expect(rounded(losses)).toEqual(rounded([1, 0.64, 0.64 ** 2, 0.64 ** 3].map(part => part * squares)));
    const factor = 0.8 ** 4;
    const [a, b] = kernels(model);
    expect(rounded(a!)).toEqual(
      rounded([1, -2, 3, 0.1 * factor, 0.2 * factor, 5, -6, 0.3 * factor, -7, 8, 9, 0.4 * factor]),
    );
    expect(rounded(b!)).toEqual(rounded([0.05 * factor, -1, 2, 0.5]));
  });

  test('chooses anew before each batch, or as often as it is told', async () => {
    const args = {penalty: selectiveWeightDecay({sparsity: 0.25, strength: 5}), layers: 'b'};
    const [always, rarely] = [net(), net()];
    await fit(always, [scheduled(args), afterBatch(1, () => rewrite(always, [1, -1, 2, 0.02]))]);
    expect(rounded(kernels(always)[1]!)).toEqual([1, -1, 2, 0.005]);
    await fit(rarely, [scheduled({...args, frequency: 3}), afterBatch(1, () => rewrite(rarely, [1, -1, 2, 0.02]))]);
    expect(rounded(kernels(rarely)[1]!)).toEqual([0.5, -1, 2, 0.01]);
  });

  test('makes pruning harmless, where it harms a model that was trained without', async () => {
    const harm = async (callbacks: tf.Callback[]) => {
      const kernelInitializer = tf.initializers.glorotNormal({seed: 1});
      const layers = [
        tf.layers.dense({units: 16, activation: 'tanh', inputShape: [6], kernelInitializer}),
        tf.layers.dense({units: 1, kernelInitializer}),
      ];
      const model = prunable(tf.sequential({layers}));
      model.compile({optimizer: tf.train.momentum(0.02, 0.9), loss: 'meanSquaredError'});
      const x = tf.randomNormal([64, 6], 0, 1, 'float32', 2);
      const y = tf.tidy(() => tf.sum(tf.slice(x, [0, 0], [64, 2]), 1, true));
      const loss = () => tf.tidy(() => (model.evaluate(x, y, {verbose: 0}) as tf.Scalar).dataSync()[0]!);
      await model.fit(x, y, {epochs: 60, batchSize: 32, verbose: 0, shuffle: false, callbacks});
      const before = loss();
      await pruneOnce(model, {sparsity: 0.8, allocation: globalRanking()});
      return [before, loss()] as const;
    };
    const [plainBefore, plainAfter] = await harm([]);
    const strength = exponentialGrowth({from: 0.1, to: 1e5, steps: 120});
    const [before, after] = await harm([scheduled({penalty: selectiveWeightDecay({sparsity: 0.8}), strength})]);
    expect(after - before).toBeLessThan((plainAfter - plainBefore) / 20);
    expect(after).toBeLessThan(plainAfter / 5);
  });

  test('ends where pruning by the same plugs costs nothing', async () => {
    const model = prunable(net());
    model.compile({optimizer: tf.train.sgd(0.1), loss: 'meanSquaredError'});
    const strength = exponentialGrowth({from: 0.1, to: 8, steps: 12});
    const plugs = {sparsity: 0.5, structure: filters(), allocation: uniform()};
    await fit(model, [scheduled({penalty: selectiveWeightDecay({...plugs, strength: 1}), strength})], 6);
    const before = kernels(model);
    await pruneOnce(model, {...plugs, layers: 'a'});
    const after = kernels(model);
    expect(distance(tf.tensor1d(before[0]!), tf.tensor1d(after[0]!))).toBeLessThan(1e-5);
    expect(after[0]!.filter(value => value === 0)).toHaveLength(6);
  });

  test('counts what is gone already among what is to go, whatever the criterion says of it', async () => {
    const model = prunable(net());
    model.compile({optimizer: tf.train.sgd(0.1), loss: 'meanSquaredError'});
    await pruneOnce(model, {amount: 1, layers: 'b'}); // 0.05
    // of four weights three go: that one, and of the others the largest two
    const plugs = {sparsity: 0.75, criterion: inverted(magnitude()), allocation: uniform()};
    await fit(model, [scheduled({penalty: selectiveWeightDecay({...plugs, strength: 1}), layers: 'b', frequency: 9})]);
    const factor = 0.9 ** 4;
    expect(rounded([...model.getLayer('b').getWeights()[0]!.dataSync()])).toEqual(
      rounded([0, -factor, 2 * factor, 0.5]),
    );
  });

  test('refuses a structure that spreads what is no mask', async () => {
    const structure = eachWeight({...weights(), spread: kept => kept.map(bit => 2 * bit)});
    const penalty = scheduled({penalty: selectiveWeightDecay({sparsity: 0.5, structure})});
    await expect(fit(net(), [penalty])).rejects.toThrow('to hold only 0 and 1, got 2');
  });

  test('says what is wrong', () => {
    const unchosen = selectiveWeightDecay({sparsity: 0.5});
    expect(() => unchosen(tf.ones([2, 2]), layout([2, 2]))).toThrow('but nothing was chosen; use new ScheduledPenalty');
    expect(() => selectiveWeightDecay({sparsity: 1})).toThrow('Expected `sparsity` to be a number in [0, 1)');
    expect(() => selectiveWeightDecay({sparsity: 0.5, strength: -1})).toThrow('Expected `strength`');
    expect(() => selectiveWeightDecay({sparsity: 0.5, criterion: taylor()})).toThrow(
      'a criterion that sees weights, got one that sees gradients',
    );
    expect(() => selectiveWeightDecay({sparsity: 0.5, criterion: synFlow()})).toThrow('got one that sees model');
    expect(() => selectiveWeightDecay({sparsity: 0.5, target: 1} as never)).toThrow('has no option `target`');
    expect(() => selectiveWeightDecay({sparsity: 0.5, allocation: 1 as never})).toThrow('Expected `allocation`');
  });
});

describe('growing regularization', () => {
  /** The coefficient of each column of a, before each batch. */
  async function coefficients(penalty: Penalty, steps: number): Promise<number[][]> {
    const model = net();
    const variable = model.layers[0]!.weights[0]!;
    const seen: number[][] = [];
    let previous: Float32Array[] | undefined;
    for (let step = 0; step < steps; step++) {
      if (step % penalty.frequency! === 0) {
        previous = await penalty.choose!([{variable, layout: layout([3, 4])}], {step, previous});
      }
      const [values] = previous!;
      expect([...values!.subarray(4, 8)]).toEqual([...values!.subarray(0, 4)]);
      seen.push(rounded([...values!.subarray(0, 4)]));
    }
    return seen;
  }

  test('of variant 1 grows on what is smallest: by hand', async () => {
    // columns of the magnitudes 8.2, 15, 18 and 0.8: the first and the last are to be pruned
    const penalty = growingRegularization({variant: 1, sparsity: 0.5, growth: 0.1, frequency: 2, ceiling: 0.35});
    expect(await coefficients(penalty, 10)).toEqual(
      [0.1, 0.1, 0.2, 0.2, 0.3, 0.3, 0.35, 0.35, 0.35, 0.35].map(c => [c, 0, 0, c]),
    );
  });

  test('of variant 2 grows on all, chooses, and lets the kept recover: by hand', async () => {
    const penalty = growingRegularization({
      variant: 2,
      sparsity: 0.25,
      growth: 0.5,
      frequency: 1,
      ceiling: 1.2,
      pickingGrowth: 0.1,
      pickingCeiling: 0.3,
      recovery: 0.01,
    });
    expect(await coefficients(penalty, 6)).toEqual([
      [0.1, 0.1, 0.1, 0.1],
      [0.2, 0.2, 0.2, 0.2],
      [0.3, 0.3, 0.3, 0.3],
      [-0.01, -0.01, -0.01, 0.8],
      [-0.01, -0.01, -0.01, 1.2],
      [-0.01, -0.01, -0.01, 1.2],
    ]);
  });

  test('of variant 2 picks when its ceiling is reached, in spite of rounding', async () => {
    const growth = {frequency: 1, growth: 1, pickingGrowth: 0.01, pickingCeiling: 0.07}; // 0.07 / 0.01 is more than 7
    const seen = await coefficients(growingRegularization({variant: 2, sparsity: 0.25, ...growth, recovery: 0}), 8);
    expect(seen[6]).toEqual([0.07, 0.07, 0.07, 0.07]);
    expect(seen[7]!.map(Math.abs)).toEqual([0, 0, 0, 1]);
  });

  test('holds on to its choice, as weights change, and pulls by its coefficient', async () => {
    const model = net(0.1);
    const penalty = growingRegularization({
      variant: 1,
      sparsity: 0.5,
      growth: 1,
      frequency: 2,
      ceiling: 2,
      structure: weights(),
    });
    const turn = afterBatch(1, () => rewrite(model, [10, 1, 2, 10]));
    await fit(model, [scheduled({penalty, layers: 'b'}), turn]);
    // the first and the last were the smallest at the start: 10 * (1 - 0.1 * 2)^2
    expect(rounded(kernels(model)[1]!)).toEqual([6.4, 1, 2, 6.4]);
  });

  test('says what is wrong', () => {
    const right = {variant: 1, sparsity: 0.5} as const;
    expect(() => growingRegularization({...right, variant: 3 as never})).toThrow('`variant` to be one of 1, 2');
    expect(() => growingRegularization({...right, sparsity: 1})).toThrow('Expected `sparsity`');
    expect(() => growingRegularization({...right, growth: 0})).toThrow('Expected `growth` to be a number > 0');
    expect(() => growingRegularization({...right, frequency: 0})).toThrow(
      'Expected `frequency` to be a whole number >= 1',
    );
    expect(() => growingRegularization({...right, ceiling: 0})).toThrow('Expected `ceiling` to be a number > 0');
    expect(() => growingRegularization({...right, recovery: -1})).toThrow('Expected `recovery`');
    expect(() => growingRegularization({...right, strength: 1} as never)).toThrow('has no option `strength`');
  });
});

describe.each<[string, () => Penalty]>([
  ['l1', () => l1({strength: 0.1})],
  ['selective weight decay', () => selectiveWeightDecay({sparsity: 0.5, strength: 0.1, allocation: globalRanking()})],
  ['growing regularization', () => growingRegularization({variant: 1, sparsity: 0.5, growth: 0.1, frequency: 3})],
])('%s', (_, make) => {
  const strength = (step: number) => 1 + step;

  test('goes on after a save and load as if it had never stopped', async () => {
    const [whole, part] = [net(), net()];
    await fit(whole, [scheduled({penalty: make(), strength})], 2);
    const first = scheduled({penalty: make(), strength});
    await fit(part, [first]);
    const resumed = await saveAndLoad(part, true);
    await fit(resumed, [scheduled({penalty: make(), strength, initialStep: first.step})]);
    expect(kernels(resumed)).toEqual(kernels(whole));
  });

  test('leaks nothing', async () => {
    const [model, callback] = [net(), scheduled({penalty: make(), strength})];
    await expectNoLeak(async () => void (await fit(model, [callback], 2)));
    await expectNoLeak(async () => void (await fit(model, [callback])));
  });
});

test('chooses anew in a fit that trains other weights', async () => {
  const model = net(0);
  const penalty = scheduled({
    penalty: growingRegularization({variant: 1, sparsity: 0.5, growth: 2, frequency: 100, structure: weights()}),
  });
  await fit(model, [penalty]);
  model.getLayer('a').trainable = false;
  model.compile({optimizer: tf.train.sgd(0), loss: 'meanSquaredError'});
  // half of b: 0.05 and 0.5, by the coefficient 1 of its ceiling
  expect(rounded(await fit(model, [penalty])).slice(0, 1)).toEqual(rounded([(0.05 ** 2 + 0.5 ** 2) / 2]));
});

test('takes itself off when its own choice fails, and at the next fit or remove() after another failure', async () => {
  const model = net(0);
  const failing = scheduled({penalty: l1({strength: 1}), strength: step => (step < 2 ? 1 : NaN)});
  await expect(fit(model, [failing])).rejects.toThrow('Expected `strength(2)` to be a number >= 0, got NaN');
  expect(await fit(model, [])).toEqual([0, 0, 0, 0]);
  const callback = scheduled({penalty: l1({strength: 1})});
  const bomb = afterBatch(1, () => {
    throw new Error('bomb');
  });
  await expect(fit(model, [callback, bomb])).rejects.toThrow('bomb');
  callback.remove();
  expect(await fit(model, [])).toEqual([0, 0, 0, 0]);
});

test('says what is wrong', async () => {
  expect(() => scheduled({penalty: 1 as never})).toThrow('Expected `penalty` to be a function');
  expect(() => scheduled({penalty: l1({strength: 1}), strength: 1 as never})).toThrow('Expected `strength` to be');
  expect(() => scheduled({penalty: l1({strength: 1}), frequency: 0})).toThrow('Expected `frequency`');
  expect(() => scheduled({penalty: l1({strength: 1}), initialStep: -1})).toThrow('Expected `initialStep`');
  expect(() => scheduled({penalty: l1({strength: 1}), stepUnit: 'day' as never})).toThrow('Expected `stepUnit`');
  expect(() => scheduled({penalty: l1({strength: 1}), step: 1} as never)).toThrow('has no option `step`');
  const model = net();
  const choosy = Object.assign(l1({strength: 1}), {choose: () => Promise.resolve([new Float32Array(2)])});
  await expect(fit(model, [scheduled({penalty: choosy})])).rejects.toThrow('to choose 12 values for "a/kernel"');
  const idle = Object.assign(l1({strength: 1}), {choose: () => Promise.resolve(undefined as never)});
  await expect(fit(model, [scheduled({penalty: idle})])).rejects.toThrow('to choose an array for each weight, got');
  const steps = scheduled({penalty: weight => tf.sum(tf.cast(tf.greater(weight, 0), 'float32'))});
  await expect(fit(model, [steps])).rejects.toThrow('Expected the penalty to be differentiable for "a/kernel"');
  const twice = scheduled({penalty: l1({strength: 1})});
  await expect(fit(model, [twice, twice])).rejects.toThrow('is in the list of callbacks twice');
  expect(await fit(model, [])).toEqual([0, 0, 0, 0]);
  await expect(fit(model, [scheduled({penalty: l1({strength: 1}), layers: 'c'})])).rejects.toThrow('matches none');
});
