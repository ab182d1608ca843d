import * as tf from '@tensorflow/tfjs';
import {declareLayer, isPrunableLayer, listPrunable, prunable, PrunableDense, stripPruning} from 'tfjs-pruning';
import {maskEvery, wrapper} from '../support/masks.js';
import {distance, expectNoLeak, predict, saveAndLoad} from '../support/tensors.js';

// tf.js warns that a symbolic initial state is not written down; it is, as an input
beforeEach(() => void jest.spyOn(console, 'warn').mockImplementation());
afterEach(() => jest.restoreAllMocks());

const dense = (name: string, units = 3, more = {}) => tf.layers.dense({name, units, ...more});
const conv = (name: string, filters = 4, more = {}) =>
  tf.layers.conv2d({name, filters, kernelSize: 3, padding: 'same', ...more});

/** A residual block, batch norm, a nested Sequential, a layer used twice, two inputs and two outputs. */
function functionalModel(): tf.LayersModel {
  const image = tf.input({shape: [6, 6, 2], name: 'image'});
  const extra = tf.input({shape: [5], name: 'extra'});
  const apply = (layer: tf.layers.Layer, x: tf.SymbolicTensor | tf.SymbolicTensor[]) =>
    layer.apply(x) as tf.SymbolicTensor;
  const first = apply(conv('conv1'), image);
  const second = apply(tf.layers.batchNormalization({name: 'bn'}), apply(conv('conv2'), first));
  const pooled = apply(
    tf.layers.globalAveragePooling2d({name: 'pool'}),
    apply(tf.layers.add({name: 'add'}), [first, second]),
  );
  const shared = dense('shared', 5);
  const joined = apply(tf.layers.concatenate({name: 'join'}), [
    apply(shared, apply(dense('widen', 5), pooled)),
    apply(shared, extra),
  ]);
  const head = tf.sequential({name: 'head', layers: [dense('inner', 4, {inputShape: [10]}), dense('logits', 2)]});
  return tf.model({
    inputs: [image, extra],
    outputs: [apply(head, joined), apply(dense('side', 1), pooled)],
    name: 'net',
  });
}

/** An encoder whose final state starts the decoder: a recurrent layer with three inputs. */
function encoderDecoder(): tf.LayersModel {
  const [source, target] = [tf.input({shape: [4, 3]}), tf.input({shape: [5, 3]})];
  const [, h, c] = tf.layers.lstm({units: 2, returnState: true, name: 'encoder'}).apply(source) as tf.SymbolicTensor[];
  const decoder = tf.layers.lstm({units: 2, returnSequences: true, name: 'decoder'});
  return tf.model({
    inputs: [source, target],
    outputs: decoder.apply(target, {initialState: [h!, c!]}) as tf.SymbolicTensor,
  });
}

const normal = (shape: number[], seed: number) => tf.randomNormal([2, ...shape], 0, 1, 'float32', seed);
const MODELS: [string, () => tf.LayersModel, () => tf.Tensor[]][] = [
  ['a functional model', functionalModel, () => [normal([6, 6, 2], 1), normal([5], 2)]],
  ['an encoder and decoder', encoderDecoder, () => [normal([4, 3], 1), normal([5, 3], 2)]],
  [
    'a Sequential that begins with a model',
    () =>
      tf.sequential({
        layers: [
          tf.sequential({name: 'stem', layers: [conv('c', 2, {inputShape: [4, 4, 1]})]}),
          tf.layers.flatten(),
          dense('d'),
        ],
      }),
    () => [normal([4, 4, 1], 1)],
  ],
];

describe.each(MODELS)('%s', (_, makeModel, makeInput) => {
  test('keeps kind, names, topology and outputs when it is wrapped, masked, stripped and loaded', async () => {
    const model = makeModel();
    const x = makeInput();
    const wrapped = prunable(model);
    expect(wrapped.constructor).toBe(model.constructor);
    expect(wrapped.name).toBe(model.name);
    expect(wrapped.layers.map(layer => layer.name)).toEqual(model.layers.map(layer => layer.name));
    const input = x.length === 1 ? x[0]! : x;
    expect(distance(predict(wrapped, input), predict(model, input))).toBe(0);

    maskEvery(3, wrapped.layers);
    const masked = predict(wrapped, input);
    const plain = stripPruning(wrapped);
    expect(plain.constructor).toBe(model.constructor);
    expect(distance(predict(plain, input), masked)).toBe(0);
    expect(distance(predict(await saveAndLoad(wrapped), input), masked)).toBe(0);
    expect(distance(predict(await saveAndLoad(plain), input), masked)).toBe(0);
    const config = (m: tf.LayersModel) => JSON.stringify(m.getConfig()).replaceAll(/"(fastWeight\w+)":\w+,?/g, '');
    expect(config(plain)).toBe(config(model));
  });

  test('gives variables of its own, and changes nothing of the original', async () => {
    const model = makeModel();
    const x = makeInput();
    const input = x.length === 1 ? x[0]! : x;
    const before = predict(model, input);
    const wrapped = prunable(model);
    const plain = stripPruning(wrapped);
    wrapped.compile({optimizer: tf.train.sgd(1), loss: 'meanSquaredError'});
    await wrapped.fit(
      input,
      predict(wrapped, input).map(t => tf.add(t, 1)),
      {epochs: 1, verbose: 0},
    );
    wrapped.dispose();
    expect(distance(predict(model, input), before)).toBe(0);
    expect(distance(predict(plain, input), before)).toBe(0);
  });
});

test('wraps what is chosen by name, path, pattern, list or predicate, and lists the rest', () => {
  const wrappedBy = (layers: Parameters<typeof prunable>[1]) =>
    listPrunable(prunable(functionalModel(), layers))
      .filter(row => row.status === 'wrapped')
      .map(row => row.layer);
  expect(wrappedBy({layers: 'conv1'})).toEqual(['conv1']);
  expect(wrappedBy({layers: 'head/inner'})).toEqual(['head/inner']);
  expect(wrappedBy({layers: /^conv/})).toEqual(['conv1', 'conv2']);
  expect(wrappedBy({layers: ['side', /inner/]})).toEqual(['head/inner', 'side']);
  expect(wrappedBy({layers: layer => layer.getClassName() === 'Dense'}).sort()).toEqual([
    'head/inner',
    'head/logits',
    'shared',
    'side',
    'widen',
  ]);
  expect(listPrunable(functionalModel())).toEqual(
    expect.arrayContaining([
      {layer: 'conv1', className: 'Conv2D', status: 'prunable', reason: ''},
      {layer: 'bn', className: 'BatchNormalization', status: 'skipped', reason: 'has no weights that can be pruned'},
      {layer: 'add', className: 'Add', status: 'skipped', reason: 'has no weights'},
    ]),
  );
});

test('keeps trainable flags, metadata, and the sharing of layers', () => {
  const model = functionalModel();
  model.getLayer('conv2').trainable = false;
  model.setUserDefinedMetadata({layer_1: 'kept as it is'});
  const wrapped = prunable(model);
  expect(wrapped.getLayer('conv2').trainable).toBe(false);
  expect(wrapper(wrapped, 'conv2').trainableWeights).toEqual([]);
  expect(wrapped.getUserDefinedMetadata()).toEqual({layer_1: 'kept as it is'});
  expect(wrapped.getLayer('shared').inboundNodes).toHaveLength(2);
  expect(wrapped.layers.filter(layer => layer.name === 'shared')).toHaveLength(1);
  const plain = stripPruning(wrapped);
  expect(plain.getLayer('conv2').trainable).toBe(false);
  expect(plain.getUserDefinedMetadata()).toEqual({layer_1: 'kept as it is'});
});

test('wraps a single layer, with its weights if it has some, and leaves it usable', () => {
  const layer = dense('d', 2, {inputShape: [3], bias: true});
  const model = tf.sequential({layers: [layer]});
  const copy = tf.sequential({layers: [prunable(layer)]});
  expect(copy.layers[0]).toBeInstanceOf(PrunableDense);
  const x = tf.randomNormal([2, 3], 0, 1, 'float32', 7);
  expect(distance(predict(copy, x), predict(model, x))).toBe(0);
  model.dispose();
  expect(() => predict(copy, x)).not.toThrow();
});

test('wraps the rest of a model that is wrapped in part, with masks and weights kept', () => {
  const half = prunable(functionalModel(), {layers: /^conv/});
  maskEvery(2, half.layers);
  const x = [normal([6, 6, 2], 1), normal([5], 2)];
  const whole = prunable(half);
  expect(distance(predict(whole, x), predict(half, x))).toBe(0);
  expect(listPrunable(whole).filter(row => row.status === 'prunable')).toEqual([]);
});

test('stripping finds a wrapper inside another layer', () => {
  const inner = new PrunableDense({layer: dense('inner')});
  const model = tf.sequential({layers: [tf.layers.timeDistributed({layer: inner, name: 'td', inputShape: [4, 2]})]});
  maskEvery(2, [inner]);
  const x = normal([4, 2], 1);
  const plain = stripPruning(model);
  expect(distance(predict(plain, x), predict(model, x))).toBe(0);
  expect(JSON.stringify(plain.getConfig())).not.toMatch(/Prunable/);
});

test('leaks no tensor: wrapping and stripping leave only the copies', async () => {
  // tf.js itself does not free a layer that is used twice, so the model has none
  const model = tf.sequential({layers: [conv('c', 2, {inputShape: [4, 4, 1]}), tf.layers.flatten(), dense('d')]});
  await expectNoLeak(() => {
    const wrapped = prunable(model);
    maskEvery(2, wrapped.layers);
    stripPruning(wrapped).dispose();
    wrapped.dispose();
  });
});

test('keeps a depthwise layer with a regularizer and a constraint, which tf.js writes down wrongly', () => {
  const make = () =>
    tf.layers.depthwiseConv2d({
      kernelSize: 2,
      name: 'dw',
      inputShape: [3, 3, 1],
      depthwiseRegularizer: tf.regularizers.l2({l2: 0.5}),
      depthwiseConstraint: tf.constraints.maxNorm({maxValue: 2, axis: 0}),
    });
  const plain = stripPruning(prunable(tf.sequential({layers: [make()]})));
  const fields = plain.layers[0] as unknown as Record<string, {getClassName(): string}>;
  expect(fields['depthwiseRegularizer']!.getClassName()).toBe('L1L2');
  expect(fields['depthwiseConstraint']!.getClassName()).toBe('MaxNorm');
});

test('a layer of the user joins in with one declaration', async () => {
  class Scale extends tf.layers.Layer {
    static className = 'TestScale';
    declare scale: tf.LayerVariable;
    override build(shape: tf.Shape): void {
      this.scale = this.addWeight('scale', [shape.at(-1)!], 'float32', tf.initializers.ones());
      this.built = true;
    }
    override call(inputs: tf.Tensor | tf.Tensor[]): tf.Tensor {
      return tf.mul([inputs].flat()[0]!, this.scale.read());
    }
  }
  const model = () => tf.sequential({layers: [new Scale({inputShape: [3], name: 'scale'})]});
  expect(() => prunable(model())).toThrow(/has none: TestScale\. Declare the weights/);
  declareLayer('TestScale', {prunableWeights: [{field: 'scale', inputAxes: [], outputAxes: [0]}]});
  expect(() => prunable(model())).toThrow(/got "TestScale"; call tf.serialization.registerClass\(TestScale\)/);
  tf.serialization.registerClass(Scale);
  const wrapped = prunable(model());
  maskEvery(2, wrapped.layers);
  expect([...predict(wrapped, tf.ones([1, 3]))[0]!.dataSync()]).toEqual([0, 1, 0]);
  expect(isPrunableLayer(wrapped.layers[0]!)).toBe(true);
  expect([...predict(await saveAndLoad(wrapped), tf.ones([1, 3]))[0]!.dataSync()]).toEqual([0, 1, 0]);
});

function sharedByTwoModels(): tf.LayersModel {
  const shared = dense('shared', 2, {inputShape: [2]});
  const inner = tf.sequential({name: 'inner', layers: [shared]});
  const input = tf.input({shape: [2]});
  return tf.model({inputs: input, outputs: shared.apply(inner.apply(input)) as tf.SymbolicTensor, name: 'outer'});
}

function disposed(): tf.LayersModel {
  const model = functionalModel();
  model.dispose();
  return model;
}

function modelOfSecondCopy(): tf.LayersModel {
  let model: tf.LayersModel | undefined;
  jest.isolateModules(() => {
    const second = jest.requireActual<typeof tf>('@tensorflow/tfjs-layers') as Pick<typeof tf, 'sequential' | 'layers'>;
    model = second.sequential({layers: [second.layers.dense({units: 1, inputShape: [1], name: 'second_copy'})]});
  });
  return model!;
}

test.each<[string, () => unknown, RegExp]>([
  [
    'what is no model',
    () => prunable({} as never),
    /prunable expects a tf.Sequential or tf.LayersModel, got an Object/,
  ],
  [
    'a graph model',
    () => prunable(new (class GraphModel {})() as never),
    /got a GraphModel, which has no layers; convert the original to the layers format/,
  ],
  ['null', () => stripPruning(null as never), /stripPruning expects a tf.Sequential or tf.LayersModel, got null/],
  [
    'a misspelt option',
    () => prunable(functionalModel(), {layer: 'conv1'} as never),
    /prunable has no option `layer`; its options are layers/,
  ],
  [
    'a model without prunable layers',
    () => prunable(tf.sequential({layers: [tf.layers.flatten({inputShape: [2, 2]})]})),
    /Expected a model with prunable layers \(Dense, Conv2D, LSTM, ...\), but "sequential_\d+" has none: Flatten/,
  ],
  [
    'a name that matches nothing',
    () => prunable(functionalModel(), {layers: ['conv1', 'conv9']}),
    /"conv9" matches none; there are "conv1", "conv2", "widen"/,
  ],
  ['a layer that cannot be pruned', () => prunable(functionalModel(), {layers: 'bn'}), /"bn" matches none/],
  ['a pattern that matches nothing', () => prunable(functionalModel(), {layers: /lstm/}), /\/lstm\/ matches none/],
  [
    'a predicate that matches nothing',
    () => prunable(functionalModel(), {layers: () => false}),
    /the function matches none/,
  ],
  [
    'a selector of another kind',
    () => prunable(functionalModel(), {layers: 3 as never}),
    /Expected `layers` to be a name, a RegExp/,
  ],
  ['a wrapped model', () => prunable(prunable(functionalModel())), /all prunable layers of "net" are wrapped already/],
  [
    'a wrapped layer',
    () => prunable(prunable(functionalModel(), {layers: 'conv1'}), {layers: /conv/}),
    /but "conv1" is wrapped already/,
  ],
  [
    'a layer of two models at once',
    () => prunable(sharedByTwoModels()),
    /Layer "shared" is part of "\w+" and of "\w+"/,
  ],
  [
    'a disposed model',
    () => prunable(disposed()),
    /prunable expects a model that has its weights, but model "net" was disposed/,
  ],
  ['a disposed model to strip', () => stripPruning(disposed()), /model "net" was disposed/],
  [
    'a model of another copy of tfjs-layers',
    () => prunable(modelOfSecondCopy()),
    /another copy of @tensorflow\/tfjs-layers/,
  ],
])('refuses %s', (_, run, message) => {
  expect(run).toThrow(message);
});
