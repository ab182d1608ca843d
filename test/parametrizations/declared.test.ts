import * as tf from '@tensorflow/tfjs';
import {
  clusterWeights,
  declareParametrization,
  formatSparsityReport,
  modelCost,
  prunable,
  PrunableDense,
  PrunableLayer,
  reinitialize,
  shrink,
  sparsityReport,
  startTraining,
  stripPruning,
  type DeclaredParametrization,
} from 'tfjs-pruning';
import {IterativePruning} from 'tfjs-pruning/callbacks';
import {putBack, takeSnapshot} from '../../src/layers/weight-snapshot.js';
import {slotsOf} from '../../src/optimizers/slots.js';
import {setMask, wrapper} from '../support/masks.js';
import {scaled} from '../support/scaled.js';
import {artifactsOf, distance, expectNoLeak, predict, saveAndLoad} from '../support/tensors.js';

const dense = (name: string, units: number, more = {}) => tf.layers.dense({name, units, ...more});

function net(args: Parameters<typeof scaled>[0] = {by: 2}): tf.Sequential {
  const layers = [
    tf.layers.conv2d({name: 'c', filters: 3, kernelSize: 2, activation: 'relu', useBias: false, inputShape: [4, 4, 2]}),
    tf.layers.flatten(),
    dense('d', 2),
  ];
  return prunable(tf.sequential({layers}), {parametrizations: [scaled(args)]});
}

const inputs = (count = 8) => tf.randomNormal([count, 4, 4, 2], 0, 1, 'float32', 1);
const targets = (count = 8) => tf.randomNormal([count, 2], 0, 1, 'float32', 2);
const auxiliaryOf = (model: tf.LayersModel, name: string) =>
  wrapper(model, name).maskedWeights.flatMap(({auxiliary}) => auxiliary.map(({variable}) => variable));
const valuesOf = (model: tf.LayersModel, name: string) =>
  auxiliaryOf(model, name).map(variable => [...variable.read().dataSync()]);

function compiled(model: tf.Sequential, optimizer: tf.Optimizer = tf.train.adam(0.01)): tf.Sequential {
  model.compile({optimizer, loss: 'meanSquaredError'});
  return model;
}

async function fit(model: tf.LayersModel, callbacks: tf.Callback[] = [], epochs = 1): Promise<number[]> {
  const [x, y] = [inputs(), targets()];
  const {history} = await model.fit(x, y, {batchSize: 4, epochs, verbose: 0, shuffle: false, callbacks});
  tf.dispose([x, y]);
  return history['loss'] as number[];
}

/** The same model without masks and factors: they are in its kernels. */
const plainOf = (model: tf.Sequential) => stripPruning(model);

test('variables are those of the layer: named, trained, counted, shown; but no parameters of the model', async () => {
  const model = net();
  expect(model.trainableWeights.map(({originalName}) => originalName)).toEqual([
    'c/kernel',
    'c/kernel_scale',
    'd/kernel',
    'd/bias',
    'd/kernel_scale',
  ]);
  expect(model.nonTrainableWeights.map(({originalName}) => originalName)).toEqual([
    'c/kernel_mask',
    'c/kernel_calls',
    'd/kernel_mask',
    'd/kernel_calls',
  ]);
  expect(auxiliaryOf(model, 'c').map(({shape}) => shape)).toEqual([
    [1, 1, 1, 3],
    [1, 1, 1, 1],
  ]);
  const plain = stripPruning(model);
  const [masks, factors] = [24 + 54, 3 + 1 + 2 + 1];
  expect(model.countParams()).toBe(plain.countParams() + masks + factors);
  const report = await sparsityReport(model);
  expect(report.total).toEqual((await sparsityReport(plain)).total);
  expect(modelCost(model).total).toEqual(modelCost(plain).total);
  expect(formatSparsityReport(report)).toContain('24');
});

test('the layer computes with what it makes of the masked kernel, and stripPruning bakes that in', async () => {
  const model = net();
  const [weight] = wrapper(model, 'c').maskedWeights;
  setMask(weight!, i => i % 2);
  const by = valuesOf(model, 'c')[0]!;
  const [kernel, read] = tf.tidy(() => [weight!.kernel.read(), weight!.read()].map(t => [...t.dataSync()]));
  expect(by.every(factor => factor >= 2 && factor <= 2.001)).toBe(true);
  read!.forEach((value, i) => expect(value).toBeCloseTo((i % 2) * kernel![i]! * by[i % 3]!, 6));
  const x = inputs();
  const plain = plainOf(model);
  expect(distance(predict(plain, x), predict(model, x))).toBe(0);
  const {modelTopology, weightSpecs} = await artifactsOf(plain);
  expect(JSON.stringify(modelTopology)).not.toMatch(/prunable|scaled/i);
  expect(weightSpecs!.map(({name}) => name)).toEqual(['c/kernel', 'd/kernel', 'd/bias']);
});

test('gradients flow to variables in fit, as computed without this library', async () => {
  const model = compiled(net({by: 2, costs: 0.1}), tf.train.sgd(0.1));
  const parts = ['c', 'd'].flatMap(name => {
    const {kernel} = wrapper(model, name).maskedWeights[0]!;
    return [kernel, auxiliaryOf(model, name)[0]!];
  });
  const before = parts.map(variable => tf.clone(variable.read()));
  const [x, y] = [inputs(), targets()];
  const loss = (k1: tf.Tensor, s1: tf.Tensor, k2: tf.Tensor, s2: tf.Tensor) => {
    const features = tf.relu(tf.conv2d(x as tf.Tensor4D, tf.mul<tf.Tensor4D>(k1, s1), 1, 'valid'));
    const y1 = tf.matMul(tf.reshape(features, [8, 27]), tf.mul<tf.Tensor2D>(k2, s2));
    return tf.add(tf.mean(tf.square(tf.sub(y1, y))), tf.mul(0.1, tf.add(tf.sum(s1), tf.sum(s2))));
  };
  const expected = tf
    .grads(loss as never)(before)
    .map((g, i) => tf.sub(before[i]!, tf.mul(0.1, g)));
  await model.fit(x, y, {batchSize: 8, epochs: 1, verbose: 0, shuffle: false});
  parts.forEach((variable, i) => expect(distance(variable.read(), expected[i]!)).toBeLessThan(1e-5));
  expect(distance(before[1]!, expected[1]!)).toBeGreaterThan(1e-3);
  expect(valuesOf(model, 'c')[1]).toEqual([1]);
  expect(valuesOf(model, 'd')[1]).toEqual([1]);
});

test('gradients flow in a training loop of one’s own, whose penalty() has the costs', async () => {
  const optimizer = tf.train.sgd(0.1);
  const [looped, fitted] = [net({by: 2, costs: 0.1}), net({by: 2, costs: 0.1})];
  fitted.setWeights(looped.getWeights());
  compiled(fitted, tf.train.sgd(0.1));
  const [x, y] = [inputs(), targets()];
  const training = await startTraining(looped, [], {optimizer, epochs: 1, batchesPerEpoch: 1});
  await training.epochBegin();
  await training.batchBegin();
  const cost = optimizer.minimize(() => {
    const outputs = looped.apply(x, {training: true}) as tf.Tensor;
    return tf.add(tf.mean(tf.square(tf.sub(outputs, y))), training.penalty());
  }, true);
  await training.batchEnd({loss: cost!});
  await training.epochEnd();
  await training.end();
  const {history} = await fitted.fit(x, y, {batchSize: 8, epochs: 1, verbose: 0, shuffle: false});
  expect(history['loss']![0]).toBeCloseTo(cost!.dataSync()[0]!, 5);
  looped.getWeights().forEach((weight, i) => expect(distance(weight, fitted.getWeights()[i]!)).toBeLessThan(1e-6));
});

test('a cost counts once a step, in however many places its layer or a nested model is used', async () => {
  const input = tf.input({shape: [3]});
  const through = (x: tf.SymbolicTensor, ...layers: tf.layers.Layer[]) =>
    layers.reduce((y, layer) => layer.apply(y) as tf.SymbolicTensor, x);
  const inner = tf.input({shape: [3]});
  const nested = tf.model({inputs: inner, outputs: through(inner, dense('inner', 3)), name: 'nested'});
  const shared = dense('shared', 3);
  const plain = tf.model({inputs: input, outputs: through(input, shared, nested, shared, nested)});
  const model = prunable(plain, {parametrizations: [scaled({by: 1, costs: 10})]});
  model.compile({optimizer: tf.train.sgd(0), loss: 'meanSquaredError'});
  const sum = [...valuesOf(model, 'shared')[0]!].reduce((a, b) => a + b);
  const nestedSum = valuesOf(model.getLayer('nested') as tf.LayersModel, 'inner')[0]!.reduce((a, b) => a + b);
  const [x, y] = [tf.zeros([2, 3]), tf.zeros([2, 3])];
  const {history} = await model.fit(x, y, {verbose: 0, validationData: [x, y]});
  expect(history['loss']![0]).toBeCloseTo(10 * (sum + nestedSum), 3);
  expect(history['val_loss']![0]).toBe(0);
});

test('a saved model comes back with its parametrizations, their variables and their slots', async () => {
  const model = compiled(net(), tf.train.momentum(0.01, 0.9));
  await fit(model);
  const loaded = await saveAndLoad(model, true);
  expect(valuesOf(loaded, 'c')).toEqual(valuesOf(model, 'c'));
  const x = inputs();
  expect(distance(predict(loaded, x), predict(model, x))).toBe(0);
  expect(await fit(loaded)).toEqual(await fit(model));
  expect(valuesOf(loaded, 'd')).toEqual(valuesOf(model, 'd'));
  expect(valuesOf(model, 'd')[1]).toEqual([4]);
  expect(loaded.layers[0]!.getConfig()['parametrizations']).toEqual([{className: 'Scaled', config: {by: 2}}]);
  expect(
    prunable(tf.sequential({layers: [dense('d', 1, {inputShape: [1]})]})).layers[0]!.getConfig(),
  ).not.toHaveProperty('parametrizations');
});

test('different layers get different ones by wrapping twice', () => {
  const plain = tf.sequential({layers: [dense('a', 2, {inputShape: [2]}), dense('b', 2), dense('c', 1)]});
  const first = prunable(plain, {layers: ['a'], parametrizations: [scaled({by: 2})]});
  const model = prunable(first, {layers: ['b'], parametrizations: [scaled({by: 5})]});
  expect(['a', 'b'].map(name => Math.round(valuesOf(model, name)[0]![0]!))).toEqual([2, 5]);
  expect(valuesOf(model, 'a')).toEqual(valuesOf(first, 'a'));
  expect(model.getLayer('c').getClassName()).toBe('Dense');
});

test('a single layer is wrapped with them, by prunable and by hand', () => {
  const byHand = new PrunableDense({layer: dense('a', 2, {inputShape: [2]}), parametrizations: [scaled({by: 3})]});
  for (const layer of [byHand, prunable(dense('a', 2, {inputShape: [2]}), {parametrizations: [scaled({by: 3})]})]) {
    const model = tf.sequential({layers: [layer]});
    expect(valuesOf(model, 'a')[0]!.map(Math.round)).toEqual([3, 3]);
  }
});

test('all prunable weights of a layer have their own, also of a recurrent one', async () => {
  const layer = tf.layers.lstm({name: 'l', units: 2, recurrentInitializer: 'zeros', inputShape: [3, 2]});
  const model = prunable(tf.sequential({layers: [layer]}), {parametrizations: [scaled({by: 2})]});
  expect(auxiliaryOf(model, 'l').map(({originalName}) => originalName)).toEqual([
    'l/kernel_scale',
    'l/kernel_calls',
    'l/recurrent_kernel_scale',
    'l/recurrent_kernel_calls',
  ]);
  model.compile({optimizer: 'sgd', loss: 'meanSquaredError'});
  await model.fit(tf.ones([2, 3, 2]), tf.ones([2, 2]), {verbose: 0});
  expect(valuesOf(model, 'l')[1]).toEqual([1]); // once a step, not once for each time step
});

test('frozen layers do not train them', async () => {
  const model = net();
  wrapper(model, 'c').trainable = false;
  compiled(model);
  expect(model.trainableWeights.map(({originalName}) => originalName)).toEqual([
    'd/kernel',
    'd/bias',
    'd/kernel_scale',
  ]);
  const [before] = valuesOf(model, 'c');
  await fit(model);
  expect(valuesOf(model, 'c')[0]).toEqual(before);
  const names = model.weights.map(({originalName}) => originalName);
  wrapper(model, 'c').trainable = true;
  expect(model.weights.map(({originalName}) => originalName)).toEqual(names);
  expect(model.trainableWeights).toHaveLength(5);
  const frozen = prunable(
    tf.sequential({layers: [dense('a', 1, {trainable: false, inputShape: [1]}), dense('b', 1)]}),
    {
      parametrizations: [scaled()],
    },
  );
  expect(frozen.trainableWeights.map(({originalName}) => originalName)).toEqual([
    'b/kernel',
    'b/bias',
    'b/kernel_scale',
  ]);
});

test('reinitialize draws them anew, as drawn at first', async () => {
  const model = compiled(net());
  await fit(model);
  reinitialize(model, {seed: 3});
  const [scale, calls] = valuesOf(model, 'c');
  expect(scale!.every(factor => factor >= 2 && factor <= 2.001)).toBe(true);
  expect(calls).toEqual([0]);
  const other = net();
  reinitialize(other, {seed: 3});
  expect(valuesOf(other, 'c')).toEqual([scale, calls]);
});

test('snapshots and rewinding bring them back', async () => {
  const model = compiled(net());
  const before = valuesOf(model, 'd');
  const snapshot = await takeSnapshot(model);
  await fit(model);
  expect(valuesOf(model, 'd')).not.toEqual(before);
  putBack(snapshot, model);
  expect(valuesOf(model, 'd')).toEqual(before);
  const args = {finalSparsity: 0.5, rounds: 1, trainSteps: 2, rewind: 'weights'} as const;
  const seen: number[][][] = [];
  const watch = new tf.CustomCallback({onBatchBegin: () => void seen.push(valuesOf(model, 'd'))});
  await fit(model, [new IterativePruning(args), watch] as tf.Callback[], 2);
  expect(seen[1]).not.toEqual(before);
  expect(seen[2]).toEqual(before);
});

test('shrink cuts them along with the weight, and what the optimizer remembers of them', async () => {
  const model = compiled(net());
  await fit(model);
  const [weight] = wrapper(model, 'c').maskedWeights;
  setMask(weight!, i => (i % 3 === 1 ? 0 : 1));
  weight!.project();
  const small = await shrink(model);
  expect(auxiliaryOf(small, 'c').map(({shape}) => shape)).toEqual([
    [1, 1, 1, 2],
    [1, 1, 1, 1],
  ]);
  expect(auxiliaryOf(small, 'd').map(({shape}) => shape)).toEqual([
    [1, 2],
    [1, 1],
  ]);
  const [before, after] = [valuesOf(model, 'c'), valuesOf(small, 'c')];
  expect(after).toEqual([[before[0]![0], before[0]![2]], before[1]]);
  const x = inputs();
  expect(distance(predict(small, x), predict(model, x))).toBeLessThan(1e-6);
  const slotsIn = (of: tf.LayersModel) =>
    slotsOf(of)
      .get(auxiliaryOf(of, 'c')[0]!)!
      .map(({name, variable}) => [name, [...variable.dataSync()]]);
  const [m, v] = slotsIn(model) as [string, number[]][];
  expect(slotsIn(small)).toEqual([
    ['m', [m![1][0], m![1][2]]],
    ['v', [v![1][0], v![1][2]]],
  ]);
  await fit(small);
  expect(valuesOf(small, 'c')[0]).not.toEqual(after[0]);
});

test('training, copies and reports leave no tensors behind', async () => {
  const model = compiled(net({by: 2, costs: 0.1}));
  await fit(model);
  await expectNoLeak(async () => {
    await fit(model);
    await sparsityReport(model);
    (await shrink(model)).dispose();
    stripPruning(model).dispose();
  });
  const plain = stripPruning(model);
  await expectNoLeak(() => void prunable(plain, {parametrizations: [scaled()]}).dispose());
});

const make = (parametrize: unknown) => () => parametrize as never;
const wrapWith = (declared: unknown) => () =>
  new PrunableLayer({layer: dense('d', 2, {inputShape: [3]}), parametrizations: declared as never});
const built = (parametrize: unknown) => () =>
  tf.sequential({layers: [wrapWith([declareParametrization('Wrong', make(parametrize))({})])()]});

const holding = (name: string, variable: string) =>
  declareParametrization(name, () => (_weight, addVariable) => {
    addVariable(variable, {axes: [], initializer: tf.initializers.zeros()});
    return {apply: w => w};
  })();

test.each([
  ['the same parametrization twice', [clusterWeights({clusters: 2}), clusterWeights({clusters: 4})], 'centroids'],
  ['variables of the same name', [holding('One', 'scale'), holding('Other', 'scale')], 'scale'],
  ['the name of the mask', [holding('Third', 'mask')], 'mask'],
])('refuses %s, and nothing leaks', async (_, parametrizations, variable) => {
  const plain = tf.sequential({layers: [dense('d', 2, {inputShape: [3]})]});
  await expectNoLeak(() => {
    expect(() => prunable(plain, {parametrizations})).toThrow(
      `Expected the variables of "d/kernel" to have different names, got "${variable}" twice; list each`,
    );
    return Promise.resolve();
  });
});

test.each<[string, () => unknown, RegExp]>([
  ['no name', () => declareParametrization('', make(undefined)), /declareParametrization expects a name, got ""/],
  ['no function', () => declareParametrization('A', 3 as never), /Expected `make` to be a function of the options/],
  ['one that makes none', () => declareParametrization('A', make(3))({}), /Expected `A` to be a function of a weight/],
  ['no object', () => scaled(3 as never), /Scaled expects an object, got 3/],
  [
    'options that files lose',
    () => scaled({by: Infinity}),
    /Scaled expects options that can be saved.* got Infinity \(number\) as `by`/,
  ],
  ['strings that files change', () => scaled({of: 'L1Norm'} as never), /got "L1Norm" \(string\) as `of`/],
  ['names that files change', () => scaled({conv2d_1: 2} as never), /got 2 \(number\) as `conv2d_1`/],
  ['no list', wrapWith(scaled()), /Expected `parametrizations` to be an array/],
  [
    'the factory',
    wrapWith([scaled]),
    /Expected `parametrizations\[0\]` to be what a factory of declareParametrization/,
  ],
  ['nothing', wrapWith([scaled(), undefined]), /Expected `parametrizations\[1\]` .* got undefined/],
  ['no list in prunable', () => prunable(dense('d', 1), {parametrizations: scaled() as never}), /to be an array/],
  ['one without apply', built(() => ({})), /Expected `Wrong` to be an object with apply\(\)/],
  [
    'one that returns nothing',
    built(() => ({apply: () => undefined})),
    /apply\(\) of Wrong .* \[3,2\] .* got undefined/,
  ],
  [
    'one that returns another shape',
    built(() => ({apply: (w: tf.Tensor) => tf.sum(w, 0)})),
    /Expected apply\(\) of Wrong to return a tensor \[3,2\] for "d\/kernel", got one of shape \[2\]/,
  ],
  [
    'axes that the weight does not have',
    built((_: unknown, addVariable: (name: string, args: object) => void) => addVariable('x', {axes: [-1]})),
    /Expected `axes` of Wrong to be axes of "d\/kernel" \[3,2\], 0 to 1, got -1/,
  ],
  [
    'one that is not declared where it is loaded',
    () =>
      PrunableDense.fromConfig(PrunableDense, {
        layer: {className: 'Dense', config: {units: 1}},
        parametrizations: [{className: 'Unheard', config: {}}],
      }),
    /Expected the parametrization "Unheard" to be declared; call declareParametrization\('Unheard', ...\)/,
  ],
])('refuses %s', (_, wrong, message) => {
  expect(wrong).toThrow(message);
});

test('options that survive are given as they were, those that are left out are not saved', () => {
  const seen: object[] = [];
  const kept = declareParametrization('Kept', (args: object) => (seen.push(args), () => ({apply: w => w})));
  const args = {aWord: 'inThis', list: [1, [true]], within: {gateSpeed: 2}, none: undefined};
  const declared: DeclaredParametrization = kept(args);
  args.list = [];
  expect(seen).toEqual([{aWord: 'inThis', list: [1, [true]], within: {gateSpeed: 2}}]);
  expect(declared.args).toEqual(seen[0]);
});
