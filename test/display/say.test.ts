import * as tf from '@tensorflow/tfjs';
import {
  coupledChannels,
  filters,
  GradualPruning,
  maskChannels,
  planChannelPruning,
  prunable,
  pruneByThreshold,
  pruneOnce,
  shiftConvolutions,
  shrink,
} from 'tfjs-pruning';
import {constantSparsity} from 'tfjs-pruning/schedules';
import {say, sayOnce} from '../../src/display/say.js';

let warnings: jest.SpyInstance<void, unknown[]>;
beforeEach(() => (warnings = jest.spyOn(console, 'warn').mockImplementation()));
afterEach(() => warnings.mockRestore());
const said = () => warnings.mock.calls.flat() as string[];

const init = (seed: number) => tf.initializers.heNormal({seed});
const conv = (name: string, filters: number, more = {}) =>
  tf.layers.conv2d({name, filters, kernelSize: 3, padding: 'same', kernelInitializer: init(filters), ...more});

/** a -> b -> o. */
const plain = (more = {}): tf.Sequential =>
  tf.sequential({
    layers: [
      conv('a', 4, {inputShape: [6, 6, 2], ...more}),
      conv('b', 6),
      tf.layers.flatten(),
      tf.layers.dense({name: 'o', units: 2, kernelInitializer: init(9)}),
    ],
  });

/** p and q are added: their channels go together. */
function coupled(): tf.LayersModel {
  const input = tf.input({shape: [3]});
  const dense = (name: string, units: number, x: tf.SymbolicTensor) =>
    tf.layers.dense({name, units, kernelInitializer: init(units)}).apply(x) as tf.SymbolicTensor;
  const sum = tf.layers.add().apply([dense('p', 4, input), dense('q', 4, input)]) as tf.SymbolicTensor;
  return tf.model({inputs: input, outputs: dense('o', 2, dense('r', 6, sum))});
}

test.each<[what: string, act: () => unknown, line: string]>([
  [
    'pruneOnce',
    () => pruneOnce(prunable(plain()), {sparsity: 0.01, structure: filters()}),
    'pruneOnce: nothing is pruned: a sparsity of 0.01 rounds to none.',
  ],
  [
    'pruneOnce, an amount',
    () => pruneOnce(prunable(plain()), {amount: 0.04, structure: filters()}),
    'pruneOnce: nothing is pruned: 0.04 of 12 groups rounds to none.',
  ],
  [
    'pruneByThreshold',
    () => pruneByThreshold(prunable(plain()), {below: 1e-9}),
    'pruneByThreshold: nothing is pruned: no group is below the threshold, except the best of a layer.',
  ],
  [
    'shrink',
    () => shrink(plain()),
    'shrink: nothing is cut out: every channel is in use; pass a plan, or prune whole channels first.',
  ],
  ['shrink by a plan', () => shrink(plain(), {remove: {}}), 'shrink: nothing is cut out: the plan removes no channel.'],
  [
    'maskChannels',
    () => maskChannels(prunable(plain()), {remove: {}}),
    'maskChannels: nothing is masked: the plan removes no channel.',
  ],
  [
    'shiftConvolutions',
    () => shiftConvolutions(plain(), {layers: 'a'}),
    "shiftConvolutions: no convolution becomes shifts: up to 9 of 9 positions of a channel's window have " +
      'weights: shifts are not faster.',
  ],
  [
    'shiftConvolutions of none',
    () => shiftConvolutions(coupled()),
    expect.stringMatching(/^shiftConvolutions: model ".*" has no Conv2D, and stays as it is\.$/) as string,
  ],
])('%s that does nothing says so', async (_what, act, line) => {
  await act();
  expect(said()).toEqual([line]);
});

test('what does something says nothing', async () => {
  const model = prunable(plain());
  await pruneOnce(model, {sparsity: 0.5, structure: filters()});
  await pruneByThreshold(model, {below: 0.1});
  await shrink(model);
  await maskChannels(prunable(plain()), {remove: {a: [0]}});
  await shrink(plain(), {remove: {a: [0]}});
  await shiftConvolutions(plain(), {layers: 'a', always: true});
  expect(said()).toEqual([]);
});

test('a constant of a plan that stays in front of a convolution that pads', async () => {
  const model = plain({biasInitializer: 'ones', kernelInitializer: 'zeros'});
  expect((await shrink(model, {remove: {a: [0, 2], b: [1]}})).getLayer('a').outputShape).toEqual([null, 6, 6, 4]);
  expect(said()).toEqual([
    `shrink: channels of the plan are kept, since they hold a constant that can't be moved into a bias: 2 of "a".`,
  ]);
});

describe('coupled channels of which not all makers are pruned', () => {
  const LINE = 'channels of "p + q" are kept, since kernels of "q" are not pruned.';
  const structure = coupledChannels();

  test('pruneOnce', async () => {
    await pruneOnce(prunable(coupled()), {sparsity: 0.5, structure, layers: ['p', 'r', 'o']});
    expect(said()).toEqual([`pruneOnce: ${LINE}`]);
    await pruneOnce(prunable(coupled()), {sparsity: 0.5, structure, layers: ['r', 'o']});
    await pruneOnce(prunable(coupled()), {sparsity: 0.5, structure});
    expect(said()).toHaveLength(1);
  });

  test('a callback, once a fit, also where the other is frozen', async () => {
    const model = prunable(coupled());
    model.getLayer('q').trainable = false;
    model.compile({optimizer: 'sgd', loss: 'meanSquaredError'});
    const schedule = constantSparsity({targetSparsity: 0.5, frequency: 1, endStep: 3});
    const callbacks = [new GradualPruning({structure, schedule})];
    await model.fit(tf.ones([8, 3]), tf.ones([8, 2]), {epochs: 2, batchSize: 4, verbose: 0, callbacks});
    expect(said().filter(line => line.includes('are kept'))).toEqual([`GradualPruning: ${LINE}`]);
  });
});

test('a line names its owner, and is said to each hearer once', () => {
  const [one, other] = [{}, {}];
  for (const hearer of [one, one, other]) sayOnce(hearer, 'pruneOnce', 'nothing goes');
  sayOnce(one, 'maskZeros', 'nothing goes');
  say('pruneOnce', 'nothing goes');
  expect(said()).toEqual([
    'pruneOnce: nothing goes.',
    'pruneOnce: nothing goes.',
    'maskZeros: nothing goes.',
    'pruneOnce: nothing goes.',
  ]);
});

test('a plan that is met says nothing', async () => {
  await planChannelPruning(plain(), {multiplyAdds: 0.5});
  expect(said()).toEqual([]);
});

test('shrink says nothing if it cuts out what masks have left unused', async () => {
  const model = prunable(plain());
  await pruneOnce(model, {sparsity: 0.5, structure: filters()});
  await shrink(model);
  expect(said()).toEqual([]);
});
