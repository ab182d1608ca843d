import * as tf from '@tensorflow/tfjs';
import {listPrunable, prunable, PrunableDense, PrunableLayer, sparsityReport, stripPruning} from 'tfjs-pruning';
import {maskEvery, setMask, wrapper} from '../support/masks.js';
import {distance, expectNoLeak, predict, saveAndLoad} from '../support/tensors.js';

const dense = (name: string, units = 2, more = {}) => tf.layers.dense({name, units, ...more});
const sequential = (...layers: tf.layers.Layer[]) => tf.sequential({layers});
const timeDistributed = (layer: tf.layers.Layer, inputShape: number[]) =>
  tf.layers.timeDistributed({name: 'td', layer, inputShape});

/** What comes out of wrapping, masking, stripping and loading computes the same as before. */
async function expectFaithful(model: tf.LayersModel, x: tf.Tensor | tf.Tensor[]): Promise<void> {
  const wrapped = prunable(model);
  expect(distance(predict(wrapped, x), predict(model, x))).toBe(0);
  maskEvery(3, wrapped.layers);
  const masked = predict(wrapped, x);
  expect(distance(predict(stripPruning(wrapped), x), masked)).toBe(0);
  expect(distance(predict(await saveAndLoad(wrapped), x), masked)).toBe(0);
}

describe('inside TimeDistributed', () => {
  test('a model whose layers were built in another order than its configuration builds them', async () => {
    const input = tf.input({shape: [2]});
    const [second, first] = [dense('second').apply(input), dense('first').apply(input)] as tf.SymbolicTensor[];
    const inner = tf.model({
      inputs: input,
      outputs: tf.layers.concatenate().apply([first!, second!]) as tf.SymbolicTensor,
    });
    await expectFaithful(sequential(timeDistributed(inner, [3, 2])), tf.randomNormal([2, 3, 2], 0, 1, 'float32', 7));
  });

  test('a whole convolutional net, with its multiply-adds', async () => {
    const inner = sequential(
      tf.layers.conv2d({filters: 2, kernelSize: 3, inputShape: [6, 6, 1]}),
      tf.layers.maxPooling2d({poolSize: 2}),
      tf.layers.flatten(),
      dense('head', 10),
    );
    const model = sequential(timeDistributed(inner, [3, 6, 6, 1]));
    expect((await sparsityReport(model)).total.multiplyAdds).toBe(3 * (16 * 18 + 8 * 10));
    await expectFaithful(model, tf.randomNormal([2, 3, 6, 6, 1], 0, 1, 'float32', 7));
  });

  test('a wrapper: it is listed, counted and copied with its mask', async () => {
    const inner = new PrunableDense({layer: dense('inner', 3)});
    const model = sequential(timeDistributed(inner, [4, 2]), dense('head'));
    setMask(inner.maskedWeights[0]!, i => (i < 3 ? 0 : 1));
    expect(listPrunable(model).map(row => row.status)).toEqual(['wrapped', 'prunable']);
    expect((await sparsityReport(model)).layers[0]).toMatchObject({parameters: 9, weights: 6, zeros: 3});
    const copy = prunable(model);
    expect(listPrunable(copy).map(row => row.status)).toEqual(['wrapped', 'wrapped']);
    expect((await sparsityReport(copy)).layers[0]).toMatchObject({parameters: 9, weights: 6, zeros: 3});
  });

  test('a depthwise layer with a regularizer and a constraint, which tf.js writes down wrongly', () => {
    const layer = tf.layers.depthwiseConv2d({
      kernelSize: 2,
      depthwiseRegularizer: 'l1l2',
      depthwiseConstraint: 'nonNeg',
    });
    const copy = stripPruning(prunable(sequential(timeDistributed(layer, [2, 3, 3, 1]))));
    const fields = (copy.layers[0] as unknown as {layer: Record<string, {getClassName(): string}>}).layer;
    expect(fields['depthwiseConstraint']!.getClassName()).toBe('NonNeg');
  });
});

test('a separable convolution with a depth multiplier, which tf.js leaves out of its configuration', async () => {
  const layer = tf.layers.separableConv2d({filters: 2, kernelSize: 2, depthMultiplier: 2, inputShape: [4, 4, 2]});
  await expectFaithful(sequential(layer), tf.randomNormal([2, 4, 4, 2], 0, 1, 'float32', 7));
});

test('a layer that is used on something deep first and on something shallow then, which tf.js would exchange', () => {
  const input = tf.input({shape: [2]});
  const apply = (layer: tf.layers.Layer, x: tf.SymbolicTensor) => layer.apply(x) as tf.SymbolicTensor;
  const shared = dense('shared');
  const deep = apply(shared, apply(dense('deep'), input));
  const shallow = apply(dense('after'), apply(dense('then'), apply(shared, input)));
  const model = tf.model({inputs: input, outputs: [shallow, deep]});
  const x = tf.randomNormal([2, 2], 0, 1, 'float32', 7);
  for (const copy of [prunable(model), stripPruning(model)])
    expect(distance(predict(copy, x), predict(model, x))).toBe(0);
});

test('masking goes on behind a wrapped Embedding', async () => {
  const model = sequential(
    tf.layers.embedding({inputDim: 5, outputDim: 3, maskZero: true, inputLength: 4}),
    tf.layers.lstm({units: 2}),
  );
  await expectFaithful(
    model,
    tf.tensor2d([
      [1, 2, 0, 0],
      [3, 0, 0, 0],
    ]),
  );
});

test('a stateful recurrent layer keeps its state, and forgets it when told', () => {
  const lstm = tf.layers.lstm({units: 2, stateful: true, batchInputShape: [1, 3, 2]}) as tf.layers.Layer;
  const wrapped = prunable(sequential(lstm));
  const x = tf.ones([1, 3, 2]);
  const [first] = predict(wrapped, x);
  expect(distance(predict(wrapped, x), [first!])).toBeGreaterThan(1e-4);
  wrapped.resetStates();
  expect(distance(predict(wrapped, x), [first!])).toBe(0);
});

test('a wrapped recurrent layer takes its initial state as the plain one does', () => {
  const inputs = [tf.input({shape: [3, 2]}), tf.input({shape: [2]}), tf.input({shape: [2]})];
  const kernelInitializer = tf.initializers.ones();
  const args = {units: 2, kernelInitializer, recurrentInitializer: tf.initializers.ones()};
  const outputOf = (layer: tf.layers.Layer) =>
    tf.model({inputs, outputs: layer.apply(inputs[0]!, {initialState: inputs.slice(1)}) as tf.SymbolicTensor});
  const plain = outputOf(tf.layers.lstm(args));
  const wrapped = outputOf(new PrunableLayer({layer: tf.layers.lstm(args)}));
  const x = [tf.randomNormal([1, 3, 2], 0, 1, 'float32', 7), tf.fill([1, 2], 0.7), tf.fill([1, 2], -0.4)];
  expect(distance(predict(wrapped, x), predict(plain, x))).toBe(0);
  const zeroState = [x[0]!, tf.zeros([1, 2]), tf.zeros([1, 2])];
  expect(distance(predict(wrapped, zeroState), predict(wrapped, x))).toBeGreaterThan(1e-3);
});

describe('what is frozen inside of a layer stays frozen in all copies', () => {
  const {layers} = tf;
  const both = () => layers.bidirectional({layer: layers.lstm({units: 2}), mergeMode: 'sum'});
  const cells = () => layers.rnn({cell: [layers.lstmCell({units: 2}), layers.gruCell({units: 3})]});
  interface Inside extends tf.layers.Layer {
    forwardLayer: Inside;
    cell: Inside;
    cells: Inside[];
  }
  test.each<[string, () => tf.layers.Layer, (layer: Inside) => tf.layers.Layer, number]>([
    ['a bidirectional layer', both, layer => layer, 0],
    ['one direction of it', both, layer => layer.forwardLayer, 3],
    ['the cell of one direction', both, layer => layer.forwardLayer.cell, 3],
    ['all stacked cells', cells, layer => layer.cell, 0],
    ['one of the stacked cells', cells, layer => layer.cell.cells[1]!, 3],
  ])('%s', (_, make, frozen, trained) => {
    const input = tf.input({shape: [4, 3]});
    const model = tf.model({inputs: input, outputs: make().apply(input) as tf.SymbolicTensor});
    frozen(model.layers[1] as Inside).trainable = false;
    const wrapped = prunable(model);
    for (const each of [model, wrapped, stripPruning(wrapped)]) expect(each.trainableWeights).toHaveLength(trained);
  });
});

test('what is frozen stays frozen: nested models, whole models, single variables', () => {
  const nested = tf.sequential({name: 'base', layers: [dense('b', 2, {inputShape: [2]})]});
  nested.trainable = false;
  const model = sequential(nested, dense('head'));
  const wrapped = prunable(model);
  expect(wrapped.trainableWeights.map(w => w.originalName)).toEqual(['head/kernel', 'head/bias']);
  wrapped.trainable = false;
  expect(stripPruning(wrapped).trainableWeights).toEqual([]);

  const single = sequential(dense('d', 2, {inputShape: [2]}));
  single.layers[0]!.weights[0]!.trainable = false;
  expect(prunable(single).trainableWeights.map(w => w.originalName)).toEqual(['d/bias']);
  const x = tf.randomNormal([1, 2], 0, 1, 'float32', 7);
  expect(distance(predict(prunable(single), x), predict(single, x))).toBe(0);
});

test.each([
  ['prunable', (model: tf.LayersModel) => prunable(model)],
  ['stripPruning', (model: tf.LayersModel) => stripPruning(model)],
])('a frozen Bidirectional is frozen in the copy of %s', (_name, copyOf) => {
  const layer = tf.layers.gru({units: 2});
  const both = tf.layers.bidirectional({name: 'both', layer, mergeMode: 'concat', inputShape: [3, 2]});
  const model = sequential(both, dense('head'));
  both.trainable = false;
  expect(copyOf(model).trainableWeights.map(w => w.originalName)).toEqual(['head/kernel', 'head/bias']);
});

test('the copy of a single layer keeps initial weights, and values that a constraint would change', () => {
  const given = dense('d', 1, {useBias: false, inputShape: [2], weights: [tf.tensor2d([[1], [2]])]});
  expect(predict(sequential(prunable(given)), tf.ones([1, 2]))[0]!.dataSync()[0]).toBe(3);
  const constrained = dense('d', 1, {
    useBias: false,
    inputShape: [2],
    kernelConstraint: 'nonNeg',
    kernelInitializer: tf.initializers.constant({value: -1}),
  });
  sequential(constrained);
  expect(predict(sequential(prunable(constrained)), tf.ones([1, 2]))[0]!.dataSync()[0]).toBe(-2);
});

test('a layer shared with the inside of another one is refused', () => {
  const shared = dense('shared');
  const input = tf.input({shape: [3, 2]});
  const outputs = shared.apply(tf.layers.timeDistributed({layer: shared}).apply(input)) as tf.SymbolicTensor;
  expect(() => prunable(tf.model({inputs: input, outputs}))).toThrow(/Layer "shared" is part of/);
});

test('the gradient of a wrapper is saved with it, and holds from its construction on', async () => {
  const layer = new PrunableDense({layer: dense('d', 2, {inputShape: [2]}), gradient: 'straightThrough'});
  expect(layer.gradient).toBe('straightThrough');
  const loaded = await saveAndLoad(sequential(layer));
  expect(wrapper(loaded, 'd').gradient).toBe('straightThrough');
  expect(wrapper(loaded, 'd').maskedWeights[0]!.straightThrough).toBe(true);
});

test('inputs of a wrong rank are refused as by the plain layer', () => {
  const wrapped = prunable(
    tf.sequential({layers: [tf.layers.conv1d({name: 'c', filters: 1, kernelSize: 1, inputShape: [3, 2]})]}),
  );
  expect(() => wrapped.getLayer('c').apply(tf.ones([2, 2]))).toThrow(/Input 0 is incompatible with layer c/);
});

test.each<[string, tf.layers.Layer, number[], number[]]>([
  ['Dense', dense('l', 3, {inputShape: [2]}), [0], [1]],
  ['Conv2D', tf.layers.conv2d({name: 'l', filters: 3, kernelSize: 2, inputShape: [4, 4, 5]}), [2], [3]],
  [
    'Conv2DTranspose',
    tf.layers.conv2dTranspose({name: 'l', filters: 3, kernelSize: 2, inputShape: [4, 4, 5]}),
    [3],
    [2],
  ],
  ['DepthwiseConv2D', tf.layers.depthwiseConv2d({name: 'l', kernelSize: 2, inputShape: [4, 4, 5]}), [2], [2, 3]],
  ['Embedding', tf.layers.embedding({name: 'l', inputDim: 7, outputDim: 3, inputShape: [2]}), [0], [1]],
  ['LSTM', tf.layers.lstm({name: 'l', units: 3, inputShape: [2, 5]}), [0], [1]],
])('the axes of a %s kernel', (_, layer, inputAxes, outputAxes) => {
  const [weight] = wrapper(prunable(sequential(layer)), 'l').maskedWeights;
  const gates = layer.getClassName() === 'LSTM' ? 4 : 1;
  expect(weight!.layout).toEqual({name: weight!.name, shape: weight!.kernel.shape, inputAxes, outputAxes, gates});
});

test('a new mask takes effect though the kernel has not changed since the last projection', () => {
  const model = prunable(sequential(dense('d', 2, {inputShape: [2], useBias: false, kernelInitializer: 'ones'})));
  const [weight] = wrapper(model, 'd').maskedWeights;
  setMask(weight!, i => (i === 0 ? 0 : 1));
  weight!.project();
  setMask(weight!, i => (i <= 1 ? 0 : 1));
  expect([...predict(model, tf.ones([1, 2]))[0]!.dataSync()]).toEqual([1, 1]);
  weight!.project();
  expect([...weight!.kernel.read().dataSync()]).toEqual([0, 0, 1, 1]);
});

test('reports and copies of masked models leave no tensors behind', async () => {
  const model = prunable(sequential(dense('d', 3, {inputShape: [4]})));
  maskEvery(2, model.layers);
  await expectNoLeak(async () => void (await sparsityReport(model)));
  await expectNoLeak(() => void stripPruning(model).dispose());
});
