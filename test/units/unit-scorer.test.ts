import * as tf from '@tensorflow/tfjs';
import {
  averagePercentageOfZeros,
  coupledChannels,
  globalRanking,
  planChannelPruning,
  prunable,
  pruneOnce,
  readMasks,
  type Allocation,
  type PlanChannelPruningArgs,
} from 'tfjs-pruning';

beforeEach(() => void jest.spyOn(console, 'warn').mockImplementation());
afterEach(() => jest.restoreAllMocks());

type Symbolic = tf.SymbolicTensor;

function net(shape: number[], layers: tf.layers.Layer[], weights: tf.Tensor[]): tf.LayersModel {
  const input = tf.input({shape});
  const outputs = layers.reduce((x, layer) => layer.apply(x) as Symbolic, input);
  const model = tf.model({inputs: input, outputs});
  model.setWeights(weights);
  return model;
}

/**
 * Over the inputs 1, 2, 3, -1 the units of `a` are 1, 2, 3, 0; 0, 0, 0, 1; and 0, 0.5, 1.5, 0: of their values 0.75,
 * 0.25 and 0.5 are not zero. Those of `b` are the first of `a`, and always 1: 0.75 and 1.
 */
function chain(): tf.LayersModel {
  const dense = (name: string, units: number) => tf.layers.dense({name, units, activation: 'relu'});
  return net(
    [1],
    [dense('a', 3), dense('b', 2), dense('out', 1)],
    [
      ...[tf.tensor2d([[1, -1, 1]]), tf.tensor1d([0, 0, -1.5])],
      ...[tf.tensor2d([1, 0, 0, 0, 0, 0], [3, 2]), tf.tensor1d([0, 1])],
      ...[tf.ones([2, 1]), tf.zeros([1])],
    ],
  );
}

/** The scores that a plan (best first) and coupledChannels() show an allocation; and what each removes. */
async function bothWays(model: tf.LayersModel, xs: tf.Tensor, args: Partial<PlanChannelPruningArgs> = {}) {
  const seen: Record<string, number[]>[] = [];
  const allocation: Allocation = (layers, sparsity) => {
    seen.push(Object.fromEntries(layers.map(({name, scores}) => [name.replace('/kernel', ''), [...scores]])));
    return globalRanking()(layers, sparsity);
  };
  const common = {sparsity: 0.4, criterion: averagePercentageOfZeros(), allocation, data: [{xs}]};
  const {remove} = await planChannelPruning(model, {...common, ...args});
  const wrapped = prunable(model);
  const {members = 'all'} = args;
  await pruneOnce(wrapped, {...common, structure: coupledChannels({members})});
  const masked = Object.entries(await readMasks(wrapped)).map(([name, mask]) => {
    const largest = tf.max(mask, [...mask.shape.keys()].slice(0, -1)).dataSync();
    return [name.replace('/kernel', ''), [...largest.keys()].filter(i => largest[i] === 0)] as const;
  });
  const cut = Object.fromEntries(masked.filter(([, gone]) => gone.length > 0));
  return {plan: seen[0], coupled: seen.at(-1), remove, cut};
}

describe('averagePercentageOfZeros() scores a unit by its own activations, in plans and in coupledChannels()', () => {
  const inputs = [1, 2, 3, -1];

  test('which the kernels behind it see, and not by the activations that its layer takes in', async () => {
    const {plan, coupled, remove, cut} = await bothWays(chain(), tf.tensor2d(inputs, [4, 1]));
    expect(plan).toEqual({a: [0.75, 0.5, 0.25], b: [1, 0.75]});
    expect(coupled).toEqual({a: [0.75, 0.25, 0.5], b: [0.75, 1]});
    // With the inputs of a (never zero) and b (0.5 on average) they would be 0.875, 0.625, 0.75 and 0.625, 0.75.
    expect(remove).toEqual({a: [1, 2]});
    expect(cut).toEqual({a: [1, 2]});
  });

  test('as often as kernels take it in or pass it on: in front of and behind a depthwise convolution', async () => {
    const layers = [
      tf.layers.conv2d({name: 'a', filters: 2, kernelSize: 1, activation: 'relu'}),
      tf.layers.depthwiseConv2d({name: 'd', kernelSize: 1}),
      tf.layers.flatten(),
      tf.layers.dense({name: 'out', units: 1}),
    ];
    const weights = [
      ...[tf.tensor4d([1, -1], [1, 1, 1, 2]), tf.zeros([2])],
      ...[tf.ones([1, 1, 2, 1]), tf.tensor1d([0, 1])],
      ...[tf.ones([2, 1]), tf.zeros([1])],
    ];
    const {plan, coupled} = await bothWays(net([1, 1, 1], layers, weights), tf.tensor4d(inputs, [4, 1, 1, 1]));
    expect(plan).toEqual({a: [0.75, 0.625]}); // (0.75 + 0.75) / 2, (0.25 + 1) / 2
    expect(coupled).toEqual({a: [0.75, 0.625]});
  });

  test('so that the producers alone say nothing', async () => {
    const model = chain();
    const args = {sparsity: 0.4, criterion: averagePercentageOfZeros(), data: [{xs: tf.tensor2d(inputs, [4, 1])}]};
    const {groups, remove} = await planChannelPruning(model, {...args, members: 'producers'});
    expect(remove).toEqual({});
    expect(groups[0]!.reason).toBe('have no kernel that the criterion can score');
    const structure = coupledChannels({members: 'producers'});
    await expect(pruneOnce(prunable(model), {...args, structure})).rejects.toThrow(
      'coupledChannels() finds nothing to prune: ' +
        'channels of "a", "b" are kept, since the criterion can score none of their kernels',
    );
  });
});

test('what has no kernel that sees its activations is kept, and is said', async () => {
  const input = tf.input({shape: [1]});
  const dense = (name: string) => tf.layers.dense({name, units: 3, activation: 'relu', kernelInitializer: 'ones'});
  const hidden = dense('b').apply(dense('a').apply(input));
  const outputs = tf.layers.dense({name: 'out', units: 1}).apply(hidden) as Symbolic;
  const model = prunable(tf.model({inputs: input, outputs}), {layers: ['a', 'b']});
  const data = [{xs: tf.ones([2, 1])}];
  const criterion = averagePercentageOfZeros();
  await pruneOnce(model, {sparsity: 0.5, criterion, data, structure: coupledChannels()});
  const masks = await readMasks(model);
  expect([...masks['a/kernel']!.dataSync()]).toEqual([1, 0, 0]);
  expect([...tf.max(masks['b/kernel']!, 0).dataSync()]).toEqual([1, 1, 1]);
  expect(jest.mocked(console.warn).mock.calls.flat()).toContain(
    'pruneOnce: channels of "b" are kept, since the criterion can score none of their kernels.',
  );
});
