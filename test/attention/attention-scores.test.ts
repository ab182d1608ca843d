import * as tf from '@tensorflow/tfjs';
import {
  attentionScores,
  coupledChannels,
  filters,
  globalRanking,
  planChannelPruning,
  prunable,
  pruneOnce,
  scores,
  seededBatches,
  shrink,
  uniform,
  type AttentionScoresArgs,
  type Batch,
} from 'tfjs-pruning';
import {wrapper} from '../support/masks.js';
import {withRandomWeights} from '../support/random-weights.js';
import {expectNoLeak, saveAndLoad} from '../support/tensors.js';

beforeEach(() => void jest.spyOn(console, 'warn').mockImplementation());
afterEach(() => jest.restoreAllMocks());

type Scores = Record<string, tf.Tensor>;

/** Runs a call, and returns its scores as numbers. */
async function scored(model: tf.LayersModel, args: AttentionScoresArgs): Promise<Record<string, readonly number[]>> {
  const given = await attentionScores(model, args);
  const values = Object.entries(given).map(([name, tensor]) => [name, [...tensor.dataSync()]] as const);
  tf.dispose(given);
  return Object.fromEntries(values);
}

const expectClose = (actual: readonly number[], expected: readonly number[], digits = 5) => {
  expect(actual).toHaveLength(expected.length);
  actual.forEach((value, i) => expect(value).toBeCloseTo(expected[i]!, digits));
};

const conv = (name: string, filters: number, more = {}) =>
  tf.layers.conv2d({name, filters, kernelSize: 1, useBias: false, ...more});

/** Passes channels on as they come. */
const identity = (name: string, channels: number, more = {}) =>
  conv(name, channels, {weights: [tf.tensor4d([...tf.eye(channels).dataSync()], [1, 1, channels, channels])], ...more});

const gap = () => tf.layers.globalAveragePooling2d({});
const head = (weights: number[][], more = {}) =>
  tf.layers.dense({name: 'head', units: weights[0]!.length, useBias: false, weights: [tf.tensor2d(weights)], ...more});

const compiled = <M extends tf.LayersModel>(model: M, loss = 'binaryCrossentropy'): M => {
  model.compile({optimizer: 'adam', loss});
  return model;
};

/** Channels: the class as -1 or 1, noise, and one that the head takes no notice of. */
const SIGNAL = {inputShape: [2, 2, 3]};
const reader = () => compiled(tf.sequential({layers: [identity('conv', 3, SIGNAL), gap(), headOf([[1], [1], [0]])]}));
const trained = {batchSize: 16, epochs: 5, learningRate: 0.5};
const headOf = (weights: number[][]) => head(weights, {activation: 'sigmoid'});

function signals(count = 64): {xs: tf.Tensor; ys: tf.Tensor} {
  return tf.tidy(() => {
    const ys = tf.tensor2d(
      Array.from({length: count}, (_, i) => i % 2),
      [count, 1],
    );
    const noise = tf.randomNormal([count, 2], 0, 2, 'float32', 5);
    const channels = tf.concat([tf.sub(tf.mul(ys, 2), 1), noise], 1);
    return {xs: tf.tile(tf.reshape(channels, [count, 1, 1, 3]), [1, 2, 2, 1]), ys};
  });
}

test('the channel that tells the class scores above one that changes nothing, and that above noise', async () => {
  const {'conv/kernel': values} = await scored(reader(), {data: signals(), ...trained});
  const [signal, noise, unread] = values as [number, number, number];
  expect(signal).toBeGreaterThan(0.55);
  expect(unread).toBe(0.5);
  expect(noise).toBeLessThan(0.45);
});

/**
 * The mean of each channel over positions is 0, so that only the second bias of the block trains. The outputs are the
 * attentions a and -b, for the targets 0 and -1: the loss (a^2 + (1 - b)^2) / 2 has the gradients a, b - 1 = 0.5, -0.5,
 * and by the logits, with a (1 - a) = 1/4, 0.125 and -0.125.
 */
test('after one step, by hand', async () => {
  const layers = [
    identity('conv', 2, {inputShape: [1, 2, 2]}),
    tf.layers.globalMaxPooling2d({}),
    head([[1, 0], [0, -1]]), // prettier-ignore
  ];
  const model = compiled(tf.sequential({layers}), 'meanSquaredError');
  const data = {xs: tf.tensor4d([[[[1, 1], [-1, -1]]]]), ys: tf.tensor2d([[0, -1]])}; // prettier-ignore
  const {'conv/kernel': values} = await scored(model, {data, epochs: 1, learningRate: 0.8});
  const sigmoid = (logit: number) => 1 / (1 + Math.exp(-logit));
  expectClose(values!, [sigmoid(-0.1), sigmoid(0.1)]);
});

test('the score is the mean over all examples, in batches of any size', async () => {
  const data = signals(24);
  const args = {epochs: 1, learningRate: 0.05, loss: 'binaryCrossentropy'};
  const whole = await scored(reader(), {...args, data, batchSize: 24});
  const cut = (at: number, size: number): Batch => ({
    xs: tf.slice(data.xs, at, size),
    ys: tf.slice(data.ys, at, size),
  });
  let reads = 0;
  const batches = {
    // one batch while it trains, pieces of different sizes while it averages
    *[Symbol.iterator]() {
      if (reads++ === 0) yield cut(0, 24);
      else yield* [cut(0, 5), cut(5, 19)];
    },
  };
  const pieces = await scored(reader(), {...args, data: batches});
  expect(reads).toBe(2);
  expectClose(pieces['conv/kernel']!, whole['conv/kernel']!);
});

describe('a net of several layers', () => {
  const [xs, ys] = [tf.randomNormal([12, 6, 6, 2], 0, 1, 'float32', 1), tf.randomNormal([12, 2], 0, 1, 'float32', 2)];
  const data = {xs, ys};
  const inBatches = {epochs: 2, reduction: 2};
  const args: AttentionScoresArgs = {...inBatches, data, batchSize: 4};

  function net(): tf.Sequential {
    const layers = [
      conv('a', 6, {inputShape: [6, 6, 2], kernelSize: 3, activation: 'relu'}),
      conv('b', 4, {kernelSize: 3}),
      tf.layers.batchNormalization({name: 'norm'}),
      tf.layers.reLU(),
      tf.layers.dropout({rate: 0.5}),
      tf.layers.flatten(),
      tf.layers.dense({name: 'hidden', units: 5}),
      tf.layers.dense({name: 'head', units: 2}),
    ];
    return compiled(withRandomWeights(tf.sequential({layers})), 'meanSquaredError');
  }

  test('a tensor for each convolution, which is the same with the same seed, wrapped or not', async () => {
    const [model, wrapped] = [net(), compiled(prunable(net()), 'meanSquaredError')];
    const given = await attentionScores(model, args);
    expect(Object.entries(given).map(([name, {shape}]) => [name, shape])).toEqual([
      ['a/kernel', [1, 1, 1, 6]],
      ['b/kernel', [1, 1, 1, 4]],
    ]);
    const again = await scored(model, args);
    const same = await scored(wrapped, args);
    for (const name of Object.keys(again)) {
      expect([...given[name]!.dataSync()]).toEqual(again[name]);
      expectClose(same[name]!, again[name]!);
      expect(new Set(again[name]).size).toBeGreaterThan(1);
    }
    expect(await scored(model, {...args, seed: 1})).not.toEqual(again);
    tf.dispose(given);
  });

  test('its options have their defaults', async () => {
    const defaults = {batchSize: 32, epochs: 2, reduction: 8, learningRate: 0.01, firstAttention: 0.5, seed: 0};
    const model = net();
    expect(await scored(model, {data})).toEqual(await scored(model, {data, ...defaults}));
  });

  test('all begin with the attention that is asked for', async () => {
    const {'a/kernel': values} = await scored(net(), {...args, firstAttention: 0.9, learningRate: 1e-9});
    expectClose(values!, new Array<number>(6).fill(0.9));
  });

  test('nothing of the model changes', async () => {
    const model = net();
    await model.fit(xs, ys, {epochs: 1, verbose: 0});
    model.layers[1]!.trainable = false;
    const state = async () => ({
      weights: model.getWeights().map(weight => [...weight.dataSync()]),
      iterations: model.optimizer.iterations,
      slots: (await model.optimizer.getWeights()).map(({name, tensor}) => [name, [...tensor.dataSync()]]),
      trainable: model.layers.map(({trainable}) => trainable),
      own: model.layers.map(layer => Object.keys(layer)),
    });
    const before = await state();
    await scored(model, args);
    expect(await state()).toEqual(before);
  });

  test('a call that a user has put on a layer stays', async () => {
    const model = net();
    const layer = model.getLayer('a');
    const call = layer.call.bind(layer);
    const own = jest.fn(call);
    layer.call = own;
    await scored(model, args);
    expect(Object.entries(layer)).toContainEqual(['call', own]);
    expect(own).toHaveBeenCalled();
  });

  test('leaves no tensor but the scores, which outlive the model', async () => {
    await expectNoLeak(async () => {
      const model = net();
      const given = await attentionScores(model, args);
      model.dispose();
      expect(given['a/kernel']!.dataSync()).toHaveLength(6);
      tf.dispose(given);
    });
  });

  test.each<[string, () => unknown]>([
    ['a list of batches', () => [0, 4, 8].map(at => ({xs: tf.slice(xs, at, 4), ys: tf.slice(ys, at, 4)}))],
    ['a dataset', () => tf.data.zip({xs: rows(xs), ys: rows(ys)}).batch(4)],
    ['seeded batches', () => seededBatches(xs, ys, {batchSize: 4, shuffle: false})],
  ])('takes %s', async (_, make) => {
    const expected = await scored(net(), args);
    const actual = await scored(net(), {...inBatches, data: make() as Batch});
    for (const name of Object.keys(expected)) expectClose(actual[name]!, expected[name]!);
  });

  const rows = (tensor: tf.Tensor) => tf.data.array(tensor.arraySync() as number[][]);

  test('a loss of its own, for a model that is not compiled', async () => {
    const plain = withRandomWeights(tf.sequential({layers: net().layers.map(copied)}));
    const expected = await scored(net(), args);
    const loss = (targets: tf.Tensor, outputs: tf.Tensor) => tf.mean(tf.square(tf.sub(targets, outputs)));
    const actual = await scored(plain, {...args, loss});
    for (const name of Object.keys(expected)) expectClose(actual[name]!, expected[name]!);
  });

  const copied = (layer: tf.layers.Layer) => {
    const cls = layer.constructor as unknown as {fromConfig(cls: unknown, config: object): tf.layers.Layer};
    return cls.fromConfig(cls, layer.getConfig());
  };

  test('Dense layers, by name', async () => {
    const given = await scored(net(), {...args, layers: ['hidden', 'b']});
    expect(Object.entries(given).map(([name, {length}]) => [name, length])).toEqual([
      ['b/kernel', 4],
      ['hidden/kernel', 5],
    ]);
  });

  test('pruneOnce, coupledChannels and plans rank by them', async () => {
    const model = compiled(prunable(net()), 'meanSquaredError');
    const attention = await attentionScores(model, args);
    const worst = (name: string, count: number) => {
      const values = [...attention[name]!.dataSync()];
      const byScore = values.map((_, i) => i).sort((i, j) => values[i]! - values[j]!);
      return byScore.slice(0, count).sort();
    };
    const criterion = scores(attention);
    const masked = (name: string, of: tf.LayersModel) => {
      const mask = wrapper(of, name).maskedWeights[0]!.mask.read();
      const kept = tf.tidy(() => tf.max(mask, [0, 1, 2]).dataSync());
      return [...kept].flatMap((value, i) => (value === 0 ? [i] : []));
    };
    const planned = await planChannelPruning(model, {
      sparsity: 0.5,
      criterion,
      allocation: uniform(),
      members: 'producers',
      layers: ['a', 'b'],
    });
    expect(planned.remove).toEqual({a: worst('a/kernel', 3), b: worst('b/kernel', 2)});
    const one = compiled(prunable(net()), 'meanSquaredError');
    await pruneOnce(one, {sparsity: 0.5, criterion, structure: filters(), layers: ['a', 'b']});
    expect([masked('a', one), masked('b', one)]).toEqual([worst('a/kernel', 3), worst('b/kernel', 2)]);
    const structure = coupledChannels({members: 'producers'});
    await pruneOnce(model, {sparsity: 0.5, criterion, structure, layers: ['a', 'b']});
    expect([masked('a', model), masked('b', model)]).toEqual([worst('a/kernel', 3), worst('b/kernel', 2)]);
    const ranked = await planChannelPruning(net(), {
      sparsity: 0.3,
      criterion,
      allocation: globalRanking(),
      members: 'producers',
      layers: ['a', 'b'],
    });
    const small = await shrink(net(), ranked);
    expect(small.countParams()).toBeLessThan(net().countParams());
    tf.dispose(attention);
  });
});

describe('other nets', () => {
  const input = (shape: number[]) => tf.input({shape});
  const apply = (layer: tf.layers.Layer, ...tensors: tf.SymbolicTensor[]) =>
    layer.apply(tensors.length === 1 ? tensors[0]! : tensors) as tf.SymbolicTensor;
  const noise = (shape: number[], seed: number) => tf.randomNormal(shape, 0, 1, 'float32', seed);
  const few = {epochs: 1, reduction: 2};

  test('a shared layer has one block, which sees all uses', async () => {
    const [a, b] = [input([1, 1, 3]), input([1, 1, 3])];
    const shared = identity('shared', 3);
    const sum = apply(tf.layers.add(), apply(shared, a), apply(shared, b));
    const outputs = apply(headOf([[1], [1], [0]]), apply(gap(), sum));
    const model = compiled(tf.model({inputs: [a, b], outputs}));
    const {xs, ys} = signals();
    const one = tf.slice(xs, [0, 0, 0, 0], [64, 1, 1, 3]);
    const given = await scored(model, {data: {xs: [one, one], ys}, ...trained});
    expect(Object.keys(given)).toEqual(['shared/kernel']);
    const [signal, other, unread] = given['shared/kernel']!;
    expect([signal! > 0.55, unread, other! < 0.45]).toEqual([true, 0.5, true]);
  });

  test('layers of nested models are named as everywhere, also where the model is used twice', async () => {
    const inner = tf.sequential({name: 'base', layers: [identity('conv', 3, SIGNAL), tf.layers.reLU()]});
    const [a, b] = [input([2, 2, 3]), input([2, 2, 3])];
    const sum = apply(tf.layers.add(), apply(inner, a), apply(inner, b));
    const model = compiled(tf.model({inputs: [a, b], outputs: apply(headOf([[1], [1], [0]]), apply(gap(), sum))}));
    const {xs, ys} = signals();
    const attention = await attentionScores(model, {data: {xs: [xs, xs], ys}, ...trained});
    expect(Object.keys(attention)).toEqual(['base/conv/kernel']);
    const values = attention['base/conv/kernel']!.dataSync();
    expect(values[0]).toBeGreaterThan(values[1]!);
    const criterion = scores(attention);
    const plan = await planChannelPruning(model, {sparsity: 0.33, criterion, members: 'producers', layers: 'conv'});
    expect(plan.remove).toEqual({'base/conv': [1]});
    tf.dispose(attention);
  });

  test('channels first are those of channels last', async () => {
    const {xs, ys} = signals();
    const layers = [
      identity('conv', 3, {inputShape: [3, 2, 2], dataFormat: 'channelsFirst'}),
      tf.layers.globalAveragePooling2d({dataFormat: 'channelsFirst'}),
      headOf([[1], [1], [0]]),
    ];
    const model = compiled(tf.sequential({layers}));
    const first = await scored(model, {data: {xs: tf.transpose(xs, [0, 3, 1, 2]), ys}, ...trained});
    const last = await scored(reader(), {data: {xs, ys}, ...trained});
    expectClose(first['conv/kernel']!, last['conv/kernel']!);
  });

  /** A batch normalization behind it is where the block is: its shift, too, is multiplied. */
  test('a batch normalization that follows alone is given the attention with its shift', async () => {
    const withNorm = (...between: tf.layers.Layer[]) => {
      const norm = tf.layers.batchNormalization({name: 'norm', epsilon: 0});
      const model = compiled(
        tf.sequential({layers: [identity('conv', 1, {inputShape: [1, 1, 1]}), ...between, norm, tf.layers.flatten()]}),
        'meanSquaredError',
      );
      norm.setWeights([tf.tensor1d([0]), tf.tensor1d([1]), tf.tensor1d([0]), tf.tensor1d([1])]); // it returns 1
      return model;
    };
    const data = {xs: tf.tensor4d([[[[0]]]]), ys: tf.tensor2d([[1]])};
    const args = {data, epochs: 1, learningRate: 0.8, layers: 'conv'};
    const [behind] = (await scored(withNorm(), args))['conv/kernel']!;
    expect(behind).toBeGreaterThan(0.53);
    const [before] = (await scored(withNorm(tf.layers.reLU()), args))['conv/kernel']!;
    expect(before).toBe(0.5);
  });

  test('several outputs, with a loss for each', async () => {
    const x = input([4, 4, 2]);
    const trunk = apply(conv('trunk', 4, {kernelSize: 3, activation: 'relu'}), x);
    const classes = apply(tf.layers.dense({name: 'classes', units: 3, activation: 'softmax'}), apply(gap(), trunk));
    const map = apply(conv('map', 2), trunk);
    const model = withRandomWeights(tf.model({inputs: x, outputs: [classes, map]}));
    model.compile({optimizer: 'sgd', loss: {classes: 'sparseCategoricalCrossentropy', map: 'meanSquaredError'}});
    const data = {
      xs: noise([6, 4, 4, 2], 1),
      ys: {classes: tf.tensor1d([0, 1, 2, 0, 1, 2]), map: noise([6, 2, 2, 2], 2)},
    };
    const given = await scored(model, {data, ...few});
    expect(Object.keys(given)).toEqual(['trunk/kernel']); // the channels of the map are outputs
    expect(new Set(given['trunk/kernel']).size).toBeGreaterThan(1);
  });

  const ROWS: Record<string, [layer: () => tf.layers.Layer, input: number[], name: string, shape: number[]]> = {
    Conv1D: [() => tf.layers.conv1d({name: 'c', filters: 3, kernelSize: 2}), [4, 2], 'c/kernel', [1, 1, 3]],
    'Conv1D, channels first': [
      () => tf.layers.conv1d({name: 'c', filters: 3, kernelSize: 2, dataFormat: 'channelsFirst'}),
      [2, 4],
      'c/kernel',
      [1, 1, 3],
    ],
    Conv3D: [() => tf.layers.conv3d({name: 'c', filters: 3, kernelSize: 2}), [3, 3, 3, 2], 'c/kernel', [1, 1, 1, 1, 3]],
    'Conv3D, channels first': [
      () => tf.layers.conv3d({name: 'c', filters: 3, kernelSize: 2, dataFormat: 'channelsFirst'}),
      [2, 3, 3, 3],
      'c/kernel',
      [1, 1, 1, 1, 3],
    ],
    Conv2DTranspose: [
      () => tf.layers.conv2dTranspose({name: 'c', filters: 3, kernelSize: 2}),
      [3, 3, 2],
      'c/kernel',
      [1, 1, 3, 1],
    ],
    Conv3DTranspose: [
      () => tf.layers.conv3dTranspose({name: 'c', filters: 3, kernelSize: 2}),
      [2, 2, 2, 2],
      'c/kernel',
      [1, 1, 1, 3, 1],
    ],
    DepthwiseConv2D: [
      () => tf.layers.depthwiseConv2d({name: 'c', kernelSize: 2, depthMultiplier: 2}),
      [3, 3, 2],
      'c/depthwise_kernel',
      [1, 1, 2, 2],
    ],
    SeparableConv2D: [
      () => tf.layers.separableConv2d({name: 'c', filters: 3, kernelSize: 2}),
      [3, 3, 2],
      'c/pointwise_kernel',
      [1, 1, 1, 3],
    ],
    'TimeDistributed Conv2D': [
      () => tf.layers.timeDistributed({layer: conv('inner', 3, {kernelSize: 2}), name: 'c'}),
      [2, 3, 3, 2],
      'c/kernel',
      [1, 1, 1, 3],
    ],
    'Dense over positions': [() => tf.layers.dense({name: 'c', units: 3}), [4, 2], 'c/kernel', [1, 3]],
  };
  test.each(Object.entries(ROWS))('%s, plain and wrapped', async (_, [make, shape, name, scoreShape]) => {
    const layers = [
      tf.layers.activation({activation: 'linear', inputShape: shape}),
      make(),
      tf.layers.reLU(),
      tf.layers.flatten(),
      tf.layers.dense({name: 'head', units: 1}),
    ];
    const model = withRandomWeights(tf.sequential({layers}));
    const data = {xs: noise([8, ...shape], 1), ys: noise([8, 1], 2)};
    const args: AttentionScoresArgs = {data, ...few, loss: 'meanSquaredError', layers: 'c'};
    const plain: Scores = await attentionScores(model, args);
    const [[key, tensor], ...others] = Object.entries(plain) as [[string, tf.Tensor]];
    expect([others, tensor.shape]).toEqual([[], scoreShape]);
    const wrapped = prunable(model);
    expectClose((await scored(wrapped, args))[key]!, [...tensor.dataSync()], 4);
    expect(new Set(tensor.dataSync()).size).toBeGreaterThan(1);
    expect(key.endsWith(name.split('/')[1]!)).toBe(true);
    await pruneOnce(wrapped, {amount: 1, criterion: scores(plain), structure: filters(), layers: 'c'}).catch(
      (error: unknown) => expect(String(error)).toMatch(/depthwise_kernel/), // that of a separable convolution
    );
    tf.dispose(plain);
  });

  test('a model that was saved and loaded has the same scores', async () => {
    const model = reader();
    const loaded = compiled(await saveAndLoad(model));
    expect(await scored(loaded, {data: signals()})).toEqual(await scored(model, {data: signals()}));
  });
});

test('says which attention has not moved, as where a deep net is damped', async () => {
  const warn = jest.spyOn(console, 'warn');
  const layers = Array.from({length: 14}, (_, i) => identity(`conv${i}`, 3, i === 0 ? SIGNAL : {}));
  const model = compiled(tf.sequential({layers: [...layers, gap(), headOf([[1], [1], [0]])]}));
  const args = {data: signals(), layers: 'conv0', learningRate: 0.1};
  await scored(model, args);
  expect(warn).not.toHaveBeenCalled();
  await scored(model, {...args, layers: /conv/});
  expect(warn).toHaveBeenCalledWith(
    expect.stringMatching(/^attentionScores: the attention to the channels of conv0\/kernel, .* moved from 0.5, so/),
  );
  warn.mockClear();
  await scored(model, {...args, layers: /conv/, firstAttention: 0.95});
  expect(warn).not.toHaveBeenCalled();
});

describe('what is refused, before anything is trained', () => {
  const data = signals(8);
  const refused = async (args: object, message: string | RegExp, model: tf.LayersModel = reader()) => {
    await expectNoLeak(async () => {
      await expect(attentionScores(model, {data, ...args})).rejects.toThrow(message);
    });
  };

  test('data that are over after one pass', async () => {
    await refused({data: [data].values()}, 'expects `data` that can be read several times, got an Object, which');
    await refused(
      {
        data: (async function* () {
          await tf.nextFrame();
          yield data;
        })(),
      },
      'that can be read several times',
    );
  });

  test('data without targets, or that do not fit', async () => {
    await refused({data: {xs: data.xs}}, 'Expected `ys` of `data` to be tensors for "head", got undefined');
    await refused({data: {xs: data.ys, ys: data.ys}}, 'Expected `xs` of `data` to have the shape [batch,2,2,3]');
  });

  test('attention that none begins with', async () => {
    for (const firstAttention of [0, 1, 1.5]) {
      await refused(
        {firstAttention},
        `Expected \`firstAttention\` to be a number between 0 and 1, without these, got ${firstAttention}`,
      );
    }
  });

  test('layers that make no channels', async () => {
    const message =
      'Expected `layers` to match at least one of the layers that make channels, but "global" matches none';
    await refused({layers: 'global'}, `${message}; there are "conv", "head"`);
  });

  test('a model without a convolution to score', async () => {
    const none = compiled(tf.sequential({layers: [tf.layers.dense({units: 1, inputShape: [3]})]}));
    const map = compiled(tf.sequential({layers: [identity('conv', 3, SIGNAL)]}));
    for (const model of [none, map]) {
      await refused({}, `whose channels can be removed, but "${model.name}" has none; name other layers`, model);
    }
  });

  test('a model without a loss, or without shapes', async () => {
    const plain = tf.sequential({layers: [identity('conv', 3, SIGNAL), gap(), headOf([[1], [1], [0]])]});
    await refused({}, `Expected model "${plain.name}" to have a loss; compile it, or pass \`loss\``, plain);
    await refused({}, 'expects a model that is built', tf.sequential());
  });

  test('NaN in the data', async () => {
    const xs = tf.fill([8, 2, 2, 3], NaN);
    await refused({data: {xs, ys: data.ys}}, 'Expected finite attention to the channels of "conv/kernel", got NaN');
  });
});
