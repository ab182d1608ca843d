import * as tf from '@tensorflow/tfjs';
import {addPenalty, filters, l2, prunable, pruneOnce, stripPruning} from 'tfjs-pruning';
import {FusedAdam} from 'tfjs-pruning/wasm';
import {learningRateOf, setLearningRate} from '../../../src/optimizers/learning-rate.js';
import {slotsOf} from '../../../src/optimizers/slots.js';
import {carryTraining, type Cut} from '../../../src/surgery/cut/carry-training.js';
import {shrink} from '../../../src/surgery/cut/shrink.js';
import type {LayerVariable} from '../../../src/tfjs-internals.js';
import {OPTIMIZERS} from '../../support/sparse-training.js';
import {expectNoLeak, saveAndLoad} from '../../support/tensors.js';

const ALL: [string, () => tf.Optimizer][] = [
  ...OPTIMIZERS.map(([name, make]): [string, () => tf.Optimizer] => [name, make]),
  ['centered rmsprop', () => tf.train.rmsprop(0.01, 0.9, 0.5, 1e-7, true)],
  ['fused adam', () => new FusedAdam(0.01)],
];

/** Four inputs, `units` hidden ones, two outputs. */
function plainNet(units = 3): tf.Sequential {
  const kernelInitializer = tf.initializers.glorotNormal({seed: 1});
  return tf.sequential({
    layers: [
      tf.layers.dense({name: 'a', units, inputShape: [4], kernelInitializer, activation: 'tanh'}),
      tf.layers.dense({name: 'b', units: 2, kernelInitializer, useBias: false}),
    ],
  });
}

function net(optimizer: tf.Optimizer): tf.Sequential {
  const model = plainNet();
  model.compile({optimizer, loss: 'meanSquaredError'});
  return model;
}

async function train(model: tf.LayersModel, epochs: number): Promise<number[]> {
  const x = tf.randomNormal([8, 4], 0, 1, 'float32', 1);
  const y = tf.randomNormal([8, 2], 0, 1, 'float32', 2);
  const {history} = await model.fit(x, y, {epochs, batchSize: 8, verbose: 0, shuffle: false});
  tf.dispose([x, y]);
  return history['loss'] as number[];
}

const identity: Cut = (_, value) => value;
const values = (model: tf.LayersModel) => model.weights.map(weight => [...weight.read().dataSync()]);
const slotValues = (model: tf.LayersModel) =>
  [...slotsOf(model).values()].map(slots => slots.map(({name, variable}) => [name, [...variable.dataSync()]]));

/** Variables of the same name, masks excepted. */
function twinsOf(from: tf.LayersModel, to: tf.LayersModel): Map<number, LayerVariable> {
  const byName = new Map(to.weights.map(weight => [weight.originalName, weight]));
  const pairs = from.weights.map(({id, originalName}) => [id, byName.get(originalName)] as const);
  return new Map(pairs.filter((pair): pair is [number, LayerVariable] => pair[1] !== undefined));
}

/** A copy that is trained on. */
function carried<M extends tf.LayersModel>(from: M): M {
  const to = stripPruning(from);
  carryTraining(from, to, identity, twinsOf(from, to));
  return to;
}

describe.each(ALL)('%s', (_, make) => {
  test('goes on in the copy as if nothing had happened, and in the model itself as well', async () => {
    const [model, through] = [net(make()), net(make())];
    await train(model, 3);
    const copy = carried(model);
    expect(copy.optimizer.constructor).toBe(model.optimizer.constructor);
    expect(copy.optimizer.getConfig()).toEqual(model.optimizer.getConfig());
    expect(copy.optimizer.iterations).toBe(3);
    expect(slotValues(copy)).toEqual(slotValues(model));
    const losses = await train(through, 6);
    expect(await train(copy, 3)).toEqual(losses.slice(3));
    expect(values(copy)).toEqual(values(through));
    expect(await train(model, 3)).toEqual(losses.slice(3));
    expect(values(model)).toEqual(values(through));
  });

  test('remembers of a smaller weight what it did of what is left, and of a new one nothing', async () => {
    const model = net(make());
    await train(model, 2);
    const [kernel, bias, out] = model.weights as [LayerVariable, LayerVariable, LayerVariable];
    const axes = new Map([
      [kernel.id, 1],
      [out.id, 0],
    ]);
    const small = plainNet(2);
    const twins = twinsOf(model, small);
    twins.delete(bias.id);
    carryTraining(model, small, ({id}, value) => tf.gather(value, tf.tensor1d([0, 2], 'int32'), axes.get(id)), twins);

    const before = [...slotsOf(model).values()];
    [...slotsOf(small)].forEach(([weight, slots], w) => {
      expect(slots.map(({name}) => name)).toEqual(before[w]!.map(({name}) => name));
      slots.forEach(({variable, initial}, s) => {
        const old = [...before[w]![s]!.variable.dataSync()];
        const left: Record<string, number[]> = {
          'a/kernel': old.filter((_, i) => i % 3 !== 1),
          'a/bias': [...new Float32Array(2).fill(initial)],
          'b/kernel': old.filter((_, i) => i < 2 || i > 3),
        };
        expect([...variable.dataSync()]).toEqual(left[weight.originalName]);
      });
    });
    await train(small, 1);
    for (const value of values(small).flat()) expect(value).not.toBeNaN();
  });

  test('starts in the copy where the model has not begun', async () => {
    const model = net(make());
    const copy = carried(model);
    expect(copy.optimizer.iterations).toBe(0);
    expect(await train(copy, 2)).toEqual(await train(model, 2));
  });

  test('takes the learning rate of now', async () => {
    const model = net(make());
    setLearningRate(model.optimizer, 0.03125);
    await train(model, 1);
    const copy = carried(model);
    expect(learningRateOf(copy.optimizer)).toBe(0.03125);
    expect(await train(copy, 2)).toEqual(await train(model, 2));
  });

  test('leaks nothing, and the optimizer goes with the copy', async () => {
    const model = net(make());
    await train(model, 1);
    // The momentum of tf.js does not dispose the scalar of its learning rate.
    const forgotten = model.optimizer.getClassName() === 'Momentum' ? 1 : 0;
    const before = tf.memory().numTensors;
    const copy = carried(model);
    await train(copy, 1);
    copy.dispose();
    expect(tf.memory().numTensors - before).toBe(forgotten);
  });
});

describe('losses and metrics', () => {
  const twoOutputs = () => {
    const input = tf.input({shape: [4]});
    const kernelInitializer = tf.initializers.glorotNormal({seed: 3});
    const dense = (name: string) =>
      tf.layers.dense({name, units: 2, activation: 'softmax', kernelInitializer}).apply(input);
    return tf.model({inputs: input, outputs: [dense('a'), dense('b')] as tf.SymbolicTensor[]});
  };
  const own = (targets: tf.Tensor, outputs: tf.Tensor) => tf.mean(tf.squaredDifference(targets, outputs), -1);
  const FORMS: [string, Omit<tf.ModelCompileArgs, 'optimizer'>][] = [
    ['a string, without metrics', {loss: 'meanSquaredError'}],
    ['a function and strings', {loss: own, metrics: ['accuracy', 'mae']}],
    ['a list and functions', {loss: [own, own], metrics: [own]}],
    ['both by output', {loss: {a: 'categoricalCrossentropy', b: 'meanSquaredError'}, metrics: {a: 'accuracy', b: own}}],
  ];

  test.each(FORMS)('of the form: %s', (_, args) => {
    const model = twoOutputs();
    model.compile({optimizer: 'sgd', ...args});
    const copy = carried(model);
    expect(copy.metricsNames).toEqual(model.metricsNames);
    const [results, expected] = [copy, model].map(each => {
      const x = tf.randomNormal([8, 4], 0, 1, 'float32', 1);
      const y = tf.oneHot([0, 1, 0, 1, 0, 1, 0, 0], 2);
      return (each.evaluate(x, [y, y]) as tf.Scalar[]).map(value => value.dataSync()[0]);
    });
    expect(results!.length).toBeGreaterThan(0);
    expect(results).toEqual(expected);
  });

  test('of a model that was loaded with its optimizer', async () => {
    const model = net(tf.train.adam(0.01));
    await train(model, 2);
    const loaded = await saveAndLoad(model, true);
    expect(await train(carried(loaded), 2)).toEqual(await train(loaded, 2));
  });

  test('of a copy that is saved and loaded before its first step, with all that it remembers', async () => {
    const model = net(tf.train.adam(0.01));
    await train(model, 2);
    expect(slotValues(await saveAndLoad(carried(model), true))).toEqual(slotValues(model));
  });
});

test('finds the kernels of wrapped layers, also where another one was frozen in between', async () => {
  const model = prunable(plainNet());
  model.compile({optimizer: tf.train.momentum(0.1, 0.9), loss: 'meanSquaredError'});
  await train(model, 2);
  model.layers[0]!.trainable = false;
  const copy = carried(model);
  expect([...slotsOf(copy).keys()].map(({originalName}) => originalName)).toEqual(['b/kernel']);
  expect(slotValues(copy)).toEqual(slotValues(model).slice(2));
});

test('an optimizer of your own goes on, too, with what it counts', async () => {
  /** Halves its rate at each second step. */
  class Halving extends tf.SGDOptimizer {
    static override className = 'Halving';
    steps = 0;
    override applyGradients(...gradients: Parameters<tf.SGDOptimizer['applyGradients']>): void {
      super.applyGradients(...gradients);
      if (++this.steps % 2 === 0) this.setLearningRate(this.learningRate / 2);
    }
  }
  const model = net(new Halving(0.5));
  await train(model, 3);
  const copy = carried(model);
  expect(await train(copy, 4)).toEqual(await train(model, 4));
  expect(learningRateOf(copy.optimizer)).toBe(0.0625);
});

test('shrink goes on training as the masked model does whose filters it lost', async () => {
  const kernelInitializer = tf.initializers.heNormal({seed: 1});
  // No biases: those of pruned filters would be stepped on, after a shot that only zeroed them.
  const conv = {kernelInitializer, kernelSize: 3, activation: 'relu' as const, useBias: false};
  const layers = [
    tf.layers.conv2d({filters: 6, inputShape: [6, 6, 2], ...conv}),
    tf.layers.conv2d({filters: 4, ...conv}),
    tf.layers.flatten(),
    tf.layers.dense({units: 2, kernelInitializer}),
  ];
  const model = prunable(tf.sequential({layers}), {layers: /conv/});
  model.compile({optimizer: tf.train.adam(0.01), loss: 'meanSquaredError'});
  const [x, y] = [tf.randomNormal([8, 6, 6, 2], 0, 1, 'float32', 1), tf.randomNormal([8, 2], 0, 1, 'float32', 2)];
  const losses = async (of: tf.LayersModel, epochs: number) =>
    (await of.fit(x, y, {epochs, batchSize: 4, verbose: 0, shuffle: false})).history['loss'] as number[];
  await losses(model, 2);
  await pruneOnce(model, {sparsity: 0.5, structure: filters()});
  const small = await shrink(model);
  expect(small.countParams()).toBeLessThan(model.countParams() / 2);
  const expected = await losses(model, 4);
  (await losses(small, 4)).forEach((loss, i) => expect(Math.abs(loss / expected[i]! - 1)).toBeLessThan(1e-4));
});

test('does nothing where there is nothing to carry, and leaves penalties behind', async () => {
  expect(carried(plainNet()).optimizer).toBeUndefined();
  const model = net(tf.train.sgd(0.1));
  addPenalty(model, l2({strength: 10}));
  const copy = carried(model);
  expect((await train(copy, 1))[0]).toBeLessThan((await train(model, 1))[0]! - 1);
});

test('refuses slots that do not fit, and leaves the copy as it was, and no tensor', async () => {
  const model = net(tf.train.adam(0.1));
  await train(model, 1);
  const small = plainNet(2);
  await expectNoLeak(() => {
    expect(() => carryTraining(model, small, identity, twinsOf(model, small))).toThrow(
      'to remember "a/kernel" in its shape [4,2], got [4,3]',
    );
  });
  expect(small.optimizer).toBeUndefined();
});
