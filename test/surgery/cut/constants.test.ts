import * as tf from '@tensorflow/tfjs';
import {shrink} from '../../../src/surgery/cut/shrink.js';
import {withRandomWeights} from '../../support/random-weights.js';
import {expectSameOutputs, randomInputs} from '../../support/surgery-oracle.js';

type Layer = tf.layers.Layer;
const {layers} = tf;

/** Lets an output of a layer with a last axis of outputs hold a constant: its weights are zero, its bias is not. */
function deaden(layer: Layer, channel: number, constant: number): void {
  const [kernel, bias] = layer.getWeights() as [tf.Tensor, tf.Tensor];
  const alive = Float32Array.from({length: kernel.shape.at(-1)!}, (_, i) => (i === channel ? 0 : 1));
  const biases = bias.dataSync<'float32'>().map((value, i) => (i === channel ? constant : value));
  tf.tidy(() => layer.setWeights([tf.mul(kernel, tf.tensor1d(alive)), tf.tensor1d(biases)]));
}

/** A layer of three channels, the middle one of which is a constant. */
const conv = (name: string, more = {}) => layers.conv2d({name, filters: 3, kernelSize: 1, ...more});

/** A constant channel, the layers that it goes through, and one that takes it in without padding. */
function through(chain: readonly Layer[], constant: number): tf.LayersModel {
  const model = tf.sequential({
    layers: [
      conv('made', {inputShape: [4, 4, 2]}),
      ...chain,
      layers.conv2d({name: 'taken', filters: 2, kernelSize: 1}),
    ],
  });
  withRandomWeights(model);
  deaden(model.getLayer('made'), 1, constant);
  return model;
}

/** How many channels the first layer is left with, in a smaller model that computes the same. */
async function leftOf(model: tf.LayersModel, name = 'made'): Promise<number> {
  const small = await shrink(model);
  expectSameOutputs(small, model, randomInputs(model));
  return small.getLayer(name).getWeights()[0]!.shape.at(-1)!;
}

// Where nothing goes, shrink says so
beforeEach(() => void jest.spyOn(console, 'warn').mockImplementation());
afterEach(() => jest.restoreAllMocks());

const [GOES, STAYS] = [2, 3];

test.each<[string, () => Layer[], constant: number, left: number]>([
  ['zero padding', () => [layers.zeroPadding2d({})], 0.7, STAYS],
  ['zero padding, of zeros', () => [layers.zeroPadding2d({})], 0, GOES],
  [
    'zero padding and a maximum',
    () => [layers.zeroPadding2d({}), layers.maxPooling2d({poolSize: 3, strides: 1})],
    0.7,
    STAYS,
  ],
  ['cropping', () => [layers.cropping2D({cropping: [[1, 0], [0, 1]]})], 0.7, GOES], // prettier-ignore
  ['upsampling', () => [layers.upSampling2d({})], 0.7, GOES],
  ['a maximum that is padded', () => [layers.maxPooling2d({poolSize: 3, padding: 'same'})], -0.7, GOES],
  ['a mean that is padded', () => [layers.averagePooling2d({poolSize: 3, padding: 'same'})], 0.7, GOES],
  ['dropout', () => [layers.dropout({rate: 0.5})], 0.7, GOES],
  ['an activation that is not zero at zero', () => [layers.activation({activation: 'sigmoid'})], 0, GOES],
  ['a softmax over the channels', () => [layers.softmax({axis: -1})], 0.7, STAYS],
  ['a clipped ReLU', () => [layers.reLU({maxValue: 0.3})], 0.7, GOES],
  ['a leaky ReLU', () => [layers.leakyReLU({})], -0.7, GOES],
  ['an ELU', () => [layers.elu({})], -0.7, GOES],
  ['a ReLU with a threshold', () => [layers.thresholdedReLU({theta: 0.8})], 0.7, GOES],
  ['a PReLU, from above', () => [layers.prelu({sharedAxes: [1, 2]})], 0.7, GOES],
  ['a PReLU, from below', () => [layers.prelu({})], -0.7, STAYS],
  ['a batch normalization', () => [layers.batchNormalization({})], 0.7, GOES],
  ['a convolution that pads', () => [layers.conv2d({filters: 2, kernelSize: 3, padding: 'same'})], 0.7, STAYS],
  ['a convolution that pads, of zeros', () => [layers.conv2d({filters: 2, kernelSize: 3, padding: 'same'})], 0, GOES],
  ['a convolution that does not', () => [layers.conv2d({filters: 2, kernelSize: 3})], 0.7, GOES],
  [
    'one of a pixel, by two',
    () => [layers.conv2d({filters: 2, kernelSize: 1, strides: 2, padding: 'same'})],
    0.7,
    GOES,
  ],
  ['one that is dilated', () => [layers.conv2d({filters: 2, kernelSize: 2, dilationRate: 2})], 0.7, GOES],
  ['a transposed one of a pixel', () => [layers.conv2dTranspose({filters: 2, kernelSize: 1})], 0.7, GOES],
  [
    'a transposed one of a pixel, by two',
    () => [layers.conv2dTranspose({filters: 2, kernelSize: 1, strides: 2})],
    0.7,
    STAYS,
  ],
  ['a transposed one of a pixel, by two along one side', () => [layers.conv2dTranspose({filters: 2, kernelSize: 1, strides: [1, 2]})], 0.7, STAYS], // prettier-ignore
  ['a transposed one of more', () => [layers.conv2dTranspose({filters: 2, kernelSize: 2})], 0.7, STAYS],
  ['a transposed one, of zeros', () => [layers.conv2dTranspose({filters: 2, kernelSize: 1, strides: 2})], 0, GOES],
  [
    'a depthwise one',
    () => [layers.depthwiseConv2d({kernelSize: 2, depthMultiplier: 2, activation: 'tanh'})],
    0.7,
    GOES,
  ],
  ['a depthwise one that pads', () => [layers.depthwiseConv2d({kernelSize: 2, padding: 'same'})], 0.7, STAYS],
  ['a depthwise one of a pixel that pads', () => [layers.depthwiseConv2d({kernelSize: 1, padding: 'same'})], 0.7, GOES],
  ['a separable one', () => [layers.separableConv2d({filters: 2, kernelSize: 2, depthMultiplier: 2})], 0.7, GOES],
  [
    'a separable one that pads',
    () => [layers.separableConv2d({filters: 2, kernelSize: 2, padding: 'same'})],
    0.7,
    STAYS,
  ],
  ['a dense layer', () => [layers.dense({units: 2, activation: 'softmax'})], 0.7, GOES],
  ['a reshape', () => [layers.reshape({targetShape: [2, 8, 3]})], 0.7, GOES],
  ['a permutation of the sides', () => [layers.permute({dims: [2, 1, 3]})], 0.7, GOES],
  ['a dense layer behind a flattening', () => [layers.flatten(), layers.dense({units: 4}), layers.reshape({targetShape: [2, 2, 1]})], 0.7, GOES], // prettier-ignore
])('a constant channel goes or stays, and outputs with it: %s', async (_, chain, constant, left) => {
  expect(await leftOf(through(chain(), constant))).toBe(left);
});

/** Two branches with a constant of their own in the same channel, or one that has none; merged, and taken in. */
function merged(merge: Layer, constants: readonly (number | undefined)[]): tf.LayersModel {
  const input = tf.input({shape: [4, 4, 2]});
  const branches = constants.map((_, i) => conv(`made${i}`).apply(input) as tf.SymbolicTensor);
  const taken = layers.conv2d({name: 'taken', filters: 2, kernelSize: 1}).apply(merge.apply(branches));
  const model = tf.model({inputs: input, outputs: taken as tf.SymbolicTensor});
  withRandomWeights(model);
  constants.forEach((constant, i) => {
    if (constant !== undefined) deaden(model.getLayer(`made${i}`), 1, constant);
  });
  return model;
}

test.each<[string, () => Layer, (number | undefined)[], left: number]>([
  ['added', () => layers.add(), [0.7, -0.4], GOES],
  ['averaged', () => layers.average(), [0.7, -0.4], GOES],
  ['averaged, three of them', () => layers.average(), [0.7, -0.4, 0.3], GOES],
  ['averaged, one of which is none', () => layers.average(), [0.7, undefined], STAYS],
  ['multiplied', () => layers.multiply(), [0.7, -0.4], GOES],
  ['multiplied by zeros', () => layers.multiply(), [undefined, 0], GOES],
  ['multiplied by what is none', () => layers.multiply(), [undefined, 0.7], STAYS],
  ['the larger of them', () => layers.maximum(), [0.7, -0.4], GOES],
  ['the smaller of them', () => layers.minimum(), [0.7, -0.4], GOES],
  ['one beside the other', () => layers.concatenate({axis: 1}), [0.7, 0.7], GOES],
  ['one beside another one', () => layers.concatenate({axis: 1}), [0.7, -0.4], STAYS],
  ['channel after channel', () => layers.concatenate(), [0.7, -0.4], GOES],
])('constant channels that are merged go or stay, and outputs with them: %s', async (_, merge, constants, left) => {
  expect(await leftOf(merged(merge(), constants), 'made0')).toBe(left);
});

test('a batch normalization with a scale of 0 makes a constant of anything', async () => {
  const model = through([layers.batchNormalization({name: 'norm'}), layers.activation({activation: 'relu'})], 0.7);
  const norm = model.getLayer('norm');
  const [, ...others] = norm.getWeights();
  norm.setWeights([tf.tensor1d([1.2, 0.8, 0]), ...others]);
  expect(await leftOf(model)).toBe(1);
});

test('a depthwise window of zeros makes a constant of anything', async () => {
  const model = through([layers.depthwiseConv2d({name: 'each', kernelSize: 2, padding: 'same'})], 0.7);
  const each = model.getLayer('each');
  const [kernel, bias] = each.getWeights() as [tf.Tensor, tf.Tensor];
  each.setWeights([tf.mul(kernel, tf.tensor([1, 1, 0], [1, 1, 3, 1])), bias]);
  expect(await leftOf(model)).toBe(2); // the first varies, the second meets the padding
});

test('what a padding makes of a constant is none, though nothing else goes in', async () => {
  const model = through([layers.conv2d({name: 'mixed', filters: 2, kernelSize: 3, padding: 'same'})], 0.7);
  const mixed = model.getLayer('mixed');
  const [kernel, bias] = mixed.getWeights() as [tf.Tensor, tf.Tensor];
  mixed.setWeights([tf.mul(kernel, tf.tensor([0, 1, 0], [1, 1, 3, 1])), bias]);
  expect(await leftOf(model, 'mixed')).toBe(2);
});

test.each([0, 3])('of a window of 2 x 2 any one weight is enough to take in what varies: %i', async at => {
  const model = through([layers.conv2d({name: 'mixed', filters: 2, kernelSize: 2})], 0.7);
  const mixed = model.getLayer('mixed');
  const [kernel, bias] = mixed.getWeights() as [tf.Tensor, tf.Tensor];
  const window = tf.tensor([0, 1, 2, 3].map(i => (i === at ? 1 : 0)), [2, 2, 1, 1]); // prettier-ignore
  mixed.setWeights([tf.mul(kernel, window), bias]);
  expect(await leftOf(model, 'mixed')).toBe(2);
  expect(await leftOf(model)).toBe(GOES);
});

/** By a plan that removes the middle channel of a layer. */
async function leftByPlan(
  model: tf.LayersModel,
  remove: Record<string, number[]>,
  name: string,
): Promise<[tf.LayersModel, number]> {
  const small = await shrink(model, {remove});
  return [small, small.getLayer(name).getWeights()[0]!.shape.at(-1)!];
}

test('by a plan too what became constant on its way stays where it meets a padding', async () => {
  const padding = layers.conv2d({filters: 2, kernelSize: 3, padding: 'same'});
  const model = through([layers.batchNormalization({name: 'norm'}), padding], 0.7);
  withRandomWeights(model);
  const norm = model.getLayer('norm');
  const [, ...others] = norm.getWeights();
  norm.setWeights([tf.tensor1d([1.2, 0, 0.8]), ...others]);
  const [small, left] = await leftByPlan(model, {made: [1]}, 'made');
  expect(left).toBe(STAYS);
  expectSameOutputs(small, model, randomInputs(model));
});

test('by a plan a sum goes of which one part is a constant and another one varies: that is lost on purpose', async () => {
  const input = tf.input({shape: [4, 4, 2]});
  const [a, b] = ['made0', 'made1'].map(name => conv(name).apply(input) as tf.SymbolicTensor);
  const sum = layers.add().apply([a!, b!]);
  const output = layers.conv2d({filters: 2, kernelSize: 3, padding: 'same'}).apply(sum) as tf.SymbolicTensor;
  const model = withRandomWeights(tf.model({inputs: input, outputs: output}));
  deaden(model.getLayer('made0'), 1, 0.7);
  expect((await leftByPlan(model, {made0: [1], made1: [1]}, 'made0'))[1]).toBe(GOES);
});

test('a constant of one use of a layer that is another one in its other use stays', async () => {
  const input = tf.input({shape: [4, 4, 2]});
  const shared = layers.conv2d({name: 'shared', filters: 2, kernelSize: 1});
  const [a, b] = ['made0', 'made1'].map(name => shared.apply(conv(name).apply(input)) as tf.SymbolicTensor);
  const model = withRandomWeights(
    tf.model({inputs: input, outputs: layers.add().apply([a!, b!]) as tf.SymbolicTensor}),
  );
  deaden(model.getLayer('made0'), 1, 0.7);
  deaden(model.getLayer('made1'), 1, -0.4);
  expect(await leftOf(model, 'made0')).toBe(STAYS);
  deaden(model.getLayer('made1'), 1, 0.7);
  expect(await leftOf(model, 'made0')).toBe(GOES);
});

test('a layer that pads takes its own constants in again, and keeps them', async () => {
  const input = tf.input({shape: [4, 4, 2]});
  const shared = layers.conv2d({name: 'shared', filters: 3, kernelSize: 3, padding: 'same'});
  const made = conv('made').apply(input);
  const output = shared.apply(shared.apply(made)) as tf.SymbolicTensor;
  const model = withRandomWeights(tf.model({inputs: input, outputs: output}));
  deaden(model.getLayer('made'), 1, 0.7);
  deaden(model.getLayer('shared'), 1, 0.7);
  expect(await leftOf(model)).toBe(STAYS);
});

const RECURRENT: [
  string,
  (args: {name: string; units: number; returnSequences: boolean; activation?: 'sigmoid'}) => Layer,
  number,
][] = [
  ['LSTM', args => layers.lstm({...args, recurrentInitializer: 'zeros'}), 2],
  ['GRU', args => layers.gru({...args, recurrentInitializer: 'zeros'}), 2],
  ['SimpleRNN', args => layers.simpleRNN({...args, recurrentInitializer: 'zeros'}), 0],
];

describe.each(RECURRENT)('a unit of %s', (_, make, candidate) => {
  const UNITS = 3;
  /** One whose candidate gets nothing, but for what is asked for. */
  function model({fed = 0, shift = 0, recurrent = 0, activation = 'tanh'} = {}): tf.LayersModel {
    const layer = make({
      name: 'made',
      units: UNITS,
      returnSequences: true,
      ...(activation === 'sigmoid' ? {activation} : {}),
    });
    layer.batchInputShape = [null, 4, 2];
    const built = withRandomWeights(tf.sequential({layers: [layer, layers.dense({units: 2})]}));
    const column = candidate * UNITS + 1;
    const [kernel, recurrentKernel, bias] = layer.getWeights() as [tf.Tensor, tf.Tensor, tf.Tensor];
    const setColumn = (weight: tf.Tensor, value: number) => {
      const columns = weight.shape.at(-1)!;
      const values = weight.dataSync<'float32'>().map((old, i) => (i % columns === column ? value : old));
      return tf.tensor(values, weight.shape);
    };
    layer.setWeights([setColumn(kernel, fed), setColumn(recurrentKernel, recurrent), setColumn(bias, shift)]);
    return built;
  }
  const left = async (args = {}) => {
    const large = model(args);
    const small = await shrink(large);
    expectSameOutputs(small, large, randomInputs(large));
    return small.layers[0]!.outputShape.at(-1);
  };

  test('stays 0 where nothing feeds its candidate, and goes; where anything does it stays', async () => {
    expect(await left()).toBe(GOES);
    for (const alive of [{fed: 0.5}, {shift: 0.5}, {recurrent: 0.5}, {activation: 'sigmoid'}])
      expect(await left(alive)).toBe(STAYS);
  });
});

test('a unit that begins with a state that is not 0 stays', async () => {
  const [input, vector] = [tf.input({shape: [4, 2]}), tf.input({shape: [3]})];
  const state = layers.dense({units: 3}).apply(vector) as tf.SymbolicTensor;
  const gru = layers.gru({name: 'made', units: 3, recurrentInitializer: 'zeros'});
  const output = layers.dense({units: 2}).apply(gru.apply(input, {initialState: [state]})) as tf.SymbolicTensor;
  const model = withRandomWeights(tf.model({inputs: [input, vector], outputs: output}));
  const weights = gru.getWeights().map(weight => {
    const columns = weight.shape.at(-1)!;
    const values = weight.dataSync<'float32'>().map((old, i) => (i % columns === 2 * 3 + 1 ? 0 : old));
    return tf.tensor(values, weight.shape);
  });
  gru.setWeights(weights);
  expect(await leftOf(model)).toBe(9); // three gates of three units
});

test('a recurrent layer without a bias keeps the constant that it takes in', async () => {
  const made = layers.dense({name: 'made', units: 3, inputShape: [4, 2]});
  const gru = layers.gru({units: 2, recurrentInitializer: 'zeros', useBias: false});
  const model = withRandomWeights(tf.sequential({layers: [made, gru]}));
  deaden(made, 1, 0.7);
  expect(await leftOf(model)).toBe(STAYS);
});

test('a recurrent layer takes a constant into its bias', async () => {
  const make = () => {
    const made = layers.dense({name: 'made', units: 3, inputShape: [4, 2]});
    const model = withRandomWeights(
      tf.sequential({layers: [made, layers.gru({units: 2, recurrentInitializer: 'zeros'})]}),
    );
    deaden(made, 1, 0.7);
    return model;
  };
  expect(await leftOf(make())).toBe(GOES);
});

test('a convolutional LSTM pads what it takes in', async () => {
  const input = tf.input({shape: [3, 4, 4, 2]});
  const made = layers.timeDistributed({name: 'each', layer: conv('made')});
  const lstm = layers.convLstm2d({filters: 2, kernelSize: 2, padding: 'same'} as never);
  const output = layers.flatten().apply(lstm.apply(made.apply(input))) as tf.SymbolicTensor;
  const model = withRandomWeights(
    tf.model({inputs: input, outputs: layers.dense({units: 2}).apply(output) as tf.SymbolicTensor}),
  );
  deaden(made, 1, 0.7);
  expect(await leftOf(model, 'each')).toBe(STAYS);
});
