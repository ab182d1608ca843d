import {mkdtempSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import * as tf from '@tensorflow/tfjs';
import {globalRanking, prunable, pruneOnce, taylor} from 'tfjs-pruning';
import {IterativePruning, type IterativePruningArgs} from 'tfjs-pruning/callbacks';
import {learningRateOf, setLearningRate} from '../../src/optimizers/learning-rate.js';
import {slotsOf} from '../../src/optimizers/slots.js';
import {wrapper, zerosIn} from '../support/masks.js';
import {expectNoLeak, saveAndLoad} from '../support/tensors.js';

const BATCHES = 5;

/** 30 and 10 prunable weights, a batch normalization between them. */
function net(optimizer: tf.Optimizer = tf.train.adam(0.01)): tf.Sequential {
  const kernelInitializer = tf.initializers.glorotNormal({seed: 3});
  const model = prunable(
    tf.sequential({
      layers: [
        tf.layers.dense({name: 'a', units: 5, activation: 'tanh', inputShape: [6], kernelInitializer}),
        tf.layers.batchNormalization({name: 'bn'}),
        tf.layers.dense({name: 'b', units: 2, kernelInitializer}),
      ],
    }),
  );
  model.compile({optimizer, loss: 'meanSquaredError'});
  return model;
}

/** Epochs of five batches, always the same. */
async function fit(model: tf.LayersModel, callbacks: tf.Callback[], epochs = 1, initialEpoch = 0): Promise<void> {
  const x = tf.randomNormal([BATCHES * 8, 6], 0, 1, 'float32', 1);
  const y = tf.randomNormal([BATCHES * 8, 2], 0, 1, 'float32', 2);
  await model.fit(x, y, {epochs, initialEpoch, batchSize: 8, verbose: 0, shuffle: false, callbacks});
  tf.dispose([x, y]);
}

const zeros = (model: tf.LayersModel) => ['a', 'b'].map(name => zerosIn(wrapper(model, name).maskedWeights[0]!));
/** All weights but masks. */
const values = (model: tf.LayersModel) =>
  model.weights
    .filter(({name}) => !/_mask/.test(name))
    .map(weight => [...weight.read().dataSync()].map(value => value + 0)); // + 0: makes no difference of -0
const masks = (model: tf.LayersModel) =>
  ['a', 'b'].map(name => [...wrapper(model, name).maskedWeights[0]!.mask.read().dataSync()]);

/** Looks when each batch begins, after the callbacks before it in the list. */
class Watch extends tf.Callback {
  readonly #look: (model: tf.LayersModel) => void;
  constructor(look: (model: tf.LayersModel) => void) {
    super();
    this.#look = look;
  }
  override onBatchBegin(): Promise<void> {
    this.#look(this.model);
    return Promise.resolve();
  }
}

let warnings: jest.SpyInstance;
beforeEach(() => (warnings = jest.spyOn(console, 'warn').mockImplementation()));
afterEach(() => warnings.mockRestore());

describe('rounds, by hand', () => {
  // T = 4, t = 3: prunes before the batches that begin at steps 4 and 7
  const rounds = {trainSteps: 4, retrainSteps: 3, rounds: 2, rate: 0.5};
  const learningRate = (step: number) => [0.4, 0.3, 0.2, 0.1][step]!;

  async function run(args: Partial<IterativePruningArgs>, optimizer: tf.Optimizer = tf.train.sgd(0.7)) {
    const model = net(optimizer);
    const pruning = new IterativePruning({...rounds, ...args} as IterativePruningArgs);
    const seen: {zeros: number[]; rate: number; round: number}[] = [];
    const look = (trained: tf.LayersModel) => {
      const rate = learningRateOf(trained.optimizer);
      seen.push({zeros: zeros(trained), rate, round: pruning.round});
    };
    await fit(model, [pruning, new Watch(look)], 2);
    return {
      zeros: seen.map(one => one.zeros.join()),
      rates: seen.map(one => one.rate),
      rounds: seen.map(one => one.round),
      pruning,
    };
  }

  test('each prunes its rate of what remains, before its first batch', async () => {
    const seen = await run({});
    expect(seen.zeros).toEqual(['0,0', '0,0', '0,0', '0,0', '15,5', '15,5', '15,5', '22,8', '22,8', '22,8']);
    expect(seen.rounds).toEqual([0, 0, 0, 0, 1, 1, 1, 2, 2, 2]);
    expect(seen.rates).toEqual(Array(10).fill(0.7));
    expect([seen.pruning.step, seen.pruning.sparsity, seen.pruning.round]).toEqual([10, 0.75, 2]);
    expect(warnings).not.toHaveBeenCalled();
  });

  test('reaches a final sparsity in equal rates', async () => {
    const model = net();
    await fit(model, [new IterativePruning({trainSteps: 4, retrainSteps: 3, rounds: 2, finalSparsity: 0.9})], 2);
    expect(zeros(model)).toEqual([27, 9]);
  });

  test.each<[IterativePruningArgs['rewind'], number[]]>([
    ['nothing', [0.4, 0.3, 0.2, 0.1, 0.1, 0.1, 0.1, 0.1, 0.1, 0.1]],
    ['learningRate', [0.4, 0.3, 0.2, 0.1, 0.3, 0.2, 0.1, 0.3, 0.2, 0.1]],
    ['weights', [0.4, 0.3, 0.2, 0.1, 0.3, 0.2, 0.1, 0.3, 0.2, 0.1]],
    [undefined, [0.4, 0.3, 0.2, 0.1, 0.3, 0.2, 0.1, 0.3, 0.2, 0.1]],
  ])('with %s rewound the learning rates are those of the dense training', async (rewind, rates) => {
    const args = {learningRate, ...(rewind && {rewind})};
    expect((await run(args)).rates).toEqual(rates);
    expect((await run(args, tf.train.adam(0.7))).rates).toEqual(rates);
  });

  test('the last learning rate holds when training goes on, and the optimizer has its own again after it', async () => {
    const model = net();
    const own = learningRateOf(model.optimizer);
    const seen: number[] = [];
    const watch = new Watch(trained => seen.push(learningRateOf(trained.optimizer)));
    await fit(model, [new IterativePruning({...rounds, learningRate}), watch], 3);
    expect(seen.at(-1)).toBe(0.1);
    expect(learningRateOf(model.optimizer)).toBe(own);
  });

  test('a learning rate that another callback has set since stays', async () => {
    const model = net();
    const later = new Watch(trained => setLearningRate(trained.optimizer, 0.05));
    await fit(model, [new IterativePruning({...rounds, learningRate}), later], 3);
    expect(learningRateOf(model.optimizer)).toBe(0.05);
  });

  test('count epochs where told to', async () => {
    const model = net(tf.train.sgd(0.7));
    const pruning = new IterativePruning({
      trainSteps: 2,
      rounds: 1,
      rate: 0.5,
      stepUnit: 'epoch',
      learningRate: epoch => 0.1 / (1 + epoch),
    });
    const seen: string[] = [];
    await fit(model, [pruning, new Watch(m => seen.push(`${learningRateOf(m.optimizer)} ${zeros(m).join()}`))], 4);
    const epochs = ['0.1 0,0', '0.05 0,0', '0.1 15,5', '0.05 15,5'];
    expect(seen).toEqual(epochs.flatMap(epoch => Array<string>(BATCHES).fill(epoch)));
  });
});

describe('what a round begins with', () => {
  const lottery = {trainSteps: 5, rounds: 1, rate: 0.5, rewind: 'weights'} as const;

  test.each<[string, () => tf.Optimizer]>([
    ['momentum', () => tf.train.momentum(0.1, 0.9)],
    ['adam', () => tf.train.adam(0.01)],
    ['adamax', () => tf.train.adamax(0.01)],
  ])('the lottery ticket: the first weights, statistics and no state of %s', async (_, optimizer) => {
    const model = net(optimizer());
    const first = values(model);
    let beginnings = 0;
    const look = (trained: tf.LayersModel) => {
      if (trained.optimizer.iterations > 0) return;
      beginnings++;
      expect([...slotsOf(trained).values()].flat()).toEqual([]);
      const expected = masks(trained).map((mask, k) => mask.map((kept, i) => kept * first[[0, 4][k]!]![i]!));
      const now = values(trained);
      expect([now[0], now[4]]).toEqual(expected.map(kernel => kernel.map(value => value + 0)));
      expect(now.filter((_, i) => i !== 0 && i !== 4)).toEqual(first.filter((_, i) => i !== 0 && i !== 4));
    };
    await fit(model, [new IterativePruning(lottery), new Watch(look)], 2);
    expect(beginnings).toBe(2);
    expect(zeros(model)).toEqual([15, 5]);
    expect(model.optimizer.iterations).toBe(5);
  });

  test('the ticket trains as one that was made by hand', async () => {
    const [model, oracle] = [net(), net()];
    const first = oracle.weights.map(weight => tf.clone(weight.read()));
    await fit(oracle, []);
    await pruneOnce(oracle, {sparsity: 0.5});
    tf.tidy(() =>
      oracle.weights.forEach((weight, i) => {
        if (!/_mask/.test(weight.name)) weight.write(first[i]!);
      }),
    );
    oracle.compile({optimizer: tf.train.adam(0.01), loss: 'meanSquaredError'});
    await fit(oracle, []);
    await fit(model, [new IterativePruning(lottery)], 2);
    expect(masks(model)).toEqual(masks(oracle));
    const masked = (of: tf.LayersModel) =>
      values(of).map((value, i) => (i % 4 === 0 ? masks(of)[i / 4]!.map((m, j) => m * value[j]! + 0) : value));
    expect(masked(model)).toEqual(masked(oracle));
  });

  test('weights of step k, where the rounds are shorter', async () => {
    const model = net();
    const at: Record<number, number[][]> = {};
    let step = 0;
    const look = (trained: tf.LayersModel) => (at[step++] = values(trained));
    await fit(model, [new IterativePruning({...lottery, retrainSteps: 3}), new Watch(look)], 2);
    const mask = masks(model)[0]!;
    expect(at[5]![0]!.map(value => value + 0)).toEqual(at[2]![0]!.map((value, i) => value * mask[i]! + 0));
    expect(at[5]![1]).toEqual(at[2]![1]);
    expect(at[5]![0]).not.toEqual(at[0]![0]!.map((value, i) => value * mask[i]!));
  });

  test('what was trained, and the optimizer as it was, where no weights are rewound', async () => {
    const model = net();
    await fit(model, [new IterativePruning({...lottery, rewind: 'nothing'})], 1);
    const trained = values(model);
    const look = (now: tf.LayersModel) => {
      if (now.optimizer.iterations !== 5) return;
      expect(values(now)[1]).toEqual(trained[1]);
      expect([...slotsOf(now).values()].flat()).not.toEqual([]);
    };
    await fit(model, [new IterativePruning({...lottery, rewind: 'nothing', initialStep: 5}), new Watch(look)], 1);
    expect(model.optimizer.iterations).toBe(10);
  });

  test('the control: kernels drawn anew from a seed, all else as at the beginning', async () => {
    const drawn: number[][][] = [];
    const args = {...lottery, rewind: 'reinitialize', seed: 7} as const;
    for (const seed of [7, 7, 8]) {
      const model = net();
      const first = values(model);
      let step = 0;
      const look = (trained: tf.LayersModel) => {
        if (step++ !== 5) return;
        const now = values(trained);
        expect(now.slice(1, 4)).toEqual(first.slice(1, 4));
        const kept = masks(trained)[0]!;
        for (const [i, value] of now[0]!.entries()) {
          if (kept[i] === 0) expect(value + 0).toBe(0);
          else expect(value).not.toBe(first[0]![i]);
        }
        drawn.push(now);
      };
      await fit(model, [new IterativePruning({...args, seed}), new Watch(look)], 2);
    }
    expect(drawn[0]).toEqual(drawn[1]);
    expect(drawn[0]![0]).not.toEqual(drawn[2]![0]);
  });
});

test('layers have rates of their own: 20 and 10 % a round leave 0.8 ^ r and 0.9 ^ r', async () => {
  const model = prunable(
    tf.sequential({
      layers: [
        tf.layers.dense({name: 'a', units: 100, inputShape: [10]}),
        tf.layers.dense({name: 'output', units: 10}),
      ],
    }),
  );
  model.compile({optimizer: 'sgd', loss: 'meanSquaredError'});
  const pruning = new IterativePruning({trainSteps: 1, rounds: 3, rate: 0.2, rates: {output: 0.1}, rewind: 'weights'});
  const seen: number[][] = [];
  const left = (name: string) => 1000 - zerosIn(wrapper(model, name).maskedWeights[0]!);
  await model.fit(tf.ones([4, 10]), tf.ones([4, 10]), {
    batchSize: 1,
    verbose: 0,
    callbacks: [pruning, new Watch(() => seen.push([left('a'), left('output')]))],
  });
  expect(seen).toEqual([
    [1000, 1000],
    [800, 900],
    [640, 810],
    [512, 729],
  ]);
});

test('rates of some layers change nothing in the final sparsity of the others', async () => {
  const ended = async (rates?: {b: number}) => {
    const model = prunable(
      tf.sequential({
        layers: [tf.layers.dense({name: 'a', units: 6, inputShape: [6]}), tf.layers.dense({name: 'b', units: 2})],
      }),
    );
    model.compile({optimizer: 'sgd', loss: 'meanSquaredError'});
    await fit(
      model,
      [new IterativePruning({trainSteps: 1, rounds: 5, finalSparsity: 0.125, ...(rates && {rates})})],
      2,
    );
    return zeros(model)[0];
  };
  expect([await ended(), await ended({b: 0.1})]).toEqual([4, 4]); // of 36: 4.5, halves to even
});

test('a fit that ends with a round leaves its model trained; the next one prunes and rewinds', async () => {
  const model = net();
  const first = values(model);
  const pruning = new IterativePruning({trainSteps: 5, rounds: 2, rate: 0.5, rewind: 'weights'});
  await fit(model, [pruning]);
  expect(zeros(model)).toEqual([0, 0]);
  expect(values(model)).not.toEqual(first);
  expect(warnings.mock.calls.flat()).toEqual([
    expect.stringContaining('IterativePruning: this fit will stop at step 5'),
  ]);
  await fit(model, [pruning]);
  expect(zeros(model)).toEqual([15, 5]);
  await fit(model, [pruning]);
  expect(zeros(model)).toEqual([22, 8]);
});

test('goes by criteria that observe, and any structure and allocation', async () => {
  const model = net();
  const args = {criterion: taylor(), allocation: globalRanking(), observedBatches: 2};
  await fit(model, [new IterativePruning({trainSteps: 5, rounds: 2, rate: 0.5, retrainSteps: 2, ...args})], 2);
  expect(zeros(model).reduce((a, b) => a + b)).toBe(30);
});

describe('stopped and gone on with', () => {
  const args = {trainSteps: 5, retrainSteps: 4, rounds: 2, rate: 0.5, rewind: 'weights'} as const;

  /** Stops after an epoch, and goes on in another process: with a loaded model and a new callback. */
  async function resumed(snapshot: NonNullable<IterativePruningArgs['snapshot']>): Promise<tf.LayersModel> {
    const model = net();
    const pruning = new IterativePruning({...args, snapshot});
    await fit(model, [pruning]);
    const loaded = await saveAndLoad(model, true);
    await fit(loaded, [new IterativePruning({...args, snapshot, initialStep: pruning.step})], 2);
    return loaded;
  }

  test.each<[string, () => NonNullable<IterativePruningArgs['snapshot']>]>([
    ['a folder', () => `file://${mkdtempSync(join(tmpdir(), 'tfjs-pruning-'))}/start`],
    ['a handler', () => memory()],
  ])('in the middle, with its snapshot in %s, it is as if it had not been', async (_, place) => {
    const [model, other] = [net(), await resumed(place())];
    await fit(model, [new IterativePruning(args)], 3);
    expect(zeros(other)).toEqual([22, 8]);
    expect(masks(other)).toEqual(masks(model));
    values(other).forEach((value, i) => value.forEach((v, j) => expect(v).toBeCloseTo(values(model)[i]![j]!, 6)));
  });

  test('without a snapshot it says what is missing, and changes nothing', async () => {
    const model = net();
    const before = values(model);
    await expect(fit(model, [new IterativePruning({...args, initialStep: 3})])).rejects.toThrow(
      'will rewind to the weights of step 1, but has not seen them',
    );
    const [place, other] = [memory(), net()];
    await fit(other, [new IterativePruning({...args, snapshot: place})]);
    const smaller = prunable(
      tf.sequential({layers: [tf.layers.dense({name: 'a', units: 4, inputShape: [6]}), tf.layers.dense({units: 2})]}),
    );
    smaller.compile({optimizer: 'sgd', loss: 'meanSquaredError'});
    await expect(fit(smaller, [new IterativePruning({...args, snapshot: place, initialStep: 3})])).rejects.toThrow(
      'where the model has "a/kernel" [6,4] the snapshot has "a/kernel" [6,5]',
    );
    await expect(
      fit(model, [new IterativePruning({...args, snapshot: 'nowhere://x', initialStep: 3})]),
    ).rejects.toThrow('Expected one handler of tf.js for "nowhere://x", got 0');
    expect(values(model)).toEqual(before);
  });

  function memory(): tf.io.IOHandler & Required<Pick<tf.io.IOHandler, 'save' | 'load'>> {
    let saved: tf.io.ModelArtifacts;
    return {
      save: artifacts => {
        saved = artifacts;
        return Promise.resolve({modelArtifactsInfo: {dateSaved: new Date(), modelTopologyType: 'JSON'}});
      },
      load: () => Promise.resolve(saved),
    };
  }
});

test('leaks nothing', async () => {
  const args = {trainSteps: 2, rounds: 2, rate: 0.5, rewind: 'reinitialize', learningRate: () => 0.1} as const;
  const model = net(tf.train.momentum(0.1, 0.9));
  await fit(model, [new IterativePruning(args)], 2);
  await expectNoLeak(async () => fit(model, [new IterativePruning({...args, rate: 0.75})], 2));
});

test.each<[string, object, RegExp]>([
  ['nothing', {}, /`trainSteps` to be a whole number >= 1/],
  ['both rates', {trainSteps: 1, rounds: 1, rate: 0.5, finalSparsity: 0.5}, /exactly one of `rate`, `finalSparsity`/],
  ['neither', {trainSteps: 1, rounds: 1}, /exactly one of `rate`, `finalSparsity`/],
  ['a rate of 1', {trainSteps: 1, rounds: 1, rate: 1}, /`rate` to be a number in \[0, 1\)/],
  ['longer rounds', {trainSteps: 1, retrainSteps: 2, rounds: 1, rate: 0.5}, /at most `trainSteps` \(1\), got 2/],
  ['another way', {trainSteps: 1, rounds: 1, rate: 0.5, rewind: 'all'}, /`rewind` to be one of nothing, learningRate/],
  ['no rate to rewind', {trainSteps: 1, rounds: 1, rate: 0.5, rewind: 'learningRate'}, /Expected a `learningRate`/],
  ['a number', {trainSteps: 1, rounds: 1, rate: 0.5, learningRate: 0.1}, /`learningRate` to be a function of the step/],
  [
    'a late control',
    {trainSteps: 2, retrainSteps: 1, rounds: 1, rate: 0.5, rewind: 'reinitialize'},
    /have not been trained/,
  ],
  ['a snapshot of nothing', {trainSteps: 2, rounds: 1, rate: 0.5, snapshot: 'file://x'}, /rewinds no weights/],
  [
    'a snapshot nowhere',
    {trainSteps: 2, rounds: 1, rate: 0.5, rewind: 'weights', snapshot: {}},
    /`snapshot` to be a URL/,
  ],
  [
    'rates twice',
    {trainSteps: 2, rounds: 1, rate: 0.5, rates: {a: 0.5}, allocation: globalRanking()},
    /expects no `allocation` with `rates`/,
  ],
  [
    'rates of 1',
    {trainSteps: 2, rounds: 1, rate: 0.5, rates: {a: 1}},
    /`rates\["a"\]` to be a number in \[0, 1\), got 1/,
  ],
  ['a rate of a pattern', {trainSteps: 2, rounds: 1, rate: 0.5, rates: [[/a/, -1]]}, /`rates\[\/a\/\]` to be a number/],
  [
    'rates of no kind',
    {trainSteps: 2, rounds: 1, rate: 0.5, rates: 5},
    /Expected `rates` to get \{name: rate\} or pairs/,
  ],
  [
    'no pairs',
    {trainSteps: 2, rounds: 1, rate: 0.5, rates: [0.5]},
    /Expected `rates` to get pairs \[name, rate\], got/,
  ],
  [
    'no rates',
    {trainSteps: 2, rounds: 1, rate: 0.5, rates: {}},
    /Expected `rates` to name at least one layer, got none/,
  ],
  [
    'rates that leave nothing in the end',
    {trainSteps: 2, rounds: 17, rate: 0.1, rates: {a: 0.9}},
    /`rates` to leave something after 17 rounds, got 0.9 for "a"/,
  ],
  ['a misspelt one', {trainSteps: 2, rounds: 1, rate: 0.5, rewinds: 'weights'}, /has no option `rewinds`/],
])('refuses %s', (_, args, message) => {
  expect(() => new IterativePruning(args as IterativePruningArgs)).toThrow(message);
});

test('says at the first round which of the `rates` names no layer', async () => {
  const pruning = new IterativePruning({trainSteps: 1, rounds: 1, rate: 0.5, rates: {misspelt: 0.1}});
  await expect(fit(net(), [pruning])).rejects.toThrow(
    'Expected `rates` to name layers that are pruned, but "misspelt" matches none; there are ',
  );
});

test('says at the step what a learning rate is wrong with', async () => {
  const learningRate = (step: number) => (step < 2 ? 0.1 : NaN);
  const pruning = new IterativePruning({trainSteps: 4, rounds: 1, rate: 0.5, learningRate});
  await expect(fit(net(), [pruning])).rejects.toThrow('Expected `learningRate(step)` to be a number');
});

describe('`sparsity` alone', () => {
  /** What each of the batches of a fit begins with. */
  async function seenIn(args: object, epochs: number, optimizer: tf.Optimizer = tf.train.sgd(0.7)) {
    const model = net(optimizer);
    const pruning = new IterativePruning(args as IterativePruningArgs);
    const seen = {zeros: [] as number[], rates: [] as number[], rounds: [] as number[], first: [] as boolean[]};
    const start = values(model);
    const look = (trained: tf.LayersModel) => {
      seen.zeros.push(zeros(trained)[0]!);
      seen.rates.push(Number(learningRateOf(trained.optimizer).toFixed(6)));
      seen.rounds.push(pruning.round);
      seen.first.push(
        values(trained)
          .flat()
          .every((value, i) => value === 0 || value === start.flat()[i]),
      );
    };
    await fit(model, [pruning, new Watch(look)], epochs);
    return {...seen, pruning};
  }

  test('lays three rounds over the fit, each as long as the dense training; the rest goes to the last', async () => {
    const seen = await seenIn({sparsity: 0.875}, 3); // 15 steps: parts of 3, and 3 left over
    // of 30: 15, 22.5 and 26.25, halves to even
    expect(seen.zeros).toEqual([0, 0, 0, 15, 15, 15, 22, 22, 22, 26, 26, 26, 26, 26, 26]);
    expect(seen.rounds).toEqual([0, 0, 0, 1, 1, 1, 2, 2, 2, 3, 3, 3, 3, 3, 3]);
    expect(warnings).not.toHaveBeenCalled();
  });

  test('takes a number of rounds, rates of layers, and `stepUnit` as what it is', async () => {
    const seen = await seenIn({sparsity: 0.75, rounds: 1, rates: {a: 0.5}, stepUnit: 'fit'}, 2);
    expect(seen.zeros).toEqual([0, 0, 0, 0, 0, 15, 15, 15, 15, 15]);
  });

  test('rewinds weights to step 0, and learning rates by the fraction of the dense training', async () => {
    const learningRate = (fraction: number) => 0.1 + fraction;
    const seen = await seenIn({sparsity: 0.5, rounds: 1, rewind: 'weights', learningRate}, 2);
    expect(seen.rates).toEqual([0.1, 0.3, 0.5, 0.7, 0.9, 0.1, 0.3, 0.5, 0.7, 0.9]);
    expect(seen.first.map((isFirst, step) => (isFirst ? step : -1)).filter(step => step >= 0)).toEqual([0, 5]);
  });

  test('goes on in a second fit with the length of the first', async () => {
    const model = net();
    const pruning = new IterativePruning({sparsity: 0.5, rounds: 1, epochs: 4});
    await fit(model, [pruning], 2);
    expect([pruning.round, pruning.sparsity]).toEqual([1, 0]);
    await fit(model, [pruning], 4, 2);
    expect([pruning.round, pruning.sparsity]).toEqual([1, 0.5]);
  });

  test('says what does not fit', async () => {
    await expect(fit(net(), [new IterativePruning({sparsity: 0.5, rounds: 9, rewind: 'nothing'})])).rejects.toThrow(
      'IterativePruning trains 10 times in a fit of 5 steps; give it fewer `rounds`, or train for longer',
    );
  });

  test.each<[object, string]>([
    [{sparsity: 0.5, trainSteps: 3}, 'expects no `trainSteps` with `sparsity`, which lays the rounds over the fit'],
    [{sparsity: 0.5, retrainSteps: 3}, 'expects no `retrainSteps` with `sparsity`'],
    [{sparsity: 0.5, stepUnit: 'epoch'}, 'expects no `stepUnit` with `sparsity`'],
    [{sparsity: 0.5, rate: 0.5}, 'expects exactly one of `rate`, `finalSparsity`, `sparsity`, got `rate`, `sparsity`'],
    [{trainSteps: 3, rounds: 1, rate: 0.5, epochs: 3}, 'expects no `epochs` without `sparsity` alone'],
    [
      {trainSteps: 0.5, rounds: 1, rate: 0.5, stepUnit: 'fit'},
      'Expected `trainSteps` to be a whole number >= 1, got 0.5',
    ],
    [
      {trainSteps: 3, rounds: 1, rate: 0.5, stepUnit: 'fit'},
      'IterativePruning counts `trainSteps` and `retrainSteps` in whole batches or epochs, not as fractions of the ' +
        'fit; for rounds that fit the training give `sparsity`, and `rounds`, alone',
    ],
    [{trainSteps: 3, rate: 0.5}, 'Expected `rounds` to be a whole number >= 1, got undefined'],
  ])('is refused beside what it decides: %j', (args, message) => {
    expect(() => new IterativePruning(args as IterativePruningArgs)).toThrow(message);
  });
});
