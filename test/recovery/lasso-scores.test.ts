import * as tf from '@tensorflow/tfjs';
import {
  coupledChannels,
  filters,
  lassoScores,
  maskChannels,
  planChannelPruning,
  prunable,
  pruneOnce,
  reconstruct,
  scores,
  shrink,
  stripPruning,
  uniform,
  type LassoScoresArgs,
} from 'tfjs-pruning';
import {lassoPath} from '../../src/math/lasso-path.js';
import {setMask, wrapper} from '../support/masks.js';
import {withRandomWeights} from '../support/random-weights.js';
import {sequence} from '../support/sequence.js';
import {distance, expectNoLeak, predict} from '../support/tensors.js';

const {layers} = tf;

/** Runs a call, and returns its scores as numbers. */
async function scored(model: tf.LayersModel, args: LassoScoresArgs): Promise<Record<string, readonly number[]>> {
  const given = await lassoScores(model, args);
  const values = Object.entries(given).map(([name, tensor]) => [name, [...tensor.dataSync()]] as const);
  tf.dispose(given);
  return Object.fromEntries(values);
}

function expectClose(actual: readonly number[] | undefined, expected: readonly number[], tolerance = 2e-5): void {
  expect(actual).toHaveLength(expected.length);
  actual!.forEach((value, i) => expect(Math.abs(value - expected[i]!)).toBeLessThan(tolerance));
}

const pointwise = (name: string, filters: number, more = {}) =>
  layers.conv2d({name, filters, kernelSize: 1, activation: 'relu', ...more});

/** From scikit-learn 1.9.1: `lars_path` of all contributions, written out by numpy, and `Lasso` between its knots. */
describe('a convolution without a bias, and a Dense layer with one', () => {
  let xs: tf.Tensor;
  beforeAll(() => void (xs = sequence([6, 5, 5, 2], 5, 2, 2)));
  const build = (useBias = false) => {
    const model = tf.sequential({
      layers: [
        pointwise('conv1', 6, {inputShape: [5, 5, 2]}),
        layers.conv2d({name: 'conv2', filters: 3, kernelSize: 2, activation: 'relu', useBias}),
        layers.flatten(),
        layers.dense({name: 'output', units: 2}),
      ],
    });
    const second = [sequence([2, 2, 6, 3], 7, 4), ...(useBias ? [tf.zeros([3])] : [])];
    model.setWeights([
      sequence([1, 1, 2, 6], 3, 1),
      sequence([6], 4, 2),
      ...second,
      sequence([48, 2], 3, 5),
      tf.zeros([2]),
    ]);
    return model;
  };
  const EXPECTED = {
    'conv1/kernel': [0.0994331, 0.3999257, 0.0994311, 0.1153802, 0.2169456, 0.1738663],
    'conv2/kernel': [0.1259418, 0.2234634, 0.8164411],
  };
  const CENTERED = [0.086965, 0.3784101, 0.1149699, 0.1425569, 0.175055, 0.2435702];

  test('score as in scikit-learn, in batches of any size', async () => {
    for (const batchSize of [6, 4, 1]) {
      const given = await scored(build(), {data: {xs}, batchSize});
      expect(Object.keys(given)).toEqual(Object.keys(EXPECTED));
      for (const [name, values] of Object.entries(EXPECTED)) expectClose(given[name], values);
    }
  });

  test('are scored about the means where a bias makes up for these', async () => {
    const given = await scored(build(true), {data: {xs}, batchSize: 4});
    expectClose(given['conv1/kernel'], CENTERED);
  });

  test('give tensors that fit the kernels, for what is chosen, and leave nothing else', async () => {
    const model = build();
    await expectNoLeak(async () => {
      const given = await lassoScores(model, {data: [{xs}].values(), layers: 'conv1'});
      expect(Object.entries(given).map(([name, {shape}]) => [name, shape])).toEqual([['conv1/kernel', [1, 1, 1, 6]]]);
      tf.dispose(given);
    });
  });

  test('score the same in a wrapped model, where a masked channel gets 0', async () => {
    const model = prunable(build());
    for (const [name, values] of Object.entries(await scored(build(), {data: {xs}}))) {
      expectClose((await scored(model, {data: {xs}}))[name], values, 1e-6);
    }
    setMask(wrapper(model, 'conv2').maskedWeights[0]!, i => (Math.floor(i / 3) % 6 === 2 ? 0 : 1));
    const masked = (await scored(model, {data: {xs}}))['conv1/kernel']!;
    expect(masked.map(value => value > 0)).toEqual([true, true, false, true, true, true]);
  });
});

/** Each takes channels in, in its own way: along which axis of its first or second weight. */
const CONSUMERS: Record<string, [consumer: tf.layers.Layer, weight: number, axis: number, inputShape?: number[]]> = {
  dense: [layers.dense({units: 3, useBias: false}), 0, 0, [3]],
  'dense over positions': [layers.dense({units: 3, useBias: false}), 0, 0, [4, 3]],
  conv1d: [layers.conv1d({filters: 3, kernelSize: 2, useBias: false}), 0, 1, [5, 3]],
  'conv2d, strided': [layers.conv2d({filters: 3, kernelSize: [2, 3], strides: 2, useBias: false}), 0, 2],
  'conv2d, padded': [layers.conv2d({filters: 3, kernelSize: 3, padding: 'same', useBias: false}), 0, 2],
  'conv2d, dilated': [layers.conv2d({filters: 3, kernelSize: 2, dilationRate: 2, useBias: false}), 0, 2],
  conv3d: [layers.conv3d({filters: 2, kernelSize: 2, useBias: false}), 0, 3, [3, 4, 3, 2]],
  conv2dTranspose: [layers.conv2dTranspose({filters: 2, kernelSize: 3, strides: 2, useBias: false}), 0, 3],
  separableConv2d: [layers.separableConv2d({filters: 3, kernelSize: 2, depthMultiplier: 2, useBias: false}), 0, 2],
  timeDistributed: [layers.timeDistributed({layer: layers.dense({units: 3, useBias: false})}), 0, 0, [4, 3]],
};

test.each(Object.entries(CONSUMERS))('%s takes in what its outputs are the sum of', async (_, row) => {
  const [consumer, weight, axis, inputShape = [5, 6, 3]] = row;
  const maker = layers.dense({name: 'maker', units: 4, activation: 'relu', inputShape});
  const model = withRandomWeights(tf.sequential({layers: [maker, consumer]}), 3);
  const xs = tf.randomNormal([5, ...inputShape], 0, 1, 'float32', 7);
  const given = (await scored(model, {data: {xs}, batchSize: 2}))['maker/kernel'];
  const weights = consumer.getWeights().map(each => tf.clone(each));
  const contributions = [0, 1, 2, 3].map(channel => {
    const alone = tf.tidy(() => {
      const only = tf.oneHot(channel, 4).reshape(weights[weight]!.shape.map((___, each) => (each === axis ? 4 : 1)));
      return weights.map((each, i) => (i === weight ? tf.mul(each, only) : each));
    });
    consumer.setWeights(alone);
    return [...predict(model, xs)[0]!.dataSync()];
  });
  const product = (a: number[], b: number[]) => a.reduce((sum, value, i) => sum + value * b[i]!, 0);
  const sum = contributions[0]!.map((__, i) => contributions.reduce((all, each) => all + each[i]!, 0));
  const gram = contributions.flatMap(a => contributions.map(b => product(a, b)));
  const expected = [0, 0, 0, 0];
  for (const {lambda, active} of lassoPath(
    Float64Array.from(gram),
    Float64Array.from(contributions, each => product(each, sum)),
  )) {
    for (const channel of active) expected[channel] ||= lambda / product(sum, sum);
  }
  expectClose(given, expected, 1e-4 * Math.max(...expected));
});

/** Conv layers with channels of which the last is twice the first one, with random weights behind. */
function withTwins(): tf.Sequential {
  const model = withRandomWeights(
    tf.sequential({
      layers: [
        pointwise('conv1', 5, {inputShape: [4, 4, 3]}),
        layers.conv2d({name: 'conv2', filters: 3, kernelSize: 2, useBias: false}),
        layers.globalAveragePooling2d({}),
        layers.dense({name: 'output', units: 2}),
      ],
    }),
    5,
  );
  tf.tidy(() => {
    const [kernel, bias] = model.getLayer('conv1').getWeights() as [tf.Tensor4D, tf.Tensor1D];
    const doubled = (all: tf.Tensor, axis: number) => {
      const [first, others] = tf.split(all, [1, 3, 1], axis) as [tf.Tensor, tf.Tensor];
      return tf.concat([first, others, tf.mul(first, 2)], axis);
    };
    model.getLayer('conv1').setWeights([doubled(kernel, 3), doubled(bias, 0)]);
    const [second] = model.getLayer('conv2').getWeights() as [tf.Tensor4D];
    const [first, others] = tf.split(second, [1, 3, 1], 2) as [tf.Tensor, tf.Tensor];
    model.getLayer('conv2').setWeights([tf.concat([first, others, first], 2)]);
  });
  return model;
}

test('of channels that do the same one goes, and reconstruct then makes up for it wholly', async () => {
  const model = withTwins();
  const xs = tf.randomNormal([9, 4, 4, 3], 0, 1, 'float32', 1);
  const lasso = await lassoScores(model, {data: {xs}});
  const values = lasso['conv1/kernel']!.dataSync();
  const one = values[0]! < values[4]! ? 0 : 4;
  expect(values[one]).toBe(0);
  expect(Math.min(...values.filter((_, i) => i !== one))).toBeGreaterThan(1e-3);
  const choice = {criterion: scores(lasso), members: 'producers', layers: 'conv1', allocation: uniform()} as const;
  const plan = await planChannelPruning(model, {...choice, sparsity: 0.2});
  expect(plan.remove).toEqual({conv1: [one]});
  const pruned = prunable(model);
  await maskChannels(pruned, plan);
  await reconstruct(pruned, {teacher: model, data: {xs}, ridge: 1e-9});
  const small = stripPruning(await shrink(pruned));
  expect(small.getLayer('conv1').getWeights()[0]!.shape).toEqual([1, 1, 3, 4]);
  expect(distance(predict(small, xs), predict(model, xs))).toBeLessThan(1e-3);
  tf.dispose(lasso);
});

test('a factor on a channel that the next layer undoes changes nothing', async () => {
  const [model, scaled] = [withTwins(), withTwins()];
  const factors = tf.tensor1d([8, 1, 0.25, 1, 2]);
  const [conv1, conv2] = ['conv1', 'conv2'].map(name => scaled.getLayer(name)) as [tf.layers.Layer, tf.layers.Layer];
  conv1.setWeights(conv1.getWeights().map(weight => tf.mul(weight, factors)));
  conv2.setWeights(conv2.getWeights().map(weight => tf.div(weight, tf.reshape(factors, [1, 1, 5, 1]))));
  const data = {xs: tf.randomNormal([6, 4, 4, 3], 0, 1, 'float32', 2)};
  const [before, after] = [await scored(model, {data}), await scored(scaled, {data})];
  expectClose(after['conv1/kernel'], before['conv1/kernel']!, 1e-4);
});

describe('channels that several layers take in, or make', () => {
  let xs: tf.Tensor;
  beforeAll(() => void (xs = tf.randomNormal([8, 4], 0, 1, 'float32', 3)));
  const dense = (name: string, units: number, more = {}) => layers.dense({name, units, ...more});
  const apply = (layer: tf.layers.Layer, x: tf.SymbolicTensor | tf.SymbolicTensor[]) =>
    layer.apply(x) as tf.SymbolicTensor;

  test('score the mean', async () => {
    const build = (heads: string[]) => {
      const x = tf.input({shape: [4]});
      const made = apply(dense('a', 5, {activation: 'relu'}), x);
      const model = tf.model({inputs: x, outputs: heads.map(name => apply(dense(name, 2), made))});
      model.getLayer('a').setWeights([sequence([4, 5], 3, 1), sequence([5], 4, 2)]);
      heads.forEach(name => {
        model.getLayer(name).setWeights([sequence([5, 2], name === 'b' ? 7 : 5, 3), tf.zeros([2])]);
      });
      return model;
    };
    const [b, c, both] = await Promise.all(
      [['b'], ['c'], ['b', 'c']].map(async heads => (await scored(build(heads), {data: {xs}}))['a/kernel']!),
    );
    expectClose(
      both,
      b!.map((value, i) => (value + c![i]!) / 2),
    );
  });

  test('score over all uses of a layer that is used several times', async () => {
    const [a, b] = [dense('a', 5, {activation: 'relu'}), dense('b', 2)];
    const inputs = [tf.input({shape: [4]}), tf.input({shape: [4]})];
    const outputs = inputs.map(x => apply(b, apply(a, x)));
    const twice = withRandomWeights(tf.model({inputs, outputs}), 4);
    const once = tf.model({inputs: inputs[0]!, outputs: outputs[0]!});
    const given = await scored(twice, {data: {xs: [xs, tf.mul(xs, 2)]}, batchSize: 3});
    expectClose(given['a/kernel'], (await scored(once, {data: {xs: tf.concat([xs, tf.mul(xs, 2)])}}))['a/kernel']!);
  });

  test('score the same in all that make them; what no Dense or Conv takes in is left out', async () => {
    const x = tf.input({shape: [4]});
    const first = apply(dense('first', 3), x);
    const sum = apply(layers.add(), [apply(dense('a', 5), first), apply(dense('b', 5), first)]);
    const outputs = apply(layers.simpleRNN({units: 2}), apply(layers.reshape({targetShape: [1, 5]}), sum));
    const head = apply(dense('head', 2), apply(layers.reLU(), sum));
    const model = withRandomWeights(tf.model({inputs: x, outputs: [head]}), 1);
    const given = await scored(model, {data: {xs}});
    expect(given['a/kernel']).toEqual(given['b/kernel']);
    expect(Object.keys(given)).toEqual(['first/kernel', 'a/kernel', 'b/kernel']);
    const recurrent = withRandomWeights(tf.model({inputs: x, outputs}), 1);
    expect(Object.keys(await scored(recurrent, {data: {xs}}))).toEqual(['first/kernel']);
    const refused = lassoScores(recurrent, {data: {xs}, layers: ['first', 'a', 'b']});
    await expect(refused).rejects.toThrow('Dense or Conv layers take in, but not those of "a", "b"; choose others');
  });

  test('may come from recurrent layers, whose gates go together', async () => {
    const rnn = layers.lstm({name: 'rnn', units: 3, recurrentInitializer: 'zeros', inputShape: [4, 2]});
    const model = withRandomWeights(tf.sequential({layers: [rnn, dense('output', 2)]}), 2);
    const lasso = await lassoScores(model, {data: {xs: tf.randomNormal([8, 4, 2], 0, 1, 'float32', 3)}});
    const shapes = Object.entries(lasso).map(([name, {shape}]) => [name, shape]);
    expect(shapes).toEqual([['rnn/kernel', [1, 12]], ['rnn/recurrent_kernel', [1, 12]]]); // prettier-ignore
    const values = [...lasso['rnn/kernel']!.dataSync()];
    const plan = await planChannelPruning(model, {sparsity: 1 / 3, criterion: scores(lasso), members: 'producers'});
    expect(plan.remove).toEqual({rnn: [values.indexOf(Math.min(...values))]});
    tf.dispose(lasso);
  });

  test('work with structures, too', async () => {
    const data = {xs: tf.randomNormal([6, 4, 4, 3], 0, 1, 'float32', 2)};
    const lasso = await lassoScores(withTwins(), {data});
    const least = [...lasso['conv2/kernel']!.dataSync()].map((value, i, all) => (value === Math.min(...all) ? i : -1));
    for (const structure of [coupledChannels({members: 'producers'}), filters()]) {
      const model = prunable(withTwins());
      const rule = {criterion: scores(lasso), structure, layers: ['conv1', 'conv2']};
      await pruneOnce(model, {...rule, sparsity: 1 / 3});
      const kernel = model.getLayer('conv2').getWeights()[0]!;
      const sums = [...tf.sum(tf.abs(kernel), [0, 1, 2]).dataSync()];
      expect(sums.map((value, i) => (value === 0 ? i : -1))).toEqual(least);
    }
    tf.dispose(lasso);
  });
});

describe('what is refused', () => {
  let data: {xs: tf.Tensor};
  beforeAll(() => void (data = {xs: tf.ones([2, 4, 4, 3])}));
  const refused = (args: object, message: string, model: tf.LayersModel = withTwins()) =>
    expectNoLeak(async () => {
      await expect(lassoScores(model, {data, ...args})).rejects.toThrow(message);
    });

  test('a layer whose channels are the outputs', async () => {
    await refused(
      {layers: 'output'},
      'scores channels that can be removed and that Dense or Conv layers take in, but not those of "output"; choose',
    );
  });

  test('a model without channels that can be removed', async () => {
    const model = tf.sequential({name: 'one', layers: [layers.dense({units: 2, inputShape: [3]})]});
    await refused(
      {data: {xs: tf.ones([2, 3])}},
      'Dense or Conv layers take in, but "one" has none; formatChannelTrace',
      model,
    );
  });

  test('inputs that are not numbers', async () => {
    const data = {xs: tf.fill([2, 4, 4, 3], NaN)};
    await refused({data}, 'Expected finite inputs of layer "conv2", got NaN or infinity; check the data');
  });

  test('a selector that matches nothing', async () => {
    await refused({layers: 'pool'}, 'Expected `layers` to match at least one of the layers that make channels');
  });
});

test('outputs that are all zero say nothing: every channel scores 0', async () => {
  const model = withTwins();
  model.getLayer('conv2').setWeights([tf.zeros([2, 2, 5, 3])]);
  const given = await scored(model, {data: {xs: tf.ones([2, 4, 4, 3])}});
  expect(given['conv1/kernel']).toEqual([0, 0, 0, 0, 0]);
});
