import * as tf from '@tensorflow/tfjs';
import {
  applyMasks,
  biasCorrection,
  filters,
  hardConcrete,
  maskChannels,
  prunable,
  pruneOnce,
  reconstruct,
  restoreDense,
  shrink,
  stripPruning,
  type Progress,
} from 'tfjs-pruning';
import {ARCHITECTURES} from '../support/architectures.js';
import {setMask, wrapper} from '../support/masks.js';
import {withRandomWeights} from '../support/random-weights.js';
import {sequence} from '../support/sequence.js';
import {distance, expectNoLeak, predict} from '../support/tensors.js';

/** Literals were computed by numpy: `lstsq` of the centered rows with those of the ridge below them. */

const {layers} = tf;

const values = (layer: tf.layers.Layer) =>
  layer.getWeights().map(weight => [...weight.dataSync()]).slice(0, 2); // prettier-ignore

function expectClose(actual: readonly number[], expected: readonly number[], tolerance = 2e-5): void {
  expect(actual).toHaveLength(expected.length);
  actual.forEach((value, i) =>
    expect(Math.abs(value - expected[i]!)).toBeLessThan(tolerance * (1 + Math.abs(expected[i]!))),
  );
}

/** One layer with weights of its own. */
function alone(layer: tf.layers.Layer, weights: tf.Tensor[]): tf.Sequential {
  const model = tf.sequential({layers: [layer]});
  model.setWeights(weights);
  return model;
}

describe('two dense layers', () => {
  const xs = sequence([7, 4], 5, 2, 2);
  const build = () => {
    const model = tf.sequential({
      layers: [
        layers.dense({name: 'first', units: 3, activation: 'relu', inputShape: [4]}),
        layers.dense({name: 'second', units: 2}),
      ],
    });
    model.setWeights([sequence([4, 3], 3, 1), sequence([3], 4, 2), sequence([3, 2], 7, 4), sequence([2], 3, 9)]);
    return model;
  };
  const MASKS = {
    'first/kernel': tf.tensor2d([1, 0, 1, 0, 1, 1, 1, 1, 0, 0, 1, 1], [4, 3]),
    'second/kernel': tf.tensor2d([1, 0, 1, 1, 0, 1], [3, 2]),
  };
  const pruned = async (args = {}) => {
    const model = prunable(build());
    await applyMasks(model, MASKS, args);
    return model;
  };
  const kernels = (model: tf.LayersModel) => ['first', 'second'].flatMap(name => values(model.getLayer(name)));
  const data = () => [0, 3].map((begin, i) => ({xs: tf.slice(xs, begin, [3, 4][i])}));

  const FITTED: Record<string, {kernels: number[][]; errors: number[]}> = {
    '0': {
      kernels: [
        [-3.181951, 0, -0.202017, 0, 1.230373, 0.292274, -0.973618, -1.638353, 0, 0, -0.831725, -1.244655],
        [-4.890887, 1.014599, 3.485559],
        [-1.824517, 0, -0.317236, 1.192753, 0, 1.728008],
        [0.052449, -7.209191],
      ],
      errors: [3.879847, 1.134514, 15.868361, 7.166018],
    },
    '0.1': {
      kernels: [
        [-3.064253, 0, -0.441726, 0, 1.16242, 0.015102, -0.947381, -1.67622, 0, 0, -0.851601, -1.389344],
        [-4.749522, 0.943349, 3.075994],
        [-1.889725, 0, -0.340638, 1.32142, 0, 1.506828],
        [0.090443, -6.625786],
      ],
      errors: [3.879847, 1.162547, 15.386613, 7.129125],
    },
  };

  test.each(Object.entries(FITTED))('with a ridge of %s are those of numpy', async (ridge, expected) => {
    const model = await pruned();
    const {weights} = await reconstruct(model, {teacher: build(), data: data(), ridge: Number(ridge)});
    kernels(model).forEach((kernel, i) => expectClose(kernel, expected.kernels[i]!, 1e-4));
    expect(weights.map(({name}) => name)).toEqual(['first/kernel', 'second/kernel']);
    expectClose(
      weights.flatMap(({before, after}) => [before, after]),
      expected.errors,
      1e-4,
    );
  });

  test('come out the same from a plain model with zeros, and in place of nothing else', async () => {
    const [wrapped, plain] = [await pruned(), stripPruning(await pruned())];
    for (const model of [wrapped, plain]) await reconstruct(model, {teacher: build(), data: data(), ridge: 0.1});
    kernels(plain).forEach((kernel, i) => expectClose(kernel, kernels(wrapped)[i]!, 1e-6));
    expect(kernels(plain)[0]!.filter(value => value === 0)).toHaveLength(4);
  });

  test('keep the dense weights behind their masks', async () => {
    const model = await pruned({keepDense: true});
    const before = kernels(model)[0]!;
    await reconstruct(model, {teacher: build(), data: data(), ridge: 0.1});
    const mask = [...MASKS['first/kernel'].dataSync()];
    kernels(model)[0]!.forEach((value, i) => {
      expectClose([value], [mask[i] === 1 ? FITTED['0.1']!.kernels[0]![i]! : before[i]!], 1e-4);
    });
    await restoreDense(model);
  });

  test('fit one layer if one is chosen, whose teacher still sees dense layers before', async () => {
    const model = await pruned();
    const first = values(model.getLayer('first'));
    await reconstruct(model, {teacher: build(), data: data(), layers: 'second'});
    expect(values(model.getLayer('first'))).toEqual(first);
    expect(values(model.getLayer('second'))).not.toEqual(values((await pruned()).getLayer('second')));
  });

  test('stay, with so large a ridge that only biases move: what biasCorrection does', async () => {
    const [fitted, corrected] = [await pruned(), await pruned()];
    await reconstruct(fitted, {teacher: build(), data: data(), ridge: 1e9});
    const {weights} = await biasCorrection(corrected, {teacher: build(), data: data()});
    const [k1, b1, k2, b2] = kernels(corrected);
    expect([k1, k2]).toEqual([kernels(await pruned())[0], kernels(await pruned())[2]]);
    expectClose(b1!, [-2.9375, 0.659226, 2.313988]);
    expectClose(b2!, [-0.440618, -3.954294]);
    kernels(fitted).forEach((kernel, i) => expectClose(kernel, kernels(corrected)[i]!, 1e-5));
    for (const {before, after} of weights) expect(after).toBeLessThan(before);
  });

  test('stay exactly if nothing was pruned', async () => {
    const model = prunable(build());
    await reconstruct(model, {teacher: build(), data: data()});
    expect(kernels(model)).toEqual(kernels(build()));
  });

  test('with one example move within what it says, and without a ridge not at all', async () => {
    const one = {xs: tf.slice(xs, 0, 1)};
    const [model, other] = [await pruned(), await pruned()];
    await reconstruct(model, {teacher: build(), data: one, ridge: 0.1});
    expect(distance(predict(model, one.xs), predict(build(), one.xs))).toBeLessThan(1e-4); // the bias makes up for all
    const few = {xs: tf.slice(xs, 0, 2)};
    const before = kernels(other);
    await expect(reconstruct(other, {teacher: build(), data: few, ridge: 0})).rejects.toThrow(
      'Expected inputs of layer "first" that determine its weights, but there are only 2 values of each of its 4 ' +
        'inputs; use more data, or a `ridge` above 0, such as 0.01',
    );
    expect(kernels(other)).toEqual(before);
  });

  test('a constant input changes nothing, at whatever ridge', async () => {
    const constant = tf.concat([tf.slice(xs, [0, 0], [7, 3]), tf.fill([7, 1], 1 / 3)], 1);
    const model = await pruned();
    const before = kernels(model)[0]!;
    await reconstruct(model, {teacher: build(), data: {xs: constant}, ridge: 0, layers: 'first'});
    expect(kernels(model)[0]!.slice(9)).toEqual(before.slice(9));
  });

  test('inputs far from zero lose nothing to rounding', async () => {
    const far = (model: tf.Sequential) => {
      const [kernel, ...others] = model.getWeights();
      const [, bias] = values(model.layers[0]!);
      const shift = tf.sub(tf.tensor1d(bias!), tf.mul(1000, tf.sum(kernel!, 0)));
      model.setWeights([kernel!, shift, ...others.slice(1)]);
      return model;
    };
    const [near, moved] = [await pruned(), prunable(far(build()))];
    await applyMasks(moved, MASKS);
    await reconstruct(near, {teacher: build(), data: data(), ridge: 0.01, layers: 'first'});
    const data1000 = data().map(batch => ({xs: tf.add(batch.xs, 1000)}));
    await reconstruct(moved, {teacher: far(build()), data: data1000, ridge: 0.01, layers: 'first'});
    expectClose(kernels(moved)[0]!, kernels(near)[0]!, 2e-3);
  });

  test('are as they were after an error or an abort, at every pause', async () => {
    const model = await pruned();
    const before = kernels(model);
    const outputs = [...predict(model, xs)[0]!.dataSync()];
    const controller = new AbortController();
    const labels: string[] = [];
    const onProgress = ({label, done}: Progress) => {
      labels.push(label!);
      expect([...predict(model, xs)[0]!.dataSync()]).toEqual(outputs);
      if (done === 5) controller.abort(new Error('enough'));
    };
    const call = reconstruct(model, {teacher: build(), data: data(), onProgress, signal: controller.signal});
    await expect(call).rejects.toThrow('enough');
    expect(kernels(model)).toEqual(before);
    expect(labels).toEqual([
      ...['first/kernel, batch 1 of 2', 'first/kernel, batch 2 of 2', 'first/kernel'],
      ...['second/kernel, batch 1 of 2', 'second/kernel, batch 2 of 2'],
    ]);
    const nan = {xs: tf.concat([xs, tf.fill([1, 4], NaN)])};
    await expect(reconstruct(model, {teacher: build(), data: nan})).rejects.toThrow(
      'Expected finite inputs and outputs of layer "first", got NaN or infinity; check the data, and the weights of ' +
        'both models',
    );
    expect(kernels(model)).toEqual(before);
  });

  test('are not overwritten if others changed them meanwhile', async () => {
    const model = await pruned();
    const {kernel} = wrapper(model, 'second').maskedWeights[0]!;
    const onProgress = () => tf.tidy(() => void kernel.write(tf.ones([3, 2])));
    await expect(reconstruct(model, {teacher: build(), data: data(), onProgress})).rejects.toThrow(
      'reconstruct expects the weights of both models to stay while it computes others, but "second/kernel" was',
    );
    expect(kernels(model)[0]).toEqual(kernels(await pruned())[0]);
  });

  test('leave the optimizer and the loss alone, and no tensor behind', async () => {
    const model = await pruned();
    model.compile({optimizer: tf.train.momentum(0.1, 0.9), loss: 'meanSquaredError'});
    const ys = tf.zeros([7, 2]);
    await model.fit(xs, ys, {epochs: 1, verbose: 0});
    const slots = async () =>
      Promise.all((await model.optimizer.getWeights()).map(async ({tensor}) => [...(await tensor.data())]));
    const before = await slots();
    const teacher = build();
    const [batches, nan] = [data(), [{xs: tf.fill([2, 4], NaN)}]];
    await expectNoLeak(async () => {
      await reconstruct(model, {teacher, data: batches});
      await biasCorrection(model, {teacher, data: batches});
      const stopped = reconstruct(model, {teacher, data: batches, signal: AbortSignal.abort()});
      await expect(stopped).rejects.toThrow();
      await expect(reconstruct(model, {teacher, data: nan})).rejects.toThrow('finite');
    });
    expect(await slots()).toEqual(before);
    await model.fit(xs, ys, {epochs: 1, verbose: 0});
  });
});

describe('convolutions come out as by numpy', () => {
  const x = sequence([2, 3, 4, 2], 3, 5, 2);
  const kernel = sequence([2, 2, 2, 2], 5, 3);
  const keptIf = (keep: (i: number) => boolean) => (i: number) => (keep(i) ? 1 : 0);
  const of = (more: object) => ({name: 'it', kernelSize: 2, inputShape: [3, 4, 2], ...more});
  const fitted = async (dense: tf.Sequential, xs: tf.Tensor, maskAt: (i: number) => number, wrap = prunable) => {
    const model = wrap(dense);
    const weight = wrapper(model, 'it').maskedWeights[0]!;
    setMask(weight, maskAt);
    tf.tidy(() => weight.project());
    const data = [0, 1].map(i => ({xs: tf.slice(xs, i, 1)}));
    await reconstruct(model, {teacher: dense, data, ridge: 0.05});
    return values(model.getLayer('it'));
  };

  test('with strides and padding, without a bias', async () => {
    const conv = layers.conv2d({...of({}), filters: 2, padding: 'same', strides: [1, 2], useBias: false} as never);
    const [weights] = await fitted(
      alone(conv, [kernel]),
      x,
      keptIf(i => i % 3 !== 1),
    );
    expectClose(weights!, [
      ...[-2.097959, 0, -0.525158, 1.313699, 0, 1.591322, -1.517507, 0],
      ...[-0.03933, -0.777809, 0, -2.182252, 0.483093, 0, 0.994317, 0.768087],
    ]);
  });

  test('depthwise, with two filters a channel', async () => {
    const conv = layers.depthwiseConv2d(of({depthMultiplier: 2}));
    const model = alone(conv, [kernel, tf.zeros([4])]);
    const [weights, bias] = await fitted(
      model,
      x,
      keptIf(i => i % 3 !== 1),
    );
    expectClose(weights!, [
      ...[-1.957772, 0, -0.251811, 1.649047, 0, 1.351375, -1.858218, 0],
      ...[-0.701235, -1.127673, 0, -1.840633, 0.826875, 0, 1.176638, -0.122054],
    ]);
    expectClose(bias!, [-0.072801, -0.182747, 1.021432, 1.348411]);
  });

  test('transposed', async () => {
    const conv = layers.conv2dTranspose({name: 'it', kernelSize: 3, strides: 2, filters: 2, inputShape: [2, 3, 2]});
    const model = alone(conv, [sequence([3, 3, 2, 2], 5, 3), tf.zeros([2])]);
    const [weights, bias] = await fitted(
      model,
      sequence([2, 2, 3, 2], 3, 5, 2),
      keptIf(i => i % 4 !== 1),
    );
    expectClose(weights!, [
      ...[-2.372311, 0, -0.416667, 1.583333, -0.590157, 0, -1.75, -1.083333, 0.231297, 0, -1.083333, -1.75],
      ...[1.491933, 0, 1.583333, -0.416667, 1.892032, 0, -1.083333, -0.75, -0.212407, 0, -1.75, 0.916667],
      ...[-0.555474, 0, -0.416667, 0.916667, -0.961261, 0, -0.75, -0.75, 0.059475, 0, 0.916667, -0.416667],
    ]);
    expectClose(bias!, [0.820329, 0]);
  });
});

/** Layers with every option that matters for what a weight is multiplied with. */
const KINDS: Record<string, [layer: () => tf.layers.Layer, ...inputShape: number[]]> = {
  'Dense over time': [() => layers.dense({units: 3}), 5, 4],
  Conv1D: [() => layers.conv1d({filters: 3, kernelSize: 3, strides: 2, padding: 'same'}), 9, 2],
  'Conv1D, dilated': [() => layers.conv1d({filters: 3, kernelSize: 2, dilationRate: 2}), 9, 2],
  'Conv2D, dilated': [
    () => layers.conv2d({filters: 3, kernelSize: [2, 3], dilationRate: [2, 1], padding: 'same'}),
    ...[6, 5, 2],
  ],
  'Conv2D, strides beyond the window': [() => layers.conv2d({filters: 3, kernelSize: 1, strides: [2, 3]}), 6, 5, 4],
  Conv3D: [() => layers.conv3d({filters: 3, kernelSize: [2, 1, 2], padding: 'same'}), 4, 3, 3, 2],
  'Conv2DTranspose, padded': [
    () => layers.conv2dTranspose({filters: 3, kernelSize: [3, 2], strides: [2, 1], padding: 'same'}),
    ...[4, 3, 2],
  ],
  'Conv2DTranspose, with gaps': [() => layers.conv2dTranspose({filters: 3, kernelSize: 1, strides: 2}), 4, 3, 4],
  'DepthwiseConv2D, padded': [
    () => layers.depthwiseConv2d({kernelSize: 3, strides: 2, padding: 'same', depthMultiplier: 2}),
    ...[6, 5, 2],
  ],
  SeparableConv2D: [
    () => layers.separableConv2d({filters: 3, kernelSize: 2, depthMultiplier: 2, padding: 'same'}),
    ...[6, 5, 2],
  ],
  'Dense inside TimeDistributed': [() => layers.timeDistributed({layer: layers.dense({units: 3})}), 4, 5],
};

/** Masks every third weight of each wrapped layer; all others are multiplied by up to a half more. */
function sparse(dense: tf.LayersModel): [teacher: tf.LayersModel, model: tf.LayersModel] {
  const pair = [prunable(dense), prunable(dense)] as const;
  for (const model of pair) {
    for (const layer of model.layers) {
      const inner = 'layer' in layer ? (layer.layer as tf.layers.Layer) : layer;
      for (const each of [layer, inner]) {
        if (!('maskedWeights' in each)) continue;
        for (const weight of (each as ReturnType<typeof wrapper>).maskedWeights) {
          setMask(weight, i => (i % 3 === 1 ? 0 : 1));
          if (model === pair[1]) tf.tidy(() => void weight.kernel.write(disturbed(weight.kernel.read())));
          tf.tidy(() => weight.project());
        }
      }
    }
  }
  return [...pair];
}

const disturbed = (kernel: tf.Tensor) => tf.mul(kernel, tf.randomUniform(kernel.shape, 1, 1.5, 'float32', 4));

describe('finds a sparse teacher again, if only kept weights are wrong', () => {
  test.each(Object.entries(KINDS))('%s', async (_, [layer, ...shape]) => {
    const dense = withRandomWeights(
      tf.sequential({layers: [layers.inputLayer({inputShape: shape}), layer()]}) as tf.LayersModel,
    );
    const [teacher, model] = sparse(dense);
    const xs = tf.randomNormal([40, ...shape], 0, 1, 'float32', 3);
    const wrong = distance(predict(model, xs), predict(teacher, xs));
    const {weights} = await reconstruct(model, {teacher, data: {xs}, batchSize: 16, ridge: 1e-7});
    expect(wrong).toBeGreaterThan(0.05);
    expect(distance(predict(model, xs), predict(teacher, xs))).toBeLessThan(2e-3 * wrong);
    for (const {after} of weights) expect(after).toBeLessThan(1e-5);
  });
});

const NETS = Object.entries(ARCHITECTURES).map(([name, build]) => {
  const classes = JSON.stringify(build().toJSON());
  return [name, build, /\b(LSTM|GRU|SimpleRNN|ConvLSTM2D|Embedding|RNN)\b/.test(classes)] as const;
});
const examples = ({inputs}: tf.LayersModel, count: number) =>
  inputs.map(({shape}, i) => tf.randomNormal([count, ...shape.slice(1).map(n => n ?? 6)], 0, 1, 'float32', i + 1));

describe('comes no less near to the teacher than before, in every layer', () => {
  const nets = NETS.filter(([, , isRecurrent]) => !isRecurrent).map(([name, build]) => [name, build] as const);
  test.each(nets)('%s', async (_, build) => {
    const dense = build();
    const model = prunable(dense);
    await pruneOnce(model, {sparsity: 0.5});
    const masks = model.weights.filter(({originalName}) => originalName.endsWith('_mask'));
    const before = masks.map(mask => [...mask.read().dataSync()]);
    const xs = examples(model, 6);
    const {weights} = await reconstruct(model, {teacher: dense, data: {xs}, batchSize: 4});
    for (const {name, before, after} of weights) {
      expect(name).not.toContain('undefined');
      expect(after).toBeLessThanOrEqual(before * (1 + 1e-4) + 1e-9);
    }
    expect(masks.map(mask => [...mask.read().dataSync()])).toEqual(before);
    const kernels = model.weights.filter(({originalName}) => /kernel$/.test(originalName));
    const zeros = kernels.flatMap(kernel => [...kernel.read().dataSync()]).filter(value => value === 0);
    expect(zeros.length).toBeGreaterThanOrEqual(before.flat().filter(value => value === 0).length);
    const [near, far] = [model, await prunedAlone(dense)].map(one => distance(predict(one, xs), predict(dense, xs)));
    expect(near).toBeLessThan(far! * 1.5);
  });

  async function prunedAlone(dense: tf.LayersModel): Promise<tf.LayersModel> {
    const model = prunable(dense);
    await pruneOnce(model, {sparsity: 0.5});
    return model;
  }
});

describe('layers that are not linear', () => {
  const build = (recurrent = 0.5) => {
    const model = prunable(
      tf.sequential({
        layers: [
          layers.lstm({name: 'lstm', units: 4, inputShape: [3, 2], recurrentInitializer: 'glorotNormal'}),
          layers.dense({name: 'head', units: 4}),
        ],
      }),
    );
    return pruneOnce(model, recurrent > 0 ? {sparsity: 0.5} : {sparsity: 0.5, layers: 'head'}).then(() => model);
  };
  const data = {xs: tf.randomNormal([6, 3, 2], 0, 1, 'float32', 1)};

  test('are refused by name if they are pruned', async () => {
    await expect(reconstruct(await build(), {teacher: await build(), data})).rejects.toThrow(
      'reconstruct expects Dense and Conv layers, whose outputs are linear in their weights, got "lstm" (LSTM); ' +
        'choose others by `layers`',
    );
  });

  test('are passed over if they are not, or others are chosen', async () => {
    const teacher = await build(0);
    const {weights} = await reconstruct(await build(0), {teacher, data});
    expect(weights.map(({name}) => name)).toEqual(['head/kernel']);
    expect((await reconstruct(await build(), {teacher, data, layers: 'head'})).weights).toHaveLength(1);
    await expect(reconstruct(await build(0), {teacher, data, layers: 'lstm'})).rejects.toThrow('"lstm" (LSTM)');
  });
});

describe('a teacher', () => {
  const build = (units = 3, name = 'a', inputs = 2) =>
    tf.sequential({layers: [layers.dense({name, units, inputShape: [inputs]}), layers.dense({name: 'b', units: 1})]});
  const model = prunable(build());
  const data = {xs: tf.ones([4, 2])};

  test.each<[string, () => tf.LayersModel, string]>([
    ['is another model', () => model, 'Expected `teacher` to be another model, got the pruned model itself'],
    [
      'has the same inputs',
      () => build(3, 'a', 5),
      'Expected `teacher` to have the inputs of the model, [,2], got [,5]',
    ],
    ['has layers of the names', () => build(3, 'c'), 'to have a layer "a" (Dense) as the model has, got none; pass'],
    [
      'has the same shapes',
      () => build(4),
      'Expected "a/kernel" of `teacher` to have the shape [2,3], got [2,4]; to cut',
    ],
    [
      'has the same kinds of layers',
      () => tf.sequential({layers: [layers.simpleRNN({name: 'a', units: 3, inputShape: [4, 2]})]}),
      'Expected `teacher` to have the inputs of the model, [,2], got [,4,2]',
    ],
    [
      'shares no layer',
      () => tf.model({inputs: model.inputs, outputs: model.outputs}),
      'Expected `teacher` to have layers of its own, but it shares "a" with the model',
    ],
  ])('%s', async (_, teacher, message) => {
    await expect(reconstruct(model, {teacher: teacher(), data})).rejects.toThrow(message);
    await expect(biasCorrection(model, {teacher: teacher(), data})).rejects.toThrow(message);
  });
});

test('a frozen layer is left alone, and said, unless it is named', async () => {
  const warn = jest.spyOn(console, 'warn').mockImplementation();
  const dense = withRandomWeights(
    tf.sequential({
      layers: [layers.dense({name: 'a', units: 4, inputShape: [4]}), layers.dense({name: 'b', units: 2})],
    }),
  );
  const model = prunable(dense);
  await pruneOnce(model, {sparsity: 0.5});
  model.layers[0]!.trainable = false;
  const data = {xs: tf.randomNormal([9, 4], 0, 1, 'float32', 1)};
  expect((await reconstruct(model, {teacher: dense, data})).weights.map(({name}) => name)).toEqual(['b/kernel']);
  expect(warn).toHaveBeenCalledWith(expect.stringMatching(/^reconstruct: skips what is frozen: "a"/));
  expect((await reconstruct(model, {teacher: dense, data, layers: 'a'})).weights).toHaveLength(1);
});

describe('a layer without a bias', () => {
  const net = (useBias: boolean) => {
    const model = tf.sequential({
      layers: [
        layers.conv2d({name: 'conv', filters: 4, kernelSize: 2, useBias, inputShape: [5, 5, 2]}),
        layers.batchNormalization({name: 'norm'}),
        layers.reLU(),
        layers.flatten(),
        layers.dense({name: 'head', units: 2, useBias: false}),
      ],
    });
    withRandomWeights(model);
    const {shape} = model.getLayer('head').weights[0]!;
    for (const [name, weights] of [
      ['conv', [sequence([2, 2, 2, 4], 5, 3), tf.zeros([4])]],
      ['norm', [1.5, 0.5, 0.1, 2].map((value, i) => tf.add(sequence([4], 2, i, 20), value))],
      ['head', [tf.randomNormal(shape as number[], 0, 0.2, 'float32', 5)]],
    ] as const) {
      const layer = model.getLayer(name);
      layer.setWeights(weights.slice(0, layer.weights.length));
    }
    return model;
  };
  const xs = tf.randomNormal([30, 5, 5, 2], 1, 1, 'float32', 8);
  const pruned = async (dense: tf.LayersModel) => {
    const model = prunable(dense);
    await pruneOnce(model, {sparsity: 0.6});
    return model;
  };

  test.each([reconstruct, biasCorrection])(
    'shifts the batch normalization behind it as a bias would: %p',
    async recover => {
      jest.spyOn(console, 'warn').mockImplementation();
      const [withBias, without] = [net(true), net(false)];
      const models = [await pruned(withBias), await pruned(without)];
      const before = distance(predict(models[1]!, xs), predict(without, xs));
      await recover(models[0]!, {teacher: withBias, data: {xs}});
      await recover(models[1]!, {teacher: without, data: {xs}});
      expect(distance(predict(models[0]!, xs), predict(models[1]!, xs))).toBeLessThan(1e-4);
      expect(distance(predict(models[1]!, xs), predict(without, xs))).toBeLessThan(before);
      expect(values(models[1]!.getLayer('norm'))).toEqual(values(without.getLayer('norm'))); // scale and shift
    },
  );

  test('is left alone by biasCorrection where nothing can shift, and said', async () => {
    const warn = jest.spyOn(console, 'warn').mockImplementation();
    const dense = net(false);
    const {weights} = await biasCorrection(await pruned(dense), {teacher: dense, data: {xs}});
    expect(weights.map(({name}) => name)).toEqual(['conv/kernel']);
    expect(warn).toHaveBeenCalledWith(
      'biasCorrection: leaves "head" alone: without a bias, or a batch normalization right behind, nothing can shift.',
    );
  });
});

test('channels that are masked stay removed, so that shrink cuts them out of a residual net exactly', async () => {
  const dense = ARCHITECTURES.residualStages();
  const xs = examples(dense, 24)[0]!;
  const plan = {remove: {stem: [0, 2], a2: [0, 2], a1: [1, 3]}};
  const [masked, untouched] = [prunable(dense), prunable(dense)];
  for (const model of [masked, untouched]) await maskChannels(model, plan);
  await reconstruct(masked, {teacher: dense, data: {xs}});
  const small = stripPruning(await shrink(masked));
  expect(small.countParams()).toBeLessThan(0.7 * dense.countParams());
  expect(distance(predict(small, xs), predict(masked, xs))).toBeLessThan(1e-4);
  const squares = (model: tf.LayersModel) =>
    tf.tidy(() => tf.mean(tf.square(tf.sub(predict(model, xs)[0]!, predict(dense, xs)[0]!))).dataSync()[0]!);
  expect(squares(small)).toBeLessThan(0.5 * squares(untouched));
});

test.each([reconstruct, biasCorrection])('the bias of a unit that was removed stays zero: %p', async recover => {
  const dense = withRandomWeights(
    tf.sequential({
      layers: [layers.dense({name: 'a', units: 6, inputShape: [4], activation: 'relu'}), layers.dense({units: 2})],
    }),
  );
  const model = prunable(dense);
  await pruneOnce(model, {sparsity: 0.5, structure: filters(), layers: 'a'});
  await recover(model, {teacher: dense, data: {xs: tf.randomNormal([20, 4], 0, 1, 'float32', 1)}});
  expect(values(model.getLayer('a'))[1]!.filter(bias => bias === 0)).toHaveLength(3);
  expect((await shrink(model)).getLayer('a').outputShape).toEqual([null, 3]);
});

test('holds no more than a batch, however many there are', async () => {
  const dense = withRandomWeights(
    tf.sequential({layers: [layers.dense({units: 6, inputShape: [50]}), layers.dense({units: 2})]}),
  );
  const model = prunable(dense);
  await pruneOnce(model, {sparsity: 0.5});
  const bytes: number[] = [];
  function* batches() {
    for (let i = 0; i < 40; i++) {
      const xs = tf.randomNormal([20, 50], 0, 1, 'float32', i + 1);
      bytes.push(tf.memory().numBytes);
      yield {xs};
      xs.dispose();
    }
  }
  const before = tf.memory().numBytes;
  await reconstruct(model, {teacher: dense, data: {[Symbol.iterator]: batches}});
  expect(bytes).toHaveLength(80);
  const batch = 4 * 20 * 50;
  expect(Math.max(...bytes) - before).toBeLessThan(batch + 4 * (50 + 50 * 6 + 6 + 1));
});

test('gates and parametrizations are refused', async () => {
  const dense = withRandomWeights(tf.sequential({layers: [layers.dense({units: 4, inputShape: [4]})]}));
  const gated = prunable(dense, {gate: hardConcrete()});
  const data = {xs: tf.ones([4, 4])};
  await expect(reconstruct(gated, {teacher: dense, data})).rejects.toThrow('call removeGates first');
  const model = prunable(dense);
  const stop = wrapper(model, dense.layers[0]!.name).maskedWeights[0]!.parametrize({
    apply: weight => tf.mul(weight, 2),
  });
  await expect(reconstruct(model, {teacher: dense, data})).rejects.toThrow('has a parametrization; call stripPruning');
  stop();
  await reconstruct(model, {teacher: dense, data});
});

test('a layer whose matrix would not fit into memory is refused', async () => {
  const dense = tf.sequential({
    layers: [layers.dense({name: 'wide', units: 1, inputShape: [16_385], kernelInitializer: 'ones'})],
  });
  await expect(reconstruct(prunable(dense), {teacher: dense, data: {xs: tf.ones([1, 16_385])}})).rejects.toThrow(
    'reconstruct holds a matrix of inputs by inputs, of at most 16384 inputs, but "wide/kernel" has 16385; leave',
  );
});
