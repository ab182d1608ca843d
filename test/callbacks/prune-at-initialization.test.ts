import * as tf from '@tensorflow/tfjs';
import {
  applyMasks,
  filters,
  magnitude,
  prunable,
  random,
  readMasks,
  snip,
  stripPruning,
  taylor,
  uniform,
  wanda,
  type Criterion,
  type GradientCriterion,
  type MaskedWeight,
} from 'tfjs-pruning';
import {FusedAdam} from 'tfjs-pruning/wasm';
import {GradualPruning} from 'tfjs-pruning/callbacks';
import {oneShot} from 'tfjs-pruning/schedules';
import {PruneAtInitialization, type PruneAtInitializationArgs} from '../../callbacks/prune-at-initialization.js';
import {grasp} from '../../src/criteria/grasp.js';
import {slotsOf} from '../../src/optimizers/slots.js';
import {wrapper, zerosIn} from '../support/masks.js';
import {expectNoLeak, saveAndLoad} from '../support/tensors.js';

const BATCHES = 4;
const initializer = (seed: number) => tf.initializers.glorotNormal({seed});

/** A convolution, a batch normalization, and two dense layers: of all kinds of variables one. */
function net(optimizer: tf.Optimizer = tf.train.adam(0.05)): tf.Sequential {
  const conv = {filters: 3, kernelSize: 2, activation: 'relu'} as const;
  const layers = [
    tf.layers.conv2d({name: 'c', ...conv, inputShape: [3, 3, 2], kernelInitializer: initializer(1)}),
    tf.layers.batchNormalization({name: 'bn'}),
    tf.layers.flatten(),
    tf.layers.dense({name: 'd', units: 4, activation: 'relu', kernelInitializer: initializer(2)}),
    tf.layers.dense({name: 'out', units: 2, kernelInitializer: initializer(3)}),
  ];
  const model = prunable(tf.sequential({layers}));
  model.compile({optimizer, loss: 'meanSquaredError', metrics: ['mae']});
  return model;
}

const weightsOf = (model: tf.LayersModel) => ['c', 'd', 'out'].map(name => wrapper(model, name).maskedWeights[0]!);
const masksOf = (model: tf.LayersModel) => weightsOf(model).map(({mask}) => [...mask.read().dataSync()]);
const zeros = (model: tf.LayersModel) => weightsOf(model).reduce((sum, weight) => sum + zerosIn(weight), 0);
const valuesOf = (model: tf.LayersModel) => model.weights.map(weight => [...weight.read().dataSync()]);
/** 24 + 48 + 8 weights. */
const ALL = 80;

const tensors = (): [tf.Tensor, tf.Tensor] => [
  tf.randomNormal([BATCHES * 2, 3, 3, 2], 0, 1, 'float32', 1),
  tf.randomNormal([BATCHES * 2, 2], 0, 1, 'float32', 2),
];

type Callback = tf.Callback | tf.CustomCallback;

/** Four batches of two examples an epoch, always the same. */
async function fit(model: tf.LayersModel, callbacks: Callback[] | Callback, epochs = 1): Promise<number[]> {
  const [x, y] = tensors();
  try {
    const args = {epochs, batchSize: 2, verbose: 0, shuffle: false, callbacks} as const;
    const {history} = await model.fit(x, y, {...args, validationData: [x, y]});
    return history['loss'] as number[];
  } finally {
    tf.dispose([x, y]);
  }
}

/** Ends a fit after so many batches. */
const stopAfter = (batches: number) =>
  new (class extends tf.Callback {
    override async onBatchEnd(batch: number): Promise<void> {
      await Promise.resolve();
      if (batch + 1 === batches) (this as unknown as {model: tf.LayersModel}).model.stopTraining = true;
    }
  })();

let warnings: jest.SpyInstance;
beforeEach(() => (warnings = jest.spyOn(console, 'warn').mockImplementation()));
afterEach(() => warnings.mockRestore());

describe('the probing batches', () => {
  test('change nothing but masks: not weights, moving averages, slots or steps of the optimizer', async () => {
    const model = net();
    await fit(model, []);
    const before = valuesOf(model);
    const slots = () => [...slotsOf(model).values()].flat().map(({variable}) => [...variable.dataSync()]);
    const [slotsBefore, {iterations}] = [slots(), model.optimizer];
    await fit(model, new PruneAtInitialization({sparsity: 0.5, rounds: 2, observedBatches: 2}));
    const masks = masksOf(model);
    const named = new Map(weightsOf(model).map(({kernel}, i) => [kernel.originalName, masks[i]!]));
    const expected = model.weights.map(({originalName}, i) => {
      const mask = named.get(originalName.replace(/_mask$/, ''));
      if (originalName.endsWith('_mask')) return mask;
      return mask ? before[i]!.map((value, at) => value * mask[at]!) : before[i];
    });
    expect(valuesOf(model)).toEqual(expected);
    expect(masks.flat().filter(value => value === 0)).toHaveLength(ALL / 2);
    expect(slots()).toEqual(slotsBefore);
    expect(model.optimizer.iterations).toBe(iterations);
    expect(Object.hasOwn(model.optimizer, 'minimize')).toBe(false);
    expect(warnings).not.toHaveBeenCalled();
  });

  test.each<[string, () => tf.Optimizer]>([
    ['sgd', () => tf.train.sgd(0.05)],
    ['momentum', () => tf.train.momentum(0.05, 0.9)],
    ['adam', () => tf.train.adam(0.05)],
    ['fused adam', () => new FusedAdam(0.05)],
  ])('of %s are followed by the very training of a model that had these masks from the start', async (_, make) => {
    const [probed, masked] = [net(make()), net(make())];
    const losses = await fit(probed, new PruneAtInitialization({sparsity: 0.5, observedBatches: BATCHES}), 3);
    const masks = await readMasks(probed);
    await applyMasks(masked, masks);
    tf.dispose(masks);
    const none = new PruneAtInitialization({sparsity: 0, criterion: magnitude()});
    expect(losses.slice(1)).toEqual(await fit(masked, none, 2));
    expect(valuesOf(probed)).toEqual(valuesOf(masked));
    expect(zeros(probed)).toBe(ALL / 2);
  });

  test('restore the optimizer if a callback, the loss or the criterion fails, or training is stopped', async () => {
    const failing = (hook: 'onBatchBegin' | 'onBatchEnd') =>
      new tf.CustomCallback({[hook]: () => Promise.reject(new Error('failed'))});
    const broken: Criterion = {...snip(), observe: () => 1 as unknown as tf.Tensor};
    const cases: [Callback[], RegExp][] = [
      [[failing('onBatchBegin')], /failed/],
      [[failing('onBatchEnd')], /failed/],
      [
        [new PruneAtInitialization({sparsity: 0.5, criterion: broken, layers: ['c', 'out']})],
        /observe a tensor of "out\/kernel"/,
      ],
    ];
    for (const [others, message] of cases) {
      const model = net();
      const before = valuesOf(model);
      const pruning = new PruneAtInitialization({sparsity: 0.5, observedBatches: 3, layers: 'd'});
      await expect(fit(model, [pruning, ...others])).rejects.toThrow(message);
      expect(valuesOf(model)).toEqual(before);
      await fit(model, pruning);
      expect(Object.hasOwn(model.optimizer, 'minimize')).toBe(false);
      expect(zerosIn(weightsOf(model)[1]!)).toBe(24);
    }
    const model = net();
    await fit(model, [new PruneAtInitialization({sparsity: 0.5, observedBatches: 3}), stopAfter(2)]);
    expect(Object.hasOwn(model.optimizer, 'minimize')).toBe(false);
    expect(model.optimizer.iterations).toBe(0);
    expect(warnings.mock.calls).toEqual([[expect.stringMatching(/stopped at step 2 with a sparsity of 0, before .* at step 3, .* 0\.5/)]]);
  });

  test('are those of their own fit alone, also where it fails before a batch', async () => {
    const [model, fresh] = [net(), net()];
    const failing = new tf.CustomCallback({onBatchBegin: () => Promise.reject(new Error('failed'))});
    await expect(fit(model, [new PruneAtInitialization({sparsity: 0.5}), failing])).rejects.toThrow('failed');
    await fit(model, []);
    await fit(fresh, []);
    expect(valuesOf(model)).toEqual(valuesOf(fresh));
    expect(model.optimizer.iterations).toBe(fresh.optimizer.iterations);
  });

  test('go on in the next fit where one was too short', async () => {
    const [once, twice] = [net(), net()];
    const args = {sparsity: 0.5, rounds: 3, observedBatches: 2};
    await fit(once, new PruneAtInitialization(args), 2);
    const pruning = new PruneAtInitialization(args);
    await fit(twice, pruning);
    expect(pruning.sparsity).toBeCloseTo(1 - 0.5 ** (2 / 3), 1);
    await fit(twice, pruning);
    expect(valuesOf(twice)).toEqual(valuesOf(once));
  });

  test.each([2, 4, 6])('can be resumed from a file at step %d', async steps => {
    const args = {sparsity: 0.6, rounds: 2, observedBatches: 2};
    // Adam itself comes back from a file a rounding off.
    const [whole, parted] = [net(tf.train.momentum(0.05, 0.9)), net(tf.train.momentum(0.05, 0.9))];
    await fit(whole, new PruneAtInitialization(args), 2);

    const [x, y] = tensors();
    const part = async (model: tf.LayersModel, from: number, to: number, callback: tf.Callback) => {
      for (let step = from; step < to; step++) {
        const at = (step % BATCHES) * 2;
        const batch: [tf.Tensor, tf.Tensor] = [tf.slice(x, at, 2), tf.slice(y, at, 2)];
        await model.fit(...batch, {batchSize: 2, verbose: 0, shuffle: false, callbacks: callback});
        tf.dispose(batch);
      }
    };
    await part(parted, 0, steps, new PruneAtInitialization(args));
    const loaded = await saveAndLoad(parted, true);
    const resumed = new PruneAtInitialization({...args, initialStep: steps});
    await part(loaded, steps, 2 * BATCHES, resumed);
    tf.dispose([x, y]);
    expect(resumed.sparsity).toBe(48 / 80);
    expect(masksOf(loaded)).toEqual(masksOf(whole));
    expect(valuesOf(loaded)).toEqual(valuesOf(whole));
  });

  test.each<[string, PruneAtInitializationArgs]>([
    ['snip in rounds', {sparsity: 0.5, rounds: 2}],
    ['grasp', {sparsity: 0.5, criterion: grasp()}],
    ['wanda, which observes inputs', {sparsity: 0.5, criterion: wanda()}],
    ['whole filters', {sparsity: 0.5, structure: filters(), allocation: uniform(), layers: ['c', 'd']}],
    ['magnitude', {sparsity: 0.5, criterion: magnitude()}],
  ])('leak nothing: %s', async (_, args) => {
    const model = net();
    await fit(model, []);
    await expectNoLeak(() => fit(model, new PruneAtInitialization(args)).then(() => undefined));
  });

  test('are as well those of a dataset', async () => {
    const [listed, streamed] = [net(), net()];
    const args = {sparsity: 0.5, observedBatches: 2};
    await fit(listed, new PruneAtInitialization(args));
    const [x, y] = tensors();
    const dataset = tf.data.generator(function* () {
      for (let i = 0; i < BATCHES; i++) yield {xs: tf.slice(x, 2 * i, 2), ys: tf.slice(y, 2 * i, 2)};
    } as never);
    await streamed.fitDataset(dataset, {epochs: 1, verbose: 0, callbacks: new PruneAtInitialization(args)});
    tf.dispose([x, y]);
    expect(valuesOf(streamed)).toEqual(valuesOf(listed));
  });

  test('leak nothing of several outputs and their metrics, for each of which tf.js keeps a tensor', async () => {
    const input = tf.input({shape: [4]});
    const outputs = ['a', 'b'].map(name => tf.layers.dense({name, units: 2}).apply(input) as tf.SymbolicTensor);
    const model = prunable(tf.model({inputs: input, outputs}));
    model.compile({optimizer: 'sgd', loss: 'meanSquaredError', metrics: ['mae']});
    const [x, y] = [tf.ones([4, 4]), tf.ones([4, 2])];
    await expectNoLeak(async () => {
      const callbacks = new PruneAtInitialization({sparsity: 0.5, criterion: grasp(), observedBatches: 2});
      await model.fit(x, [y, y], {batchSize: 2, epochs: 2, verbose: 0, callbacks});
    });
    expect(model.metricsTensors.length).toBeGreaterThan(0);
  });
});

describe('what is pruned', () => {
  /** A linear model with known inputs and targets, without a bias: L = mean((xW - y)^2). */
  function linear(): {model: tf.Sequential; weight: MaskedWeight; x: tf.Tensor2D; y: tf.Tensor2D} {
    const model = prunable(
      tf.sequential({layers: [tf.layers.dense({name: 'd', units: 2, useBias: false, inputShape: [3]})]}),
    );
    model.compile({optimizer: tf.train.sgd(1), loss: 'meanSquaredError'});
    const weight = wrapper(model, 'd').maskedWeights[0]!;
    model.setWeights([tf.tensor2d([1, -2, 3, 0.5, -1, 1], [3, 2]), weight.mask.read()]);
    return {model, weight, x: tf.tensor2d([[1, 0, 2]]), y: tf.tensor2d([[0, 1]])};
  }

  test('by snip: what w * dL/dw says, worked out by hand', async () => {
    const {model, weight, x, y} = linear();
    // xW = [1 - 2, -2 + 2] = [-1, 0], error [-1, -1], dL/dW = x' * error = [[-1, -1], [0, 0], [-2, -2]]
    // |w * g| = [[1, 2], [0, 0], [2, 2]]
    await model.fit(x, y, {verbose: 0, callbacks: new PruneAtInitialization({sparsity: 0.5})});
    expect([...weight.mask.read().dataSync()]).toEqual([0, 1, 0, 0, 1, 1]);
    expect([...weight.kernel.read().dataSync()]).toEqual([0, -2, 0, 0, -1, 1]);
  });

  test('by grasp: what w * (H g) says, worked out by hand', async () => {
    const {model, weight, x, y} = linear();
    // H g = x' x g = x' * 5 * error = [[-5, -5], [0, 0], [-10, -10]]; w * (H g) = [[-5, 10], [0, 0], [10, -10]]
    const criterion = grasp();
    await model.fit(x, y, {verbose: 0, callbacks: new PruneAtInitialization({sparsity: 0.5, criterion})});
    expect([...weight.mask.read().dataSync()]).toEqual([0, 1, 1, 0, 1, 0]);
    expect([...weight.kernel.read().dataSync()]).toEqual([0, -2, 3, 0, -1, 0]);
  });

  test('over data: the same as in fit, before the first batch, which trains', async () => {
    const {model, weight, x, y} = linear();
    const seen: number[] = [];
    const first = new tf.CustomCallback({onBatchBegin: () => void seen.push(zerosIn(weight))});
    const pruning = new PruneAtInitialization({sparsity: 0.5, data: {xs: x, ys: y}, loss: 'meanAbsoluteError'});
    await model.fit(x, y, {verbose: 0, callbacks: [pruning, first]});
    // the absolute error has the signs as its gradient, halved: the same ranking
    expect(seen).toEqual([3]);
    expect([...weight.mask.read().dataSync()]).toEqual([0, 1, 0, 0, 1, 1]);
    expect(model.optimizer.iterations).toBe(1);
  });

  test.each<[string, Criterion]>([
    ['magnitude', magnitude()],
    ['random', random()],
  ])('by %s: all before the first batch, and trained from the first batch on', async (_, criterion) => {
    const model = net();
    const seen: number[] = [];
    const first = new tf.CustomCallback({onBatchBegin: () => void seen.push(zeros(model))});
    await fit(model, [new PruneAtInitialization({sparsity: 0.75, criterion}), first]);
    expect(seen).toEqual([60, 60, 60, 60]);
    expect(model.optimizer.iterations).toBe(BATCHES);
    expect(zeros(model)).toBe(60);
  });

  test.each<[string, Partial<GradientCriterion>]>([
    ['that observes', snip()],
    ['that observes nothing', {}],
  ])(
    'in rounds of equal fractions of what is left: the densities 0.01^(k / 10), by a criterion %s',
    async (_, kind) => {
      const model = prunable(tf.sequential({layers: [tf.layers.dense({name: 'd', units: 100, inputShape: [100]})]}));
      model.compile({optimizer: 'sgd', loss: 'meanSquaredError'});
      const densities: number[] = [];
      const criterion = {
        ...kind,
        score: (weight: tf.Tensor) => {
          densities.push(10000 - tf.sum(tf.equal(weight, 0)).dataSync()[0]!);
          return tf.abs(weight);
        },
      };
      const [x, y] = [tf.ones([11, 100]), tf.ones([11, 100])];
      const pruning = new PruneAtInitialization({sparsity: 0.99, criterion: criterion as Criterion, rounds: 10});
      await model.fit(x, y, {batchSize: 1, verbose: 0, callbacks: pruning});
      expect(densities).toEqual([10000, 6310, 3981, 2512, 1585, 1000, 631, 398, 251, 158]);
      expect(pruning.sparsity).toBe(0.99);
    },
  );

  test('is no more in a second fit, nor by a new callback after all', async () => {
    const model = net();
    const pruning = new PruneAtInitialization({sparsity: 0.5});
    await fit(model, pruning);
    const masks = masksOf(model);
    await fit(model, pruning);
    await fit(model, new PruneAtInitialization({sparsity: 0.9, initialStep: 8}));
    await fit(model, new PruneAtInitialization({sparsity: 0.9, criterion: magnitude(), initialStep: 12}));
    expect(masksOf(model)).toEqual(masks);
    expect(zeros(model)).toBe(ALL / 2);
    expect(model.optimizer.iterations).toBe(4 * BATCHES - 1);
  });

  test('is whole units with their biases, which strip away', async () => {
    const model = net();
    const args = {sparsity: 0.5, structure: filters(), allocation: uniform(), layers: 'd'};
    await fit(model, new PruneAtInitialization({...args, observedBatches: 2}), 2);
    const bias = stripPruning(model).getLayer('d').getWeights()[1]!;
    expect(bias.dataSync().filter(value => value === 0)).toHaveLength(2);
  });

  test('is each their own of two such callbacks in one fit, which see the same pass', async () => {
    const [model, alone] = [net(), net()];
    const [conv, dense] = [
      {sparsity: 0.5, layers: 'c'},
      {sparsity: 0.25, layers: 'd'},
    ];
    await fit(model, [new PruneAtInitialization(conv), new PruneAtInitialization(dense)]);
    await fit(alone, [new PruneAtInitialization(conv)]);
    expect(weightsOf(model).map(zerosIn)).toEqual([12, 12, 0]);
    expect(masksOf(model)[0]).toEqual(masksOf(alone)[0]);
    expect(model.optimizer.iterations).toBe(BATCHES - 1);
  });

  test('goes together with another callback, which counts the probing batches, too', async () => {
    const model = net();
    const gradual = new GradualPruning({schedule: oneShot({targetSparsity: 0.5, beginStep: 3}), layers: 'out'});
    await fit(model, [new PruneAtInitialization({sparsity: 0.5, layers: ['c', 'd']}), gradual]);
    expect(zeros(model)).toBe(ALL / 2);
    expect(gradual.step).toBe(BATCHES);
  });
});

describe('errors', () => {
  test.each<[string, object, RegExp]>([
    ['no sparsity', {}, /`sparsity` to be a number in \[0, 1\), got undefined/],
    ['a sparsity of 1', {sparsity: 1}, /`sparsity` to be a number in \[0, 1\), got 1/],
    ['no rounds', {sparsity: 0.5, rounds: 0}, /`rounds` to be a whole number >= 1, got 0/],
    ['half a batch', {sparsity: 0.5, observedBatches: 0.5}, /`observedBatches` to be a whole number >= 1, got 0.5/],
    ['an unknown option', {sparsity: 0.5, stepUnit: 'epoch'}, /no option `stepUnit`; its options are criterion, /],
    ['a loss for no data', {sparsity: 0.5, loss: 'meanSquaredError'}, /no `loss` without `data`/],
    ['a wrong criterion', {sparsity: 0.5, criterion: 'snip'}, /`criterion` to be an object with score\(\), got "snip"/],
  ])('%s', (_, args, message) => {
    expect(() => new PruneAtInitialization(args as PruneAtInitializationArgs)).toThrow(message);
  });

  test('no dense model at such a step where the sparsity rounds to no zero', async () => {
    const model = net();
    await fit(model, [new PruneAtInitialization({sparsity: 0.001, initialStep: 5})]);
    expect(zeros(model)).toBe(0);
  });

  test('a dense model at a step at which it would be pruned', async () => {
    const late = new PruneAtInitialization({sparsity: 0.5, initialStep: 5});
    await expect(fit(net(), late)).rejects.toThrow(
      /at step 5, after all its pruning, but the model in this fit is dense instead of 0.5/,
    );
  });

  test('passes that differ by chance, for curvature: they name the layer, and go over data', async () => {
    const layers = [
      tf.layers.dense({units: 3, inputShape: [2]}),
      tf.layers.dropout({name: 'drop', rate: 0.5}),
      tf.layers.dense({units: 1}),
    ];
    const model = prunable(tf.sequential({layers}));
    model.compile({optimizer: 'sgd', loss: 'meanSquaredError'});
    const [xs, ys] = [tf.ones([2, 2]), tf.ones([2, 1])];
    const args = {sparsity: 0.5, criterion: grasp()};
    const run = (more: object) =>
      model.fit(xs, ys, {verbose: 0, callbacks: new PruneAtInitialization({...args, ...more})});
    await expect(run({})).rejects.toThrow(/all alike .* layer "drop" \(Dropout\) is random in each; pass `data`/);
    await run({data: {xs, ys}});
    expect(model.layers[0]!.getWeights()[2]!.dataSync()).toContain(0);
  });

  test.each<[string, () => tf.layers.Layer]>([
    ['GaussianNoise', () => tf.layers.gaussianNoise({stddev: 0.1})],
    ['AlphaDropout', () => tf.layers.alphaDropout({rate: 0.1})],
    ['LSTMCell', () => tf.layers.lstm({units: 2, recurrentDropout: 0.1})],
    ['GRUCell', () => tf.layers.bidirectional({layer: tf.layers.gru({units: 2, dropout: 0.1}), mergeMode: 'concat'})],
  ])('chance in %s, too', async (className, noisy) => {
    const layers = [
      tf.layers.inputLayer({inputShape: [2, 3]}),
      noisy(),
      tf.layers.flatten(),
      tf.layers.dense({units: 1}),
    ];
    const flat = className.endsWith('Cell') ? layers.filter(layer => layer.getClassName() !== 'Flatten') : layers;
    const model = prunable(tf.sequential({layers: flat}));
    model.compile({optimizer: 'sgd', loss: 'meanSquaredError'});
    const callbacks = new PruneAtInitialization({sparsity: 0.5, criterion: grasp()});
    const fitting = model.fit(tf.ones([2, 2, 3]), tf.ones([2, 1]), {verbose: 0, callbacks});
    await expect(fitting).rejects.toThrow(`(${className}) is random in each`);
  });

  test('curvature where passes are run once', async () => {
    const schedule = oneShot({targetSparsity: 0.5, beginStep: 2});
    expect(() => new GradualPruning({schedule, criterion: grasp()})).toThrow(
      /by a schedule expects .* got one that sees curvature; that takes three .* PruneAtInitialization/,
    );
    await fit(net(), new PruneAtInitialization({sparsity: 0.5, criterion: taylor()}));
  });
});

test('tells the logs what its layers are, also where a callback in front of it masks more', async () => {
  const gradual = new GradualPruning({schedule: oneShot({targetSparsity: 0.75, beginStep: 2})});
  const model = net();
  const logs: unknown[] = [];
  const log = new tf.CustomCallback({onEpochEnd: (_, {sparsity} = {}) => void logs.push(sparsity)});
  await fit(model, [gradual, new PruneAtInitialization({sparsity: 0.5}), log], 2);
  expect(logs).toEqual([0.75, 0.75]);
});
