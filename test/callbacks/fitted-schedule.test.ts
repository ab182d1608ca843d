import * as tf from '@tensorflow/tfjs-core';
import * as tfl from '@tensorflow/tfjs-layers';
import {
  GradualPruning,
  polynomialDecay,
  prunable,
  SoftFilterPruning,
  sparsityReport,
  startTraining,
  TargetedDropout,
  type GradualPruningArgs,
} from '../../src/index.js';
import {PruningCallback} from '../../callbacks/index.js';

const UNITS = 100;

let said: string[];
beforeEach(() => {
  said = [];
  jest.spyOn(console, 'warn').mockImplementation(line => void said.push(String(line)));
});

function net(): tfl.Sequential {
  const model = prunable(
    tfl.sequential({layers: [tfl.layers.dense({units: UNITS, inputShape: [10], name: 'hidden'})]}),
  );
  model.compile({optimizer: 'sgd', loss: 'meanSquaredError'});
  return model;
}

const examples = (count: number) =>
  [tf.randomNormal([count, 10], 0, 1, 'float32', 1), tf.zeros([count, UNITS])] as const;

/** Trains, and returns the sparsity after each step, with the one before the first. */
async function sparsities(
  model: tfl.LayersModel,
  callback: PruningCallback,
  {examples: count = 40, ...args}: tfl.ModelFitArgs & {examples?: number},
): Promise<number[]> {
  const seen = [0];
  const watch = new tfl.CustomCallback({onBatchEnd: () => void seen.push(Number(callback.sparsity.toFixed(3)))});
  const [xs, ys] = examples(count);
  await model.fit(xs, ys, {
    batchSize: 2,
    verbose: 0,
    shuffle: false,
    callbacks: [callback, watch] as tfl.Callback[],
    ...args,
  });
  return seen;
}

describe('GradualPruning with `sparsity` alone', () => {
  // 0.9 - 0.9 * (1 - (t - 0.1) / (2 / 3 - 0.1)) ** 3 of t = step / 20, from step 2 to round(20 * 2 / 3) = 13
  const curve = (step: number, steps: number) => {
    const progress = (step / steps - 0.1) / (2 / 3 - 0.1);
    return Number((Math.round(1000 * (0.9 - 0.9 * (1 - progress) ** 3)) / 1000).toFixed(3));
  };

  test('ramps from a tenth of the fit to two thirds of it', async () => {
    const seen = await sparsities(net(), new GradualPruning({sparsity: 0.9}), {});
    const expected = Array.from({length: 21}, (_, step) => (step <= 2 ? 0 : step >= 13 ? 0.9 : curve(step, 20)));
    expect(seen).toEqual(expected);
  });

  test('ends at the nearest step: two thirds of 4 are 3, where the sparsity is not reached before', async () => {
    // 0.9 - 0.9 * (1 - (1 / 4 - 0.1) / (2 / 3 - 0.1)) ** 3 = 0.542, and of 2 / 4 it is 0.877
    expect(await sparsities(net(), new GradualPruning({sparsity: 0.9}), {examples: 8})).toEqual([
      0, 0.542, 0.877, 0.9, 0.9,
    ]);
  });

  test.each([
    [1, 1],
    [2, 1],
    [3, 5],
    [64, 1],
    [640, 5],
    [6400, 2],
  ])(
    'reaches its sparsity with %i examples in %i epochs, and recovers if there are steps left',
    async (count, epochs) => {
      const model = net();
      const steps = epochs * Math.ceil(count / 32);
      const seen = await sparsities(model, new GradualPruning({sparsity: 0.9}), {
        examples: count,
        batchSize: 32,
        epochs,
      });
      expect(seen).toHaveLength(steps + 1);
      const end = Math.round((2 / 3) * steps);
      expect(seen[end]).toBe(0.9);
      expect(Math.max(0, ...seen.slice(0, Math.floor(0.9 * end)))).toBeLessThan(0.9);
      expect((await sparsityReport(model)).total.sparsity).toBe(0.9);
      expect(said).toEqual([]);
    },
  );

  test('a second fit keeps the masks and does not ramp again, but does after reset()', async () => {
    const callback = new GradualPruning({sparsity: 0.5});
    const model = net();
    await sparsities(model, callback, {});
    expect(new Set((await sparsities(model, callback, {epochs: 3})).slice(1))).toEqual(new Set([0.5]));
    callback.reset();
    const again = await sparsities(net(), callback, {epochs: 3});
    expect([again[6], again[40]]).toEqual([0, 0.5]);
    expect(again[30]).toBeLessThan(0.5);
  });

  test('a fit that begins at `initialEpoch` follows the curve of the whole training', async () => {
    const whole = await sparsities(net(), new GradualPruning({sparsity: 0.9}), {epochs: 4});
    const model = net();
    await sparsities(model, new GradualPruning({sparsity: 0.9, epochs: 4}), {epochs: 2});
    const callback = new GradualPruning({sparsity: 0.9});
    const rest = await sparsities(model, callback, {initialEpoch: 2, epochs: 4});
    expect(rest.slice(1)).toEqual(whole.slice(41));
    expect(callback.step).toBe(80);
  });

  test('`epochs` lays it over a loop of short fits', async () => {
    const callback = new GradualPruning({sparsity: 0.9, epochs: 3});
    const model = net();
    const seen = [0];
    for (let epoch = 0; epoch < 3; epoch++) seen.push(...(await sparsities(model, callback, {})).slice(1));
    expect(seen).toEqual(await sparsities(net(), new GradualPruning({sparsity: 0.9}), {epochs: 3}));
  });

  test('a fit that is stopped early says what was reached', async () => {
    const callback = new GradualPruning({sparsity: 0.9});
    const model = net();
    const stop = new tfl.CustomCallback({onBatchEnd: batch => void (batch === 6 && (model.stopTraining = true))});
    const [xs, ys] = examples(40);
    await model.fit(xs, ys, {batchSize: 2, epochs: 1, verbose: 0, callbacks: [callback, stop] as tfl.Callback[]});
    expect(said).toEqual([
      expect.stringContaining(
        "GradualPruning: this fit stopped at step 7 with a sparsity of 0.743, before the schedule's end at step 13, " +
          'where the sparsity is 0.9. Train on with the same callback',
      ),
    ]);
  });

  test('its state holds the length: a training goes on in another process, after a shorter fit', async () => {
    const first = new GradualPruning({sparsity: 0.9, epochs: 2});
    const model = net();
    await sparsities(model, first, {});
    const second = new GradualPruning({sparsity: 0.9, epochs: 2});
    await second.restore(await first.state());
    const rest = await sparsities(model, second, {});
    expect(rest.slice(1)).toEqual(
      (await sparsities(net(), new GradualPruning({sparsity: 0.9}), {epochs: 2})).slice(21),
    );
  });

  test('a fit that fails before its first batch says nothing of the length', async () => {
    const callback = new GradualPruning({sparsity: 0.9, layers: 'hidden'});
    const other = prunable(
      tfl.sequential({layers: [tfl.layers.dense({units: UNITS, inputShape: [10], name: 'other'})]}),
    );
    other.compile({optimizer: 'sgd', loss: 'meanSquaredError'});
    await expect(sparsities(other, callback, {epochs: 7})).rejects.toThrow('hidden');
    expect((await sparsities(net(), callback, {})).indexOf(0.9)).toBe(13);
  });

  const dataset = (batches: number) => {
    const iterator = () => {
      let left = batches;
      return Promise.resolve({
        next: () => {
          const [xs, ys] = examples(2);
          return Promise.resolve({value: {xs, ys}, done: left-- <= 0});
        },
      });
    };
    return {size: null, batch: 2, iterator} as never;
  };

  test('with a dataset of unknown length it ramps by epochs', async () => {
    const model = net();
    const history = await model.fitDataset(dataset(4), {
      epochs: 6,
      verbose: 0,
      callbacks: [new GradualPruning({sparsity: 0.9})],
    });
    // epochs 1 to 4 of 6: t = 1/6, 1/3, 1/2, and 0.9 after the fourth
    const expected = [1, 2, 3].map(epoch => curve(epoch, 6));
    expect(history.history['sparsity']!.map(value => Number((value as number).toFixed(3)))).toEqual([
      ...expected,
      0.9,
      0.9,
      0.9,
    ]);
  });

  test('with a single epoch of it, it asks for `batchesPerEpoch`, and uses it', async () => {
    const fit = (args: GradualPruningArgs) => {
      const model = net();
      return model.fitDataset(dataset(10), {epochs: 1, verbose: 0, callbacks: [new GradualPruning(args)]});
    };
    await expect(fit({sparsity: 0.9})).rejects.toThrow(
      'GradualPruning lays its schedule over the batches of the fit, but the length of the dataset is unknown, and ' +
        'there is one epoch only; give it `batchesPerEpoch`',
    );
    const {history} = await fit({sparsity: 0.9, batchesPerEpoch: 10});
    expect(history['sparsity']![0]).toBeCloseTo(0.9, 6);
  });

  test('in a training loop it takes the length from `startTraining`', async () => {
    const callback = new GradualPruning({sparsity: 0.9});
    const model = net();
    const training = await startTraining(model, [callback], {epochs: 2, batchesPerEpoch: 3});
    for (let epoch = 0; epoch < 2; epoch++) {
      await training.epochBegin();
      for (let batch = 0; batch < 3; batch++) {
        await training.batchBegin();
        await training.batchEnd();
      }
      await training.epochEnd();
    }
    await training.end();
    expect(callback.sparsity).toBe(0.9);
    expect(said).toEqual([]);
  });

  test('a training of unknown length is refused', async () => {
    const callback = new GradualPruning({sparsity: 0.9});
    callback.setParams({});
    callback.setModel(net());
    await expect(callback.onTrainBegin()).rejects.toThrow(
      'GradualPruning lays its schedule over a training of unknown length; give it `epochs`',
    );
  });

  test('a fit behind the end of the training is refused', async () => {
    const fit = sparsities(net(), new GradualPruning({sparsity: 0.9, epochs: 2}), {initialEpoch: 3, epochs: 5});
    await expect(fit).rejects.toThrow(
      'lays its schedule over 2 epochs, but this fit begins after 3; give it more `epochs`',
    );
  });
});

test('any schedule may be in fractions of the fit', async () => {
  const schedule = polynomialDecay({finalSparsity: 0.8, beginStep: 0.25, endStep: 0.5, frequency: 0.125, power: 1});
  const seen = await sparsities(net(), new GradualPruning({schedule, stepUnit: 'fit'}), {examples: 16});
  expect(seen).toEqual([0, 0, 0, 0.4, 0.8, 0.8, 0.8, 0.8, 0.8]);
});

test('SoftFilterPruning with `sparsity` alone prunes softly after each epoch, for good after the last', async () => {
  const model = net();
  const callback = new SoftFilterPruning({sparsity: 0.3});
  const zeros: number[] = [];
  const watch = new tfl.CustomCallback({
    onEpochEnd: async () => {
      const norms = tf.sum(tf.abs(model.getLayer('hidden').getWeights()[0]!), 0).dataSync();
      zeros.push(norms.filter(norm => norm === 0).length);
      return Promise.resolve();
    },
  });
  await sparsities(model, callback, {epochs: 3, callbacks: [callback, watch] as tfl.Callback[]});
  expect(zeros).toEqual([30, 30, 30]);
  expect((await sparsityReport(model)).total.sparsity).toBe(0.3);
  expect(callback.step).toBe(3);
});

test('TargetedDropout with `sparsity` alone prunes at two thirds of the fit', async () => {
  const seen = await sparsities(net(), new TargetedDropout({sparsity: 0.5, seed: 1}), {});
  expect(seen.indexOf(0.5)).toBe(13);
  await expect(
    net().fitDataset({size: null, batch: 2, iterator: () => Promise.reject(new Error('not read'))} as never, {
      epochs: 3,
      callbacks: [new TargetedDropout({sparsity: 0.5})],
    }),
  ).rejects.toThrow('the length of the dataset is unknown; give it `batchesPerEpoch`');
});

const ramp = polynomialDecay({finalSparsity: 0.5, endStep: 100});

test.each<[string, GradualPruningArgs, string]>([
  ['neither', {}, 'GradualPruning expects exactly one of `sparsity`, `schedule`, got none'],
  [
    'both',
    {sparsity: 0.5, schedule: ramp},
    'expects exactly one of `sparsity`, `schedule`, got `sparsity`, `schedule`',
  ],
  ['steps that are epochs', {sparsity: 0.5, stepUnit: 'epoch'}, 'expects no `stepUnit` with `sparsity`'],
  ['no sparsity', {sparsity: 1}, 'Expected `sparsity` to be a number in [0, 1), got 1'],
  [
    'batches as fractions',
    {schedule: ramp, stepUnit: 'fit'},
    'to end at a fraction of the fit, in [0, 1], as `stepUnit`',
  ],
  [
    'fractions as batches',
    {schedule: polynomialDecay({finalSparsity: 0.5, endStep: 0.5})},
    "to end at a whole step, got 0.5 as its `endStep`; for fractions of the fit give `stepUnit: 'fit'`",
  ],
  [
    'a length that nothing depends on',
    {schedule: ramp, epochs: 3},
    "expects no `epochs` without `sparsity` alone or `stepUnit: 'fit'`",
  ],
])('refuses %s', (_what, args, message) => {
  expect(() => new GradualPruning(args)).toThrow(message);
});
