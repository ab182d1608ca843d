import * as tf from '@tensorflow/tfjs';
import {magnitude, prunable, pruneOnce, taylor} from 'tfjs-pruning';
import {GradualPruning} from 'tfjs-pruning/callbacks';
import {oneShot} from 'tfjs-pruning/schedules';
import {addPenalty} from '../../src/penalties/add-penalty.js';
import {groupLasso} from '../../src/penalties/group-lasso.js';
import {l1} from '../../src/penalties/l1.js';
import {networkSlimming} from '../../src/penalties/network-slimming.js';
import {selectiveWeightDecay} from '../../src/penalties/selective-weight-decay.js';
import {setMask, wrapper} from '../support/masks.js';
import {expectNoLeak} from '../support/tensors.js';

/**
 * Trains one step on zeros, so that of a linear layer nothing but its penalty has a gradient; returns the logged loss.
 */
async function step(model: tf.LayersModel, size = 2): Promise<number> {
  const [x, y] = [tf.zeros([4, size]), tf.zeros([4, model.outputs[0]!.shape[1]!])];
  const {history} = await model.fit(x, y, {batchSize: 4, verbose: 0});
  tf.dispose([x, y]);
  return history['loss']![0] as number;
}

const kernel = (values: number[], shape: [number, number]) =>
  tf.layers.dense({
    units: shape[1],
    useBias: false,
    inputShape: [shape[0]],
    weights: [tf.tensor2d(values, shape)],
  });

function compiled<T extends tf.LayersModel>(model: T, optimizer: tf.Optimizer | string = tf.train.sgd(0.1)): T {
  model.compile({optimizer, loss: 'meanSquaredError'});
  return model;
}

const plainNet = () => tf.sequential({layers: [kernel([1, -2, 3, 4], [2, 2]), kernel([0.5, -0.5], [2, 1])]});
const weightsOf = (model: tf.LayersModel) => model.getWeights().map(weight => [...weight.dataSync()]);

test('adds to the loss and the gradient from the next step on, and is gone once it is removed', async () => {
  const model = compiled(plainNet());
  expect(await step(model)).toBe(0);
  const penalty = addPenalty(model, l1({strength: 0.1}));
  expect(await penalty.value()).toBeCloseTo(1.1, 6);
  expect(await step(model)).toBeCloseTo(1.1, 6);
  expect(
    weightsOf(model)
      .flat()
      .map(value => +value.toFixed(6)),
  ).toEqual([0.99, -1.99, 2.99, 3.99, 0.49, -0.49]);
  const before = weightsOf(model);
  penalty.remove();
  penalty.remove();
  expect(await step(model)).toBe(0);
  expect(weightsOf(model)).toEqual(before);
});

test('adds up with others, and each is removed by itself', async () => {
  const model = compiled(plainNet());
  const own = addPenalty(model, weight => tf.sum(weight), {layers: model.layers[1]!.name});
  const first = addPenalty(model, l1({strength: 1}), {layers: model.layers[0]!.name});
  const second = addPenalty(model, weight => tf.mul(100, tf.sum(tf.square(weight))), {layers: model.layers[0]!.name});
  expect([await own.value(), await first.value(), await second.value()]).toEqual([0, 10, 3000]);
  first.remove();
  expect(await step(model)).toBe(3000);
});

test('stays when the model is compiled again, is as large in validation as nothing, and leaks nothing', async () => {
  const model = compiled(plainNet());
  const penalty = addPenalty(model, groupLasso({strength: 0.1}));
  compiled(model);
  const before = await penalty.value();
  await step(model);
  await expectNoLeak(async () => {
    const other = addPenalty(model, l1({strength: 1e-3}));
    await step(model);
    await other.value();
    other.remove();
  });
  expect(await penalty.value()).toBeLessThan(before);
  const [x, y] = [tf.zeros([4, 2]), tf.zeros([4, 1])];
  const loss = model.evaluate(x, y, {verbose: 0}) as tf.Scalar;
  expect(loss.dataSync()[0]).toBe(0);
  tf.dispose([x, y, loss]);
});

describe('counts a weight once', () => {
  test('whose layer is used three times', async () => {
    const [shared, input] = [kernel([1, 2, 3, 4], [2, 2]), tf.input({shape: [2]})];
    const use = (x: tf.SymbolicTensor) => shared.apply(x) as tf.SymbolicTensor;
    const model = compiled(tf.model({inputs: input, outputs: use(use(use(input)))}));
    addPenalty(model, l1({strength: 1}));
    expect(await step(model)).toBe(10);
  });

  test('of a nested model that is used twice, and of a Sequential that begins with a model', async () => {
    const [base, input] = [plainNet(), tf.input({shape: [2]})];
    const twice = tf.layers
      .add()
      .apply([base.apply(input) as tf.SymbolicTensor, base.apply(input) as tf.SymbolicTensor]) as tf.SymbolicTensor;
    const model = compiled(tf.model({inputs: input, outputs: twice}));
    addPenalty(model, l1({strength: 1}));
    expect(await step(model)).toBe(11);

    const stacked = compiled(tf.sequential({layers: [plainNet(), kernel([2], [1, 1])]}));
    addPenalty(stacked, l1({strength: 1}));
    expect(await step(stacked)).toBe(13);
  });

  test('whose layer is part of two nested models', async () => {
    const [shared, input] = [kernel([1, 2, 3, 4], [2, 2]), tf.input({shape: [2]})];
    const nested = [0, 1].map(() => {
      const inner = tf.input({shape: [2]});
      return tf.model({inputs: inner, outputs: shared.apply(inner) as tf.SymbolicTensor});
    });
    const outputs = nested.map(model => model.apply(input) as tf.SymbolicTensor);
    const model = compiled(tf.model({inputs: input, outputs: tf.layers.add().apply(outputs) as tf.SymbolicTensor}));
    addPenalty(model, l1({strength: 1}));
    expect(await step(model)).toBe(10);
  });

  test('in a model with several inputs', async () => {
    const inputs = [tf.input({shape: [2]}), tf.input({shape: [2]})];
    const shared = kernel([1, 2, 3, 4], [2, 2]);
    const outputs = tf.layers
      .add()
      .apply(inputs.map(input => shared.apply(input) as tf.SymbolicTensor)) as tf.SymbolicTensor;
    const model = compiled(tf.model({inputs, outputs}));
    addPenalty(model, l1({strength: 1}));
    const x = tf.zeros([4, 2]);
    const {history} = await model.fit([x, x], x, {verbose: 0});
    expect(history['loss']).toEqual([10]);
    x.dispose();
  });
});

describe('on a wrapped model', () => {
  test('does not see, and does not move, what is pruned', async () => {
    const model = compiled(prunable(plainNet()));
    const [weight] = wrapper(model, model.layers[0]!.name).maskedWeights;
    setMask(weight!, i => (i === 2 ? 0 : 1)); // the kernel is not projected
    const penalty = addPenalty(model, l1({strength: 0.1}));
    expect(await penalty.value()).toBeCloseTo(0.8, 6);
    await step(model);
    expect([...weight!.kernel.read().dataSync()].map(value => +value.toFixed(6))).toEqual([0.99, -1.99, 3, 3.99]);
  });

  test('adds nothing to the gradients that a criterion observes', async () => {
    const masks = [];
    for (const strength of [0, 100]) {
      const model = compiled(prunable(plainNet()), tf.train.sgd(0));
      addPenalty(model, l1({strength}));
      const sums: number[] = [];
      const stop = wrapper(model, model.layers[0]!.name).tapGradients((_, gradient) =>
        sums.push(...gradient.dataSync()),
      );
      const [x, y] = [tf.ones([4, 2]), tf.ones([4, 1])];
      await model.fit(x, y, {batchSize: 4, verbose: 0});
      tf.dispose([x, y]);
      stop();
      masks.push(sums);
    }
    expect(masks[0]).toHaveLength(4);
    expect(masks[1]).toEqual(masks[0]);
  });

  test('goes along with a pruning callback, at a recurrent and a wrapped layer, too', async () => {
    const layers = [
      tf.layers.timeDistributed({layer: tf.layers.dense({units: 3}), inputShape: [4, 2]}),
      tf.layers.bidirectional({layer: tf.layers.simpleRNN({units: 2, recurrentInitializer: 'glorotNormal'})}),
      tf.layers.dense({units: 1}),
    ];
    const model = compiled(prunable(tf.sequential({layers})));
    const sum = model.layers
      .flatMap(layer => layer.weights)
      .filter(({originalName}) => originalName.endsWith('kernel'))
      .reduce((total, weight) => total + tf.tidy(() => tf.sum(tf.abs(weight.read())).dataSync()[0]!), 0);
    const penalty = addPenalty(model, l1({strength: 1}));
    expect(await penalty.value()).toBeCloseTo(sum, 4);
    const [x, y] = [tf.ones([8, 4, 2]), tf.ones([8, 1])];
    const pruning = new GradualPruning({schedule: oneShot({targetSparsity: 0.5}), criterion: magnitude()});
    await model.fit(x, y, {batchSize: 4, verbose: 0, callbacks: [pruning]});
    expect(pruning.sparsity).toBeGreaterThan(0.4);
    const {zeros} = await pruneOnce(model, {sparsity: 0.75, criterion: taylor(), data: {xs: x, ys: y}});
    expect(zeros).toBeGreaterThan(0);
    tf.dispose([x, y]);
  });
});

test('network slimming is put on the scales of batch normalizations', async () => {
  const layers = [
    kernel([1, 2, 3, 4], [2, 2]),
    tf.layers.batchNormalization({gammaInitializer: tf.initializers.constant({value: -0.5})}),
    kernel([1, 1], [2, 1]),
  ];
  const model = compiled(tf.sequential({layers}));
  const penalty = addPenalty(model, networkSlimming({strength: 0.1}));
  expect(await penalty.value()).toBeCloseTo(0.1, 6);
  await step(model);
  const gamma = model.layers[1]!.getWeights()[0]!;
  expect([...gamma.dataSync()].map(value => +value.toFixed(6))).toEqual([-0.49, -0.49]);
  expect(() => addPenalty(plainNet(), networkSlimming({strength: 0.1}))).toThrow(
    'expects a model with batch normalizations with a scale that are trained, but',
  );
});

test('may cost the same whatever the weight', async () => {
  const model = compiled(plainNet());
  const penalty = addPenalty(model, (weight, {shape}) => (shape[1] === 1 ? tf.sum(tf.abs(weight)) : tf.scalar(2)));
  expect(await penalty.value()).toBe(3);
  expect(await step(model)).toBe(3);
});

test('leaves frozen layers out, unless they are named', async () => {
  const model = plainNet();
  const [first, second] = model.layers as [tf.layers.Layer, tf.layers.Layer];
  first.trainable = false;
  expect(await addPenalty(model, l1({strength: 1})).value()).toBe(1);
  expect(await addPenalty(model, l1({strength: 1}), {layers: [first.name, second.name]}).value()).toBe(11);
  second.trainable = false;
  expect(() => addPenalty(model, l1({strength: 1}))).toThrow('has only frozen ones; name them in `layers`');
});

test('says what is wrong, and changes nothing', async () => {
  const model = compiled(plainNet());
  expect(() => addPenalty(model, 'l1' as never)).toThrow('Expected `penalty` to be a function such as l1');
  expect(() => addPenalty(model, weight => weight as tf.Scalar)).toThrow(
    /Expected the penalty to return a scalar tensor for ".*kernel", got one of shape \[2,2\]/,
  );
  expect(() => addPenalty(model, () => 1 as never)).toThrow('got 1 (number)');
  expect(() => addPenalty(model, weight => tf.sum(tf.cast(tf.greater(weight, 0), 'float32')))).toThrow(
    /Expected the penalty to be differentiable for ".*kernel", but: .*Greater/,
  );
  expect(() => addPenalty(model, l1({strength: 1}), {layers: 'other'})).toThrow('Expected `layers` to match');
  expect(() => addPenalty(model, l1({strength: 1}), {layer: 'other'} as never)).toThrow(
    'addPenalty has no option `layer`',
  );
  expect(() => addPenalty(model, selectiveWeightDecay({sparsity: 0.5}))).toThrow('use new ScheduledPenalty');
  expect(() => addPenalty({} as never, l1({strength: 1}))).toThrow(
    'addPenalty expects a tf.Sequential or tf.LayersModel',
  );
  expect(() => addPenalty(tf.sequential(), l1({strength: 1}))).toThrow(
    'expects a model with layers with prunable weights',
  );
  expect(await step(model)).toBe(0);
});
