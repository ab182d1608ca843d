import * as tf from '@tensorflow/tfjs';
import {
  batchNormDeadness,
  batchNormScale,
  coupledChannels,
  filters,
  globalRanking,
  GradualPruning,
  inverted,
  planChannelPruning,
  prunable,
  pruneOnce,
  readMasks,
  shrink,
  type Allocation,
  type Criterion,
  type PlanChannelPruningArgs,
} from 'tfjs-pruning';
import {constantSparsity} from 'tfjs-pruning/schedules';
import {expectNoLeak} from '../support/tensors.js';

let warnings: jest.SpyInstance<void, unknown[]>;
beforeEach(() => (warnings = jest.spyOn(console, 'warn').mockImplementation()));
afterEach(() => warnings.mockRestore());
const said = () => warnings.mock.calls.flat() as string[];

type Symbolic = tf.SymbolicTensor;
const on = (x: Symbolic | Symbolic[], ...layers: tf.layers.Layer[]) =>
  layers.reduce<Symbolic | Symbolic[]>((y, layer) => layer.apply(y) as Symbolic, x) as Symbolic;
const conv = (name: string, units: number) =>
  tf.layers.conv2d({name, filters: units, kernelSize: 1, kernelInitializer: tf.initializers.heNormal({seed: units})});
const normal = (name: string) => tf.layers.batchNormalization({name});

function withGammas(model: tf.LayersModel, gammas: Record<string, number[]>): tf.LayersModel {
  for (const [name, gamma] of Object.entries(gammas)) {
    const layer = model.getLayer(name);
    layer.setWeights([tf.tensor1d(gamma), ...layer.getWeights().slice(1)]);
  }
  return model;
}

/**
 * Squeeze and excite: what `e` makes goes through the scales `eb` and `db`, and the gate `s2` that is coupled with it
 * has none.
 */
function squeezeExcite(gammas: {eb?: number[]; db?: number[]} = {}): tf.LayersModel {
  const input = tf.input({shape: [4, 4, 3]});
  const depthwise = tf.layers.depthwiseConv2d({name: 'dw', kernelSize: 3, padding: 'same'});
  const x = on(input, conv('e', 4), normal('eb'), tf.layers.reLU({}), depthwise, normal('db'));
  const gate = on(
    x,
    tf.layers.globalAveragePooling2d({}),
    tf.layers.dense({name: 's1', units: 2, activation: 'relu'}),
    tf.layers.dense({name: 's2', units: 4, activation: 'sigmoid'}),
    tf.layers.reshape({targetShape: [1, 1, 4]}),
  );
  const outputs = on([x, gate], tf.layers.multiply(), conv('p', 2));
  // in the mean 2, 2.5, 4, 1.75
  return withGammas(tf.model({inputs: input, outputs}), {eb: [-1, 4, 2, -3], db: [3, -1, -6, 0.5], ...gammas});
}

/**
 * Pre-activation, as in DenseNet: `init` and `b` are concatenated in front of the scales `bc`, `init` goes through `ba`
 * too.
 */
function denseNet(): tf.LayersModel {
  const input = tf.input({shape: [4, 4, 3]});
  const trunk = on(input, conv('init', 2));
  const grown = on(
    trunk,
    normal('ba'),
    tf.layers.reLU({}),
    conv('a', 4),
    normal('bb'),
    tf.layers.reLU({}),
    conv('b', 3),
  );
  const joined = on([trunk, grown], tf.layers.concatenate(), normal('bc'), tf.layers.reLU({}));
  const outputs = on(joined, tf.layers.globalAveragePooling2d({}), tf.layers.dense({name: 'o', units: 2}));
  return withGammas(tf.model({inputs: input, outputs}), {
    ...{ba: [5, -1], bb: [1, 2, 0.25, 4]},
    bc: [0.5, 3, -2, 0.1, 4], // of init in the mean 2.75, 2; of b 2, 0.1, 4
  });
}

/** The scores that an allocation is shown of both ways to prune: those of a plan from the best to the worst. */
async function scoresBy(model: tf.LayersModel, criterion: Criterion, args: Partial<PlanChannelPruningArgs> = {}) {
  const seen: Record<string, number[]>[] = [];
  const allocation: Allocation = (layers, sparsity) => {
    seen.push(Object.fromEntries(layers.map(({name, scores}) => [name.replace('/kernel', ''), [...scores]])));
    return globalRanking()(layers, sparsity);
  };
  await planChannelPruning(model, {sparsity: 0.5, criterion, allocation, ...args});
  const {members = 'all'} = args;
  await pruneOnce(prunable(model), {sparsity: 0.5, criterion, allocation, structure: coupledChannels({members})});
  return {plan: seen[0]!, coupled: seen.at(-1)!};
}

test('a coupled group is ranked by its members with a scale; what has none is kept, and is said', async () => {
  const {plan, coupled} = await scoresBy(squeezeExcite(), batchNormScale());
  expect(plan).toEqual({e: [4, 2.5, 2, 1.75]});
  expect(coupled).toEqual({'e + s2': [2, 2.5, 4, 1.75]});
  expect(said()).toEqual([
    'planChannelPruning: 1 of the 3 channels that were to be removed are kept: ' +
      'channels of "s1" have no kernel that the criterion can score.',
    'pruneOnce: channels of "s1" are kept, since they go through no batch normalization with a scale.',
  ]);
  const {remove} = await planChannelPruning(squeezeExcite(), {sparsity: 0.5, criterion: batchNormScale(), layers: 'e'});
  expect(remove).toEqual({e: [0, 3], s2: [0, 3]});
});

test('by the producers alone: the scale of the depthwise convolution has no say', async () => {
  const {plan, coupled} = await scoresBy(squeezeExcite(), batchNormScale(), {members: 'producers'});
  expect(plan).toEqual({e: [4, 3, 2, 1]});
  expect(coupled).toEqual({'e + s2': [1, 4, 2, 3]});
});

test('of a batch normalization behind a concatenation the part counts that is a layer’s own', async () => {
  const {plan, coupled} = await scoresBy(denseNet(), batchNormScale());
  const rounded = (scores: Record<string, number[]>) =>
    Object.fromEntries(Object.entries(scores).map(([name, list]) => [name, list.map(score => +score.toFixed(6))]));
  expect(rounded(plan)).toEqual({init: [2.75, 2], a: [4, 2, 1, 0.25], b: [4, 2, 0.1]});
  expect(rounded(coupled)).toEqual({init: [2.75, 2], a: [1, 2, 0.25, 4], b: [2, 0.1, 4]});
  const {remove} = await planChannelPruning(denseNet(), {sparsity: 0.5, criterion: batchNormScale(), layers: 'b'});
  expect(remove).toEqual({b: [0, 1]});
  expect(said()).toEqual([]);
});

test('several outputs of a unit, and pixels of a flattened one, count in the mean', async () => {
  const input = tf.input({shape: [1, 2, 1]});
  const depthwise = tf.layers.depthwiseConv2d({name: 'dw', kernelSize: 1, depthMultiplier: 2});
  const twice = on(input, conv('a', 2), depthwise, normal('n'), tf.layers.flatten(), tf.layers.dense({units: 1}));
  const multiplied = withGammas(tf.model({inputs: input, outputs: twice}), {n: [1, 3, -5, 0.5]});
  expect(await scoresBy(multiplied, batchNormScale())).toEqual({plan: {a: [2.75, 2]}, coupled: {a: [2, 2.75]}});
  const flat = on(input, conv('a', 2), tf.layers.flatten(), normal('n'), tf.layers.dense({units: 1}));
  const pixels = withGammas(tf.model({inputs: input, outputs: flat}), {n: [1, 2, 3, 8]}); // pixel by pixel
  expect(await scoresBy(pixels, batchNormScale())).toEqual({plan: {a: [5, 2]}, coupled: {a: [2, 5]}});
  const layers = [
    conv('a', 2),
    tf.layers.reLU({}),
    normal('m'),
    tf.layers.flatten(),
    normal('n'),
    tf.layers.dense({units: 1}),
  ];
  const both = withGammas(tf.model({inputs: input, outputs: on(input, ...layers)}), {m: [8, 1], n: [1, 2, 3, 8]});
  // (8 + 2) / 2, (1 + 5) / 2
  expect(await scoresBy(both, batchNormScale())).toEqual({plan: {a: [5, 3]}, coupled: {a: [5, 3]}});
});

test('probabilities of being alive are averaged as scales are, not computed from averages', async () => {
  const layers = [normal('m'), tf.layers.reLU({}), tf.layers.dropout({rate: 0.5}), normal('n')];
  const input = tf.input({shape: [3]});
  const model = tf.model({inputs: input, outputs: on(input, tf.layers.dense({name: 'a', units: 2}), ...layers)});
  const set = (name: string, gamma: number[], beta: number[]) => {
    const layer = model.getLayer(name);
    layer.setWeights([tf.tensor1d(gamma), tf.tensor1d(beta), ...layer.getWeights().slice(2)]);
  };
  set('m', [2, 0.1], [2, -0.3]); // Phi(1), Phi(-3): m alone follows a
  set('n', [1, 1], [0, 0]);
  const own = await pruneOnce(prunable(model), {sparsity: 0.5, criterion: batchNormDeadness(), structure: filters()});
  expect(own.sparsity).toBe(0.5);
  const shared = tf.input({shape: [2]});
  const a = on(shared, tf.layers.dense({name: 'a', units: 2}));
  const two = tf.model({
    inputs: shared,
    outputs: tf.layers.add().apply([on(a, normal('m')), on(a, normal('n'))]) as Symbolic,
  });
  for (const [name, gamma, beta] of [
    ['m', [1, 1], [1, -3]],
    ['n', [2, 2], [0, 4]],
  ] as const) {
    const layer = two.getLayer(name);
    layer.setWeights([tf.tensor1d([...gamma]), tf.tensor1d([...beta]), ...layer.getWeights().slice(2)]);
  }
  const head = on(two.outputs[0]!, tf.layers.dense({name: 'head', units: 1}));
  const scored = await scoresBy(tf.model({inputs: shared, outputs: head}), batchNormDeadness());
  // (Phi(1) + Phi(0)) / 2, (Phi(-3) + Phi(2)) / 2
  const [first, second] = scored.coupled['a']!;
  expect(first).toBeCloseTo((0.841345 + 0.5) / 2, 5);
  expect(second).toBeCloseTo((0.00135 + 0.97725) / 2, 5);
});

test('inverted, and beside the weights', async () => {
  const inverse = await scoresBy(squeezeExcite(), inverted(batchNormScale()));
  expect(inverse.coupled).toEqual({'e + s2': [-2, -2.5, -4, -1.75]});
  const own: Criterion = {
    tellsApart: 'outputs',
    score: (weight, {batchNormScale: scale}) => (scale ? tf.mul(tf.onesLike(weight), 7) : tf.zerosLike(weight)),
  };
  expect(await scoresBy(squeezeExcite(), own)).toMatchObject({
    plan: {e: [7, 7, 7, 7], s1: [0, 0]},
    coupled: {s1: [0, 0]},
  });
});

test('where nothing has a scale the criterion says so', async () => {
  const first = tf.layers.conv2d({name: 'first', filters: 2, kernelSize: 1, inputShape: [2, 2, 1]});
  const plain = tf.sequential({layers: [first, conv('b', 2)]});
  const args = {sparsity: 0.5, criterion: batchNormScale()};
  const error = 'batchNormScale() expects a batch normalization with a scale that follows the layer of "first/kernel"';
  await expect(planChannelPruning(plain, args)).rejects.toThrow(error);
  await expect(pruneOnce(prunable(plain), {...args, structure: coupledChannels()})).rejects.toThrow(error);
  const structure = filters();
  await expect(pruneOnce(prunable(squeezeExcite()), {...args, structure, layers: 's2'})).rejects.toThrow('"s2/kernel"');
});

test('training by the scales cuts out what a plan by them would, and says once a fit what stays', async () => {
  const model = prunable(squeezeExcite());
  model.compile({optimizer: tf.train.sgd(0), loss: 'meanSquaredError'});
  const structure = coupledChannels();
  const schedule = constantSparsity({targetSparsity: 0.5, frequency: 1, endStep: 2});
  const callbacks = [new GradualPruning({structure, schedule, criterion: batchNormScale()})];
  await model.fit(tf.ones([2, 4, 4, 3]), tf.ones([2, 4, 4, 2]), {epochs: 3, verbose: 0, callbacks});
  expect(said()).toEqual([
    'GradualPruning: channels of "s1" are kept, since they go through no batch normalization with a scale.',
  ]);
  const mask = (await readMasks(model))['e/kernel']!;
  expect([...tf.max(mask, [0, 1, 2]).dataSync()]).toEqual([0, 1, 1, 0]);
  expect((await shrink(model)).getLayer('e').outputShape).toEqual([null, 4, 4, 2]);
});

test('nothing leaks', async () => {
  const model = prunable(denseNet());
  const args = {sparsity: 0.5, criterion: batchNormScale()};
  await expectNoLeak(async () => {
    await planChannelPruning(model, args);
    await pruneOnce(model, {...args, structure: coupledChannels()});
  });
});
