import * as tf from '@tensorflow/tfjs';
import {
  batchNormScale,
  elasticNet,
  filters,
  groupLasso,
  hoyerSquare,
  l1,
  l2,
  networkSlimming,
  prunable,
  pruneByThreshold,
  sparseGroupLasso,
  weights,
  type Penalty,
} from 'tfjs-pruning';
import {ProximalPenalty, ScheduledPenalty, type CallbackState, type ScheduledPenaltyArgs} from 'tfjs-pruning/callbacks';
import {constantSparsity, polynomialDecay} from 'tfjs-pruning/schedules';
import {AT_FIRST, nextStrength} from '../../callbacks/parts/strength-control.js';
import {fades, pullSize, stepsGrow, strengthLimit} from '../../callbacks/parts/pull-size.js';
import {penalizedWeights} from '../../src/penalties/penalized-weights.js';
import {smallShares} from '../../src/penalties/small-shares.js';
import {expectNoLeak, saveAndLoad} from '../support/tensors.js';

const GROUPS = {structure: filters()};

/** Learns a nonlinear rule of 3 of 10 inputs. */
function net({units: widths = [60, 2], optimizer}: {units?: number[]; optimizer?: tf.Optimizer} = {}): tf.Sequential {
  const layers = widths.map((units, i) =>
    tf.layers.dense({
      units,
      name: `dense${i}`,
      activation: i === widths.length - 1 ? 'softmax' : 'relu',
      kernelInitializer: tf.initializers.glorotUniform({seed: i}),
      ...(i === 0 && {inputShape: [10]}),
    }),
  );
  return compiled(prunable(tf.sequential({layers})), optimizer);
}

/** A convolution of some filters and its batch normalization, whose scales begin at a half. */
function normalizedNet(count: number): tf.Sequential {
  const layers = [
    tf.layers.reshape({targetShape: [10, 1], inputShape: [10]}),
    tf.layers.conv1d({
      filters: count,
      kernelSize: 3,
      useBias: false,
      kernelInitializer: tf.initializers.heNormal({seed: 1}),
      name: 'conv',
    }),
    tf.layers.batchNormalization({gammaInitializer: tf.initializers.constant({value: 0.5})}),
    tf.layers.reLU(),
    tf.layers.globalAveragePooling1d(),
    tf.layers.dense({
      units: 2,
      activation: 'softmax',
      kernelInitializer: tf.initializers.glorotUniform({seed: 2}),
    }),
  ];
  return compiled(prunable(tf.sequential({layers})));
}

function compiled(model: tf.Sequential, optimizer: tf.Optimizer = descent()): tf.Sequential {
  model.compile({optimizer, loss: 'categoricalCrossentropy'});
  return model;
}

async function fit(model: tf.LayersModel, callbacks: tf.Callback[], epochs = 32, initialEpoch = 0) {
  const x = tf.randomNormal([256, 10], 0, 1, 'float32', 3);
  const y = tf.tidy(() => {
    const [a, b, c] = tf.unstack(x, 1) as [tf.Tensor, tf.Tensor, tf.Tensor];
    return tf.oneHot(tf.cast(tf.greater(tf.add(tf.mul(a, b), c), 0), 'int32'), 2);
  });
  try {
    return await model.fit(x, y, {epochs, initialEpoch, batchSize: 32, verbose: 0, shuffle: false, callbacks});
  } finally {
    tf.dispose([x, y]);
  }
}

const valuesOf = (model: tf.LayersModel) => model.getWeights().map(weight => [...weight.dataSync()]);
const last = (history: tf.History, name: string) => (history.history[name] as number[]).at(-1)!;
const descent = () => tf.train.momentum(0.02, 0.9);
const adam = () => tf.train.adam(1e-3);

/** How far a target of 0.6 is missed. */
async function missed(model: tf.LayersModel, callback: tf.Callback, epochs = 40): Promise<number> {
  return Math.abs(last(await fit(model, [callback], epochs), 'expectedSparsity') - 0.6);
}

describe('a target', () => {
  test.each<[string, Penalty, () => tf.Optimizer]>([
    ['l1', l1({strength: 1e-4}), descent],
    ['l1, far too weak at first', l1({strength: 1e-7}), adam],
    ['l2, with Adam', l2({strength: 1e-3}), adam],
    ['elasticNet', elasticNet({l1: 1e-4, l2: 1e-4}), descent],
    ['hoyerSquare', hoyerSquare({strength: 1e-4}), adam],
  ])('is met within a hundredth by %s', async (_, penalty, optimizer) => {
    const model = net({optimizer: optimizer()});
    expect(await missed(model, new ScheduledPenalty({penalty, target: 0.6}))).toBeLessThan(0.01);
  });

  test.each<[string, Penalty]>([
    ['groupLasso', groupLasso({strength: 1e-3, ...GROUPS})],
    ['sparseGroupLasso', sparseGroupLasso({strength: 1e-3, alpha: 0.5, ...GROUPS})],
    ['hoyerSquare', hoyerSquare({strength: 1e-2, ...GROUPS})],
  ])('is met by %s, to the group', async (_, penalty) => {
    const model = net({units: [100, 2]});
    expect(await missed(model, new ScheduledPenalty({penalty, target: 0.6, layers: 'dense0'}))).toBeLessThan(0.001);
    const {sparsity} = await pruneByThreshold(model, {below: 1e-3, structure: filters(), layers: 'dense0'});
    expect(sparsity).toBeCloseTo(0.6, 10);
  });

  test('is met by networkSlimming, to the scale', async () => {
    const model = normalizedNet(50);
    const callback = new ScheduledPenalty({penalty: networkSlimming({strength: 1e-3}), target: 0.6});
    expect(await missed(model, callback, 60)).toBe(0);
    const rule = {criterion: batchNormScale(), structure: filters(), layers: 'conv'};
    expect((await pruneByThreshold(model, {below: 1e-3, ...rule})).sparsity).toBe(0.6);
  });

  test.each([l1({strength: 1e-3}), groupLasso({strength: 1e-3, ...GROUPS})])(
    'is met by proximal steps',
    async penalty => {
      const callback = new ProximalPenalty({penalty, target: 0.6, layers: 'dense0'});
      expect(await missed(net({units: [100, 2]}), callback)).toBeLessThan(0.01);
    },
  );

  test('may be a schedule, of other groups, below another threshold', async () => {
    const model = net();
    const target = polynomialDecay({finalSparsity: 0.5, beginStep: 0.1, endStep: 0.7});
    const penalty = sparseGroupLasso({strength: 1e-3, alpha: 0.5, ...GROUPS});
    const history = await fit(model, [
      new ScheduledPenalty({penalty, target, structure: weights(), below: 5e-3, layers: /dense/}),
    ]);
    expect(Math.abs(last(history, 'expectedSparsity') - 0.5)).toBeLessThan(0.0101);
    const {sparsity} = await pruneByThreshold(model, {below: 5e-3});
    expect(sparsity).toBeCloseTo(last(history, 'expectedSparsity'), 10);
  });

  test('that a fit is too short for is said to be missed, with the threshold that would do', async () => {
    const said = jest.spyOn(console, 'warn').mockImplementation();
    await fit(net(), [new ScheduledPenalty({penalty: l1({strength: 1e-4}), target: 0.6})], 2);
    expect(said.mock.calls.flat()).toEqual([
      expect.stringMatching(
        /^ScheduledPenalty: \d\.\d% of the weights are below 0\.001 instead of 60\.0%; the threshold for that is 0/,
      ),
    ]);
    said.mockRestore();
  });

  test('goes on bit by bit from its state, and has nothing to say until the end', async () => {
    const said = jest.spyOn(console, 'warn').mockImplementation();
    const make = () => new ScheduledPenalty({penalty: l1({strength: 1e-3}), target: 0.6, epochs: 6});
    const [whole, part] = [net({optimizer: tf.train.sgd(0.1)}), net({optimizer: tf.train.sgd(0.1)})];
    await fit(whole, [make()], 6);
    expect(said).toHaveBeenCalledTimes(1);
    const first = make();
    await fit(part, [first], 3);
    expect(said).toHaveBeenCalledTimes(1);
    const resumed = await saveAndLoad(part, true);
    const second = make();
    await second.restore(JSON.parse(JSON.stringify(await first.state())) as CallbackState);
    await fit(resumed, [second], 6, 3);
    expect(valuesOf(resumed)).toEqual(valuesOf(whole));
    said.mockRestore();
  });

  test('leaks nothing, and is forgotten on reset', async () => {
    const said = jest.spyOn(console, 'warn').mockImplementation();
    const model = net();
    await fit(model, [], 1);
    const callback = new ScheduledPenalty({penalty: l1({strength: 1e-3}), target: 0.6});
    await expectNoLeak(async () => void (await fit(model, [callback], 1)));
    const ran = await callback.state();
    expect(ran.json['control']).not.toEqual(AT_FIRST);
    expect(ran.json['pulls']).not.toBeNull();
    tf.dispose(ran.tensors);
    callback.reset();
    expect((await callback.state()).json).toMatchObject({control: AT_FIRST, pulls: null});
    said.mockRestore();
  });

  test('is refused if it is none, or with what it replaces', async () => {
    const of = (args: Partial<ScheduledPenaltyArgs>) => () =>
      new ScheduledPenalty({penalty: l1({strength: 1}), ...args});
    expect(of({target: 1})).toThrow('Expected `target` to be a number in [0, 1)');
    expect(of({target: constantSparsity({targetSparsity: 0.5, endStep: 10})})).toThrow('in fractions of the fit');
    expect(of({target: 0.5, strength: () => 1})).toThrow('ScheduledPenalty expects no `strength` with a `target`');
    expect(of({target: 0.5, stepUnit: 'epoch'})).toThrow('ScheduledPenalty expects no `stepUnit` with a `target`');
    expect(of({below: 0.1})).toThrow('ScheduledPenalty expects no `below` without `target`');
    expect(of({structure: filters()})).toThrow('ScheduledPenalty expects no `structure` without `target`');
    expect(of({epochs: 3})).toThrow('ScheduledPenalty expects no `epochs` without `target`');
    expect(of({target: 0.5, below: 0})).toThrow('Expected `below` to be a number > 0');
    const tooMuch = new ScheduledPenalty({penalty: groupLasso({strength: 1, ...GROUPS}), target: 0.97});
    await expect(fit(net(), [tooMuch], 1)).rejects.toThrow('expects a `target` of at most 0.9');
  });
});

describe('the control of the strength', () => {
  const MOVE = {limit: Infinity, phase: 'move'} as const;

  test('raises it by the distance, at once and for good: by hand', () => {
    // exp(30 * 0.02 + 5 * 0.02)
    const first = nextStrength(AT_FIRST, 0.02, MOVE);
    expect(first.strength).toBeCloseTo(Math.exp(0.7), 12);
    expect(first.sum).toBeCloseTo(0.1, 12);
    expect(nextStrength(first, 0, MOVE)).toEqual({...first, strength: Math.exp(first.sum)});
    // cut off at 0.03 and -0.05
    expect(nextStrength(AT_FIRST, 1, MOVE).strength).toBeCloseTo(Math.exp(0.9 + 0.15), 12);
    expect(nextStrength(AT_FIRST, -1, MOVE).strength).toBeCloseTo(Math.exp(-1.5 - 0.25), 12);
  });

  test('does not exceed what it was lately while weights are held, unless they are only held if it grows', () => {
    let control = nextStrength({strength: 1, sum: 2, ceiling: 2}, -1, MOVE);
    expect(control.sum).toBeCloseTo(1.75, 12);
    expect(control.ceiling).toBeCloseTo(1.98, 12); // it comes down by 4 in 200 changes
    control = nextStrength(control, 0.5, {limit: Infinity, phase: 'hold'});
    expect(control.strength).toBeCloseTo(Math.exp(1.8 + 0.3), 12); // here the distance is cut off at 0.01
    for (let i = 0; i < 9; i++) control = nextStrength(control, 0.5, {limit: Infinity, phase: 'hold'});
    expect(control.sum).toBeCloseTo(1.98, 12);
    expect(nextStrength(control, 0.5, {limit: Infinity, phase: 'grow'}).sum).toBeCloseTo(1.98 + 20 * 0.03, 12);
  });

  test('does not fall so far that it would take long to come back', () => {
    let control = nextStrength(AT_FIRST, -1, MOVE);
    for (let i = 0; i < 49; i++) control = nextStrength(control, -1, MOVE);
    expect(control.ceiling).toBeCloseTo(-1, 12);
    expect(control.sum).toBeCloseTo(-0.98 - 3, 12); // a change behind
  });

  test('does not go beyond the limit, nor gather what it would be without', () => {
    const control = nextStrength({strength: 1, sum: 2, ceiling: 2}, 1, {limit: 5, phase: 'move'});
    expect(control).toMatchObject({strength: 5, sum: Math.log(5)});
  });

  test('is limited such that a step of gradient descent is half of the threshold: by hand', async () => {
    const gradient = tf.tensor1d([3, -4, 9]);
    const size = await pullSize([gradient], [Uint8Array.of(0, 0, 1)]); // 0 = counts
    expect(size).toBeCloseTo(5 / Math.SQRT2, 6);
    gradient.dispose();
    // a step is 0.1 / (1 - 0.75) times as long
    expect(strengthLimit(tf.train.momentum(0.1, 0.75), 5, 0.02)).toBeCloseTo(0.01 / (0.4 * 5), 12);
    expect(strengthLimit(tf.train.sgd(0.1), 5, 0.02)).toBeCloseTo(0.01 / (0.1 * 5), 12);
    const optimizers = [tf.train.sgd(1), tf.train.momentum(1, 0.5), tf.train.adam(), tf.train.rmsprop(1)];
    expect(optimizers.map(stepsGrow)).toEqual([true, true, false, false]);
  });

  test('knows a pull that fades', () => {
    expect([fades(2, 2), fades(2, 1)]).toEqual([false, true]);
  });
});

describe('when it lands, by hand', () => {
  const HALF = {sparsityAt: () => 0.55, updatesAt: () => true, endStep: 0}; // 2 of 4 weights are nearest

  /** A model without a loss: nothing but the penalty moves its weights. */
  function idle(weights: number[], optimizer: tf.Optimizer = tf.train.sgd(0.1)): tf.Sequential {
    const model = tf.sequential({layers: [tf.layers.dense({units: 1, useBias: false, inputShape: [4]})]});
    model.compile({optimizer, loss: 'meanSquaredError'});
    model.setWeights([tf.tensor2d(weights, [4, 1])]);
    return model;
  }

  const steps = (model: tf.Sequential, callback: tf.Callback, epochs = 1) =>
    model.fit(tf.zeros([1, 4]), tf.zeros([1, 1]), {epochs, verbose: 0, callbacks: [callback]});

  const SMALL = [2e-4, -5e-4, 7e-4, 1];
  /** Of 0.1 * 1e-3 * strength; the distance is cut off at 0.03. */
  const STEP = 1e-4 * Math.exp((30 + 5) * 0.03);

  function expectValues(model: tf.Sequential, expected: number[]): void {
    valuesOf(model)[0]!.forEach((value, i) => expect(value).toBeCloseTo(expected[i]!, 7));
  }

  test.each([ScheduledPenalty, ProximalPenalty])(
    'it pulls what is wanted, pushes out what else is small and leaves the rest: %p',
    async Callback => {
      const said = jest.spyOn(console, 'warn').mockImplementation();
      const model = idle(SMALL);
      const make = () => new Callback({penalty: l1({strength: 1e-3}), target: HALF});
      await steps(model, make());
      const first = Callback === ProximalPenalty ? 0 : 2e-4 - STEP;
      expectValues(model, [first, -5e-4 + STEP, 7e-4 + STEP, 1]);
      expect(said.mock.calls).toEqual([
        [expect.stringMatching(/: 75\.0% of the weights are below 0\.001 instead of 50\.0%; train longer\.$/)],
      ]);
      await steps(model, make(), 9);
      expect(said).toHaveBeenCalledTimes(1); // met as nearly as can be
      said.mockRestore();
    },
  );

  test('it goes on from its state between two changes', async () => {
    const model = idle(SMALL);
    const make = () => new ScheduledPenalty({penalty: l1({strength: 1e-3}), target: HALF, epochs: 400}); // 200 changes
    const [first, second] = [make(), make()];
    await steps(model, first);
    const state = await first.state();
    await second.restore({...state, json: JSON.parse(JSON.stringify(state.json)) as CallbackState['json']});
    tf.dispose(state.tensors);
    await steps(model, second);
    expectValues(model, [2e-4, -5e-4 + 2 * STEP, 7e-4 + 2 * STEP, 1]); // the first one went to the other side and back
  });

  test.each<[string, Penalty, number]>([
    ['l1', l1({strength: 1e-3}), Math.exp(30 * 0.01)],
    ['l2', l2({strength: 1e-3}), Math.exp((30 + 20) * 0.03)],
  ])('the strength grows for a pull that fades, and not for others: %s', async (_, penalty, strength) => {
    const said = jest.spyOn(console, 'warn').mockImplementation();
    const {history} = await steps(idle([0.1, 0.2, 1, 2], adam()), new ScheduledPenalty({penalty, target: HALF}));
    expect(history['penaltyStrength']![0]).toBeCloseTo(strength, 10);
    said.mockRestore();
  });
});

test('shares are of weights in groups whose mean is small, masked ones included: by hand', async () => {
  const model = prunable(
    tf.sequential({layers: [tf.layers.dense({units: 4, inputShape: [2], useBias: false, name: 'd'})]}),
  );
  // means of the columns: 0.1, 0.25, 0.5, 3
  model.layers[0]!.setWeights([tf.tensor2d([0.1, -0.4, 0.2, 2, -0.1, 0.1, 0.8, 4], [2, 4]), tf.ones([2, 4])]);
  const all = penalizedWeights('test', model, l1({strength: 1}), undefined);
  const columns = await smallShares(all, filters());
  expect([0.05, 0.2, 0.25, 0.3, 9].map(at => columns.below(at).share)).toEqual([0, 0.25, 0.25, 0.5, 0.75]);
  const single = await smallShares(all, weights());
  expect([0.05, 0.1, 0.15, 0.3, 9].map(at => single.below(at).share)).toEqual([0, 0, 3 / 8, 4 / 8, 7 / 8]);
  expect([0, 0.1, 0.45, 0.7, 1].map(share => columns.nearest(share).share)).toEqual([0, 0, 0.5, 0.75, 0.75]);
  expect([...columns.nearest(0.5).masks[0]!]).toEqual([0, 0, 1, 1, 0, 0, 1, 1]);
  expect(columns.thresholdOf(0.5)).toBeCloseTo(0.25, 3);
  expect(columns.thresholdOf(0.9)).toBe(Infinity);
  await pruneByThreshold(model, {below: 0.3, structure: filters()});
  expect((await smallShares(all, weights())).below(0.5).share).toBe(5 / 8); // 0.2 besides the two columns
});

test('the nearest share is found where groups differ in size', async () => {
  const layers = [tf.layers.dense({units: 9, inputShape: [1], name: 'a'}), tf.layers.dense({units: 2, name: 'b'})];
  const model = tf.sequential({layers});
  model.compile({optimizer: 'sgd', loss: 'meanSquaredError'});
  const row = [1, 2, 3, 4, 5, 6, 7, 8, 9];
  model.layers[0]!.setWeights([tf.tensor2d([row]), tf.zeros([9])]);
  const all = penalizedWeights('test', model, l1({strength: 1}), undefined);
  /** How many of the 27 weights are taken, with two columns of 9 that are all `column` and all 99. */
  const taken = async (column: number, shares: number[]) => {
    model.layers[1]!.setWeights([tf.tensor2d(row.map(() => [column, 99])), tf.zeros([2])]);
    const {nearest} = await smallShares(all, filters());
    return shares.map(share => Math.round(27 * nearest(share).share));
  };
  // the column first, then one after the other; the best of each weight stays
  expect(await taken(0.5, [0.1, 0.2, 0.36, 0.5, 1])).toEqual([0, 9, 10, 14, 17]); // 13.5 is halfway: the larger
  // one after the other, then the column
  expect(await taken(50, [0.1, 0.2, 0.36, 0.5, 1])).toEqual([3, 5, 8, 17, 17]);
});
