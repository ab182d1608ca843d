import * as tf from '@tensorflow/tfjs';
import {
  isPrunableLayer,
  prunable,
  PrunableConv2D,
  PrunableDense,
  PrunableLayer,
  sparsityReport,
  stripPruning,
} from 'tfjs-pruning';
import {maskEvery, setMask, wrapper, zerosIn} from '../support/masks.js';
import {artifactsOf, distance, expectNoLeak, predict, saveAndLoad} from '../support/tensors.js';

/** Every kind of layer that can be pruned: how it is made, its input, its wrapper, and the masks that it gets. */
const LAYERS: [string, () => tf.layers.Layer, number[], string, string[]][] = [
  ['Dense', () => tf.layers.dense({units: 3, name: 'l', inputShape: [4]}), [4], 'PrunableDense', ['l/kernel_mask']],
  [
    'Conv1D',
    () => tf.layers.conv1d({filters: 3, kernelSize: 2, name: 'l', inputShape: [6, 2]}),
    [6, 2],
    'PrunableConv1D',
    ['l/kernel_mask'],
  ],
  [
    'Conv2D',
    () => tf.layers.conv2d({filters: 3, kernelSize: [2, 3], strides: 2, name: 'l', inputShape: [6, 6, 2]}),
    [6, 6, 2],
    'PrunableConv2D',
    ['l/kernel_mask'],
  ],
  [
    'Conv2DTranspose',
    () => tf.layers.conv2dTranspose({filters: 3, kernelSize: 2, strides: 2, name: 'l', inputShape: [3, 3, 2]}),
    [3, 3, 2],
    'PrunableConv2DTranspose',
    ['l/kernel_mask'],
  ],
  [
    'DepthwiseConv2D',
    () => tf.layers.depthwiseConv2d({kernelSize: 3, depthMultiplier: 2, name: 'l', inputShape: [5, 5, 2]}),
    [5, 5, 2],
    'PrunableDepthwiseConv2D',
    ['l/depthwise_kernel_mask'],
  ],
  [
    'SeparableConv2D',
    () => tf.layers.separableConv2d({filters: 3, kernelSize: 3, name: 'l', inputShape: [5, 5, 2]}),
    [5, 5, 2],
    'PrunableSeparableConv2D',
    ['l/depthwise_kernel_mask', 'l/pointwise_kernel_mask'],
  ],
  [
    'Conv3D',
    () => tf.layers.conv3d({filters: 2, kernelSize: 2, name: 'l', inputShape: [3, 3, 3, 2]}),
    [3, 3, 3, 2],
    'PrunableLayer',
    ['l/kernel_mask'],
  ],
  [
    'Embedding',
    () => tf.layers.embedding({inputDim: 7, outputDim: 3, name: 'l', inputShape: [4]}),
    [4],
    'PrunableLayer',
    ['l/embeddings_mask'],
  ],
  [
    'SimpleRNN',
    () => tf.layers.simpleRNN({units: 3, name: 'l', inputShape: [4, 2]}),
    [4, 2],
    'PrunableLayer',
    ['l/kernel_mask', 'l/recurrent_kernel_mask'],
  ],
  [
    'LSTM',
    () => tf.layers.lstm({units: 3, name: 'l', inputShape: [4, 2]}),
    [4, 2],
    'PrunableLayer',
    ['l/kernel_mask', 'l/recurrent_kernel_mask'],
  ],
  [
    'GRU',
    () => tf.layers.gru({units: 3, name: 'l', inputShape: [4, 2]}),
    [4, 2],
    'PrunableLayer',
    ['l/kernel_mask', 'l/recurrent_kernel_mask'],
  ],
  [
    'stacked RNN cells',
    () =>
      tf.layers.rnn({
        cell: [tf.layers.lstmCell({units: 2, name: 'a'}), tf.layers.gruCell({units: 3, name: 'b'})],
        name: 'l',
        inputShape: [4, 2],
      }),
    [4, 2],
    'PrunableLayer',
    ['0/kernel', '0/recurrent_kernel', '1/kernel', '1/recurrent_kernel'].map(weight => `l/RNNCell_${weight}_mask`),
  ],
  [
    'TimeDistributed',
    () => tf.layers.timeDistributed({layer: tf.layers.dense({units: 3}), name: 'l', inputShape: [4, 2]}),
    [4, 2],
    'PrunableLayer',
    ['l/kernel_mask'],
  ],
  [
    'Bidirectional',
    () =>
      tf.layers.bidirectional({
        layer: tf.layers.lstm({units: 3, name: 'cell', returnSequences: true}),
        mergeMode: 'concat',
        name: 'l',
        inputShape: [4, 2],
      }),
    [4, 2],
    'PrunableLayer',
    ['kernel', 'recurrent_kernel']
      .flatMap(w => [`l/forward_cell/${w}_mask`])
      .concat(['kernel', 'recurrent_kernel'].map(w => `l/backward_cell/${w}_mask`)),
  ],
];

function modelOf(layer: tf.layers.Layer): tf.Sequential {
  return tf.sequential({layers: [layer, tf.layers.activation({activation: 'tanh'})]});
}

function inputFor(kind: string, shape: number[]): tf.Tensor {
  return kind === 'Embedding'
    ? tf.randomUniform([5, ...shape], 0, 7, 'int32', 1)
    : tf.randomNormal([5, ...shape], 0, 1, 'float32', 1);
}

describe.each(LAYERS)('%s, wrapped', (kind, makeLayer, shape, className, maskNames) => {
  test('computes what it did, under the same names, with a mask of ones for each weight', () => {
    const model = modelOf(makeLayer());
    const wrapped = prunable(model, {layers: 'l'});
    const layer = wrapper(wrapped, 'l');
    expect(layer.getClassName()).toBe(className);
    expect(layer.maskedWeights.map(({mask}) => mask.originalName)).toEqual(maskNames);
    expect(layer.trainableWeights.map(w => w.originalName)).toEqual(
      model.getLayer('l').trainableWeights.map(w => w.originalName),
    );
    const masked = layer.maskedWeights.reduce((sum, {mask}) => sum + tf.util.sizeFromShape(mask.shape as number[]), 0);
    expect(wrapped.countParams()).toBe(model.countParams() + masked);
    const x = inputFor(kind, shape);
    expect(distance(predict(wrapped, x), predict(model, x))).toBe(0);
  });

  test('computes with masked kernels, as the stripped layer does, before and after a save', async () => {
    const wrapped = prunable(modelOf(makeLayer()), {layers: 'l'});
    const x = inputFor(kind, shape);
    const dense = predict(wrapped, x);
    maskEvery(2, wrapped.layers);
    const masked = predict(wrapped, x);
    expect(distance(masked, dense)).toBeGreaterThan(1e-4);

    const plain = stripPruning(wrapped);
    expect(plain.layers.map(layer => layer.getClassName())).not.toContain(className);
    expect(distance(predict(plain, x), masked)).toBe(0);
    expect((await sparsityReport(plain)).layers[0]!.sparsity).toBeGreaterThanOrEqual(0.5);

    expect(distance(predict(await saveAndLoad(wrapped), x), masked)).toBe(0);
    expect(distance(predict(await saveAndLoad(plain), x), masked)).toBe(0);
    expect(JSON.stringify((await artifactsOf(plain)).modelTopology)).not.toMatch(/prunable/i);
  });

  test('stops gradients at masked weights, or lets them straight through', () => {
    const wrapped = prunable(modelOf(makeLayer()), {layers: 'l'});
    const layer = wrapper(wrapped, 'l');
    maskEvery(2, wrapped.layers);
    const x = inputFor(kind, shape);
    const atMasked = () =>
      layer.maskedWeights.map(({kernel}) =>
        tf.tidy(() => {
          const variable = kernel.read() as tf.Variable;
          const loss = () => tf.sum<tf.Scalar>(wrapped.apply(x) as tf.Tensor);
          const gradient = tf.variableGrads(loss, [variable]).grads[variable.name] as tf.Tensor;
          return gradient.dataSync<'float32'>().filter((g, i) => i % 2 === 0 && g !== 0).length;
        }),
      );
    expect(atMasked()).toEqual(layer.maskedWeights.map(() => 0));
    layer.gradient = 'straightThrough';
    for (const count of atMasked()) expect(count).toBeGreaterThan(0);
  });
});

test('gradients stop at masked weights of a projected kernel, unless a callback projects after every update', () => {
  const wrapped = prunable(
    tf.sequential({layers: [tf.layers.dense({units: 2, useBias: false, inputShape: [3], name: 'd'})]}),
  );
  const [weight] = wrapper(wrapped, 'd').maskedWeights;
  setMask(weight!, i => (i < 3 ? 0 : 1));
  weight!.project();
  const variable = weight!.kernel.read() as tf.Variable;
  const gradient = () =>
    tf.tidy(() => {
      const loss = () => tf.sum<tf.Scalar>(wrapped.apply(tf.ones([1, 3])) as tf.Tensor);
      return [...(tf.variableGrads(loss, [variable]).grads[variable.name] as tf.Tensor).dataSync()];
    });
  expect(gradient()).toEqual([0, 0, 0, 1, 1, 1]);
  const stop = weight!.letGradientsThrough({unseen: true});
  expect(gradient()).toEqual([1, 1, 1, 1, 1, 1]);
  // whoever has written to the kernel since, as a restart does, changes nothing
  tf.tidy(() => void weight!.kernel.write(tf.ones([3, 2])));
  expect(gradient()).toEqual([1, 1, 1, 1, 1, 1]);
  const look = weight!.showGradient();
  expect(gradient()).toEqual([0, 0, 0, 1, 1, 1]);
  look();
  expect(gradient()).toEqual([1, 1, 1, 1, 1, 1]);
  stop();
  expect(gradient()).toEqual([0, 0, 0, 1, 1, 1]);
});

test('a layer computes with its mask though a callback projects, where the kernel was written by someone else', () => {
  const wrapped = prunable(
    tf.sequential({layers: [tf.layers.dense({units: 2, useBias: false, inputShape: [3], name: 'd'})]}),
  );
  const [weight] = wrapper(wrapped, 'd').maskedWeights;
  setMask(weight!, i => (i < 3 ? 0 : 1));
  weight!.project();
  weight!.letGradientsThrough({unseen: true});
  tf.tidy(() => void weight!.kernel.write(tf.ones([3, 2])));
  expect([...weight!.read().dataSync()]).toEqual([0, 0, 0, 1, 1, 1]);
});

test('the gradient tap sees the dense gradient inside fit, at masked weights too, without a leak', async () => {
  const model = tf.sequential({layers: [tf.layers.dense({units: 2, useBias: false, inputShape: [3], name: 'd'})]});
  const wrapped = prunable(model);
  const [weight] = wrapper(wrapped, 'd').maskedWeights;
  setMask(weight!, i => (i < 3 ? 0 : 1));
  weight!.project();
  wrapped.compile({optimizer: 'sgd', loss: 'meanSquaredError'});
  const [x, y] = [tf.randomNormal([8, 3], 0, 1, 'float32', 1), tf.randomNormal([8, 2], 0, 1, 'float32', 2)];

  // the gradient of mean((x k - y)^2) by hand: 2 x^T (x k - y) / 16, with k already masked
  const expected = tf.tidy(() =>
    tf.div(tf.matMul(x, tf.sub(tf.matMul(x, weight!.kernel.read() as tf.Tensor2D), y), true), 8).dataSync(),
  );
  const seen: number[][] = [];
  const stop = wrapper(wrapped, 'd').tapGradients((_, gradient) => void seen.push([...gradient.dataSync()]));
  const fit = () => wrapped.fit(x, y, {batchSize: 8, epochs: 1, verbose: 0, shuffle: false});
  await fit();
  expect(seen).toHaveLength(1);
  seen[0]!.forEach((g, i) => expect(g).toBeCloseTo(expected[i]!, 5));
  expect(seen[0]!.slice(0, 3).every(g => g !== 0)).toBe(true);
  expect(zerosIn(weight!)).toBe(3);

  await expectNoLeak(async () => void (await fit()));
  stop();
  await fit();
  expect(seen).toHaveLength(2);
});

test('the tap sums over uses: once for each place of a shared layer', () => {
  const input = tf.input({shape: [3]});
  const shared = new PrunableDense({layer: tf.layers.dense({units: 3, name: 'shared'})});
  const model = tf.model({inputs: input, outputs: shared.apply(shared.apply(input)) as tf.SymbolicTensor});
  let calls = 0;
  wrapper(model, 'shared').tapGradients(() => calls++);
  tf.tidy(() => tf.variableGrads(() => tf.sum(model.apply(tf.ones([1, 3])) as tf.Tensor)));
  expect(calls).toBe(2);
});

test('is trained, frozen and disposed like the layer that it wraps', () => {
  const before = tf.memory().numTensors;
  const layer = new PrunableDense({layer: tf.layers.dense({units: 2, inputShape: [3], name: 'd'})});
  const model = tf.sequential({layers: [layer]});
  expect(model.trainableWeights).toHaveLength(2);
  expect(model.nonTrainableWeights.map(w => w.originalName)).toEqual(['d/kernel_mask']);
  layer.trainable = false;
  expect(model.trainableWeights).toHaveLength(0);
  expect(layer.layer.trainable).toBe(false);
  model.dispose();
  expect(tf.memory().numTensors).toBe(before);
});

test('keeps the values that a layer was given at its construction', () => {
  const values = tf.tensor2d([
    [1, 2],
    [3, 4],
  ]);
  const layer = new PrunableLayer({
    layer: tf.layers.embedding({inputDim: 2, outputDim: 2, weights: [values], inputShape: [1]}),
  });
  const model = tf.sequential({layers: [layer]});
  expect([...(model.predict(tf.tensor2d([[1]])) as tf.Tensor).dataSync()]).toEqual([3, 4]);
});

test('regularizers of the wrapped layer count in the loss', () => {
  const layer = new PrunableDense({
    layer: tf.layers.dense({units: 1, inputShape: [2], kernelInitializer: 'ones', kernelRegularizer: 'l1l2'}),
  });
  const model = tf.sequential({layers: [layer]});
  model.compile({optimizer: 'sgd', loss: 'meanSquaredError'});
  const losses = (model as unknown as {model: tf.LayersModel}).model.calculateLosses();
  expect(losses.map(loss => loss.dataSync()[0])).toEqual([expect.closeTo(0.04, 5)]);
});

test.each<[string, () => unknown, RegExp]>([
  ['no layer', () => new PrunableDense({layer: undefined as never}), /Expected `layer` of PrunableDense to be a layer/],
  [
    'the layer itself',
    () => new PrunableDense(tf.layers.dense({units: 1}) as never),
    /PrunableDense expects an object, got the layer itself; pass \{layer: ...\}/,
  ],
  [
    'an option that belongs to the layer',
    () => new PrunableDense({layer: tf.layers.dense({units: 1}), inputShape: [3]} as never),
    /PrunableDense has no option `inputShape`; its options are layer, gradient/,
  ],
  [
    'another kind of layer',
    () => new PrunableConv2D({layer: tf.layers.dense({units: 1, name: 'x'})}),
    /Expected `layer` of PrunableConv2D to be a Conv2D layer, got "x" \(Dense\); use PrunableLayer/,
  ],
  [
    'a wrapped layer wrapped again',
    () => new PrunableLayer({layer: new PrunableDense({layer: tf.layers.dense({units: 1, name: 'x'})})}),
    /Expected a layer that is not wrapped yet, got "x" \(PrunableDense\)/,
  ],
  [
    'a layer without prunable weights',
    () => new PrunableLayer({layer: tf.layers.batchNormalization({name: 'bn'})}),
    /Expected a layer with prunable weights, got "bn" \(BatchNormalization\); declare/,
  ],
  [
    'a layer that is part of a model',
    () =>
      new PrunableDense({layer: tf.sequential({layers: [tf.layers.dense({units: 1, inputShape: [1]})]}).layers[0]!}),
    /Expected a new layer, got .* which is built already; wrap a copy of it with prunable\(layer\)/,
  ],
  [
    'an unknown gradient',
    () => new PrunableDense({layer: tf.layers.dense({units: 1}), gradient: 'none' as never}),
    /Expected `gradient` to be one of masked, straightThrough, got "none"/,
  ],
  [
    'a damaged configuration',
    () => PrunableDense.fromConfig(PrunableDense, {name: 'd'}),
    /Expected the configuration of a PrunableDense to hold `layer: \{className, config\}`/,
  ],
])('refuses %s', (_, make, message) => {
  expect(make).toThrow(message);
});

test('tells its own wrappers from other layers', () => {
  expect(isPrunableLayer(new PrunableDense({layer: tf.layers.dense({units: 1})}))).toBe(true);
  expect(isPrunableLayer(tf.layers.dense({units: 1}))).toBe(false);
});
