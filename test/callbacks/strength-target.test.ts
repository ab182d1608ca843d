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
import {penalizedWeights} from '../../src/penalties/penalized-weights.js';
import {smallShares} from '../../src/penalties/small-shares.js';
import {expectNoLeak, saveAndLoad} from '../support/tensors.js';

const EPOCHS = 100;
/** Weights that tremble around the threshold at the end are up to 1.4 points of these small nets, over five seeds. */
const NEAR = 0.02;
const GROUPS = {structure: filters()};

/** Learns a nonlinear rule of 3 of 10 inputs. */
function net({
  units: widths = [24, 20, 2],
  optimizer,
}: {units?: number[]; optimizer?: tf.Optimizer} = {}): tf.Sequential {
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

/** A convolution of 16 filters and its batch normalization, whose scales begin at a half. */
function normalizedNet(): tf.Sequential {
  const layers = [
    tf.layers.reshape({targetShape: [10, 1], inputShape: [10]}),
    tf.layers.conv1d({
      filters: 16,
      kernelSize: 3,
      useBias: false,
      kernelInitializer: tf.initializers.heNormal({seed: 1}),
      name: 'conv',
    }),
    tf.layers.batchNormalization({gammaInitializer: tf.initializers.constant({value: 0.5})}),
    tf.layers.reLU(),
    tf.layers.globalAveragePooling1d(),
    tf.layers.dense({units: 2, activation: 'softmax', kernelInitializer: tf.initializers.glorotUniform({seed: 2})}),
  ];
  return compiled(prunable(tf.sequential({layers})), tf.train.sgd(0.05));
}

function compiled(model: tf.Sequential, optimizer: tf.Optimizer = tf.train.adam(1e-3)): tf.Sequential {
  model.compile({optimizer, loss: 'categoricalCrossentropy'});
  return model;
}

async function fit(model: tf.LayersModel, callbacks: tf.Callback[], epochs = EPOCHS, initialEpoch = 0) {
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

describe('a target', () => {
  test.each<[string, Penalty]>([
    ['l1', l1({strength: 1e-4})],
    ['l1, far too weak at first', l1({strength: 1e-7})],
    ['l2', l2({strength: 1e-3})],
    ['elasticNet', elasticNet({l1: 1e-4, l2: 1e-4})],
    ['hoyerSquare', hoyerSquare({strength: 1e-4})],
  ])('is met by %s, as pruneByThreshold counts', async (_, penalty) => {
    const model = net();
    const history = await fit(model, [new ScheduledPenalty({penalty, target: 0.6})]);
    expect(Math.abs(last(history, 'expectedSparsity') - 0.6)).toBeLessThan(NEAR);
    expect(last(history, 'penaltyStrength')).toBeGreaterThan(0);
    const {sparsity} = await pruneByThreshold(model, {below: 1e-3, structure: penalty.structure ?? weights()});
    expect(sparsity).toBeCloseTo(last(history, 'expectedSparsity'), 10);
  });

  test.each<[string, Penalty]>([
    ['groupLasso', groupLasso({strength: 1e-3, ...GROUPS})],
    ['sparseGroupLasso', sparseGroupLasso({strength: 1e-3, alpha: 0.5, ...GROUPS})],
    ['hoyerSquare', hoyerSquare({strength: 1e-2, ...GROUPS})],
  ])('is met in groups by %s', async (_, penalty) => {
    const model = net({units: [100, 2]});
    const history = await fit(model, [new ScheduledPenalty({penalty, target: 0.6, layers: 'dense0'})]);
    expect(Math.abs(last(history, 'expectedSparsity') - 0.6)).toBeLessThan(NEAR);
    const {sparsity} = await pruneByThreshold(model, {below: 1e-3, structure: filters(), layers: 'dense0'});
    expect(sparsity).toBeCloseTo(last(history, 'expectedSparsity'), 10);
  });

  test('is met by networkSlimming within one scale of 16', async () => {
    const model = normalizedNet();
    const penalty = networkSlimming({strength: 1e-3});
    const history = await fit(model, [new ScheduledPenalty({penalty, target: 0.5})]);
    expect(Math.abs(last(history, 'expectedSparsity') - 0.5)).toBeLessThanOrEqual(1 / 16);
    const rule = {criterion: batchNormScale(), structure: filters(), layers: 'conv'};
    const {sparsity} = await pruneByThreshold(model, {below: 1e-3, ...rule});
    expect(sparsity).toBe(last(history, 'expectedSparsity'));
  });

  test.each([l1({strength: 1e-3}), groupLasso({strength: 1e-3, ...GROUPS})])(
    'is met by proximal steps',
    async penalty => {
      const history = await fit(net({units: [100, 2]}), [
        new ProximalPenalty({penalty, target: 0.6, layers: 'dense0'}),
      ]);
      expect(Math.abs(last(history, 'expectedSparsity') - 0.6)).toBeLessThan(NEAR);
    },
  );

  test('may be a schedule, of other groups, below another threshold', async () => {
    const model = net();
    const target = polynomialDecay({finalSparsity: 0.5, beginStep: 0.1, endStep: 0.7});
    const penalty = sparseGroupLasso({strength: 1e-3, alpha: 0.5, ...GROUPS});
    const history = await fit(model, [
      new ScheduledPenalty({penalty, target, structure: weights(), below: 5e-3, layers: /dense/}),
    ]);
    expect(Math.abs(last(history, 'expectedSparsity') - 0.5)).toBeLessThan(NEAR);
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
    const callback = new ScheduledPenalty({penalty: l1({strength: 1e-3}), target: 0.6});
    await fit(model, [callback], 1);
    const ran = await callback.state();
    expect(ran.json['control']).not.toEqual(AT_FIRST);
    callback.reset();
    expect((await callback.state()).json['control']).toEqual(AT_FIRST);
    await expectNoLeak(async () => void (await fit(model, [callback], 1)));
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
  test('raises it by the distance, at once and for good: by hand', () => {
    // 0.025 - 0.005 = 0.02: exp(60 * 0.02 + 5 * 0.02)
    const first = nextStrength(AT_FIRST, 0.025, false);
    expect(first.strength).toBeCloseTo(Math.exp(1.3), 12);
    expect(first.sum).toBeCloseTo(0.1, 12);
    // nothing within half a hundredth
    expect(nextStrength(first, -0.005, false)).toEqual({...first, strength: Math.exp(first.sum)});
    // cut off at 0.03 and -0.05
    expect(nextStrength(AT_FIRST, 1, false).strength).toBeCloseTo(Math.exp(1.8 + 0.15), 12);
    expect(nextStrength(AT_FIRST, -1, false).strength).toBeCloseTo(Math.exp(-3 - 0.25), 12);
  });

  test('lets it fall and come back after the ramp, but not rise above what it was', () => {
    let control = {strength: 1, sum: 2, ceiling: 2};
    control = nextStrength(control, 0.5, true);
    expect(control.strength).toBeCloseTo(Math.exp(2 + 0.6), 12);
    expect(control.sum).toBe(2);
    for (let i = 0; i < 100; i++) control = nextStrength(control, -0.5, true);
    expect(control.sum).toBe(-5);
    for (let i = 0; i < 1000; i++) control = nextStrength(control, 0.5, true);
    expect(control.sum).toBe(2);
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
  expect([0.05, 0.2, 0.25, 0.3, 9].map(columns.below)).toEqual([0, 0.25, 0.25, 0.5, 0.75]);
  const single = await smallShares(all, weights());
  expect([0.05, 0.1, 0.15, 0.3, 9].map(single.below)).toEqual([0, 0, 3 / 8, 4 / 8, 7 / 8]);
  expect(columns.thresholdOf(0.5)).toBeCloseTo(0.25, 3);
  expect(columns.thresholdOf(0.9)).toBe(Infinity);
  await pruneByThreshold(model, {below: 0.3, structure: filters()});
  expect((await smallShares(all, weights())).below(0.5)).toBe(5 / 8); // 0.2 besides the two columns
});
