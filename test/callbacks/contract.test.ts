import * as tf from '@tensorflow/tfjs';
import omit from 'lodash/omit.js';
import {differentiablePruning, l1, prunable, stripPruning, type PrunableArgs, type PrunableLayer} from 'tfjs-pruning';
import {
  GradualPruning,
  IterativePruning,
  LearnedMasks,
  PruneAtInitialization,
  RigL,
  ScheduledPenalty,
  SoftFilterPruning,
  SparseEvolutionaryTraining,
  SparseMomentum,
  StaticSparse,
  TargetedDropout,
  type PruningCallback,
  type PruningCallbackArgs,
} from 'tfjs-pruning/callbacks';
import {constantSparsity, oneShot, polynomialDecay} from 'tfjs-pruning/schedules';
import {wrapper} from '../support/masks.js';
import {OwnMethod} from '../support/own-method.js';
import {distance, expectNoLeak, predict} from '../support/tensors.js';

type Common = Pick<PruningCallbackArgs, 'layers' | 'initialStep'>;

/**
 * What every method has in common, whatever it does: each prunes half of the weights, or filters, within two epochs.
 */
const METHODS: Record<string, (common?: Common) => PruningCallback> = {
  GradualPruning: common =>
    new GradualPruning({schedule: polynomialDecay({finalSparsity: 0.5, endStep: 6, frequency: 2}), ...common}),
  IterativePruning: common =>
    new IterativePruning({trainSteps: 3, rounds: 2, finalSparsity: 0.5, rewind: 'weights', ...common}),
  SoftFilterPruning: common =>
    new SoftFilterPruning({
      schedule: constantSparsity({targetSparsity: 0.5, beginStep: 1, endStep: 2, frequency: 1}),
      ...common,
    }),
  PruneAtInitialization: common => new PruneAtInitialization({sparsity: 0.5, ...common}),
  StaticSparse: common => new StaticSparse({sparsity: 0.5, seed: 1, ...common}),
  SparseEvolutionaryTraining: common => new SparseEvolutionaryTraining({sparsity: 0.5, seed: 1, endStep: 1, ...common}),
  RigL: common => new RigL({sparsity: 0.5, seed: 1, endStep: 8, frequency: 3, ...common}),
  SparseMomentum: common => new SparseMomentum({sparsity: 0.5, seed: 1, endStep: 2, ...common}),
  TargetedDropout: common => new TargetedDropout({schedule: oneShot({targetSparsity: 0.5, beginStep: 6}), ...common}),
  LearnedMasks: common => new LearnedMasks({target: 0.5, ...omit(common, 'layers')}),
  OwnMethod: common => new OwnMethod(common),
};

/** A nested convolution that is used twice, a normalization and two dense layers. */
function net(): tf.LayersModel {
  const initializer = () => tf.initializers.glorotNormal({seed: 3});
  const input = tf.input({shape: [4, 4, 2]});
  const conv = tf.layers.conv2d({
    name: 'conv',
    filters: 2,
    kernelSize: 3,
    padding: 'same',
    kernelInitializer: initializer(),
  });
  const block = tf.sequential({name: 'block', layers: [tf.layers.inputLayer({inputShape: [4, 4, 2]}), conv]});
  const twice = block.apply(block.apply(input)) as tf.SymbolicTensor;
  const flat = tf.layers.flatten().apply(tf.layers.batchNormalization().apply(twice)) as tf.SymbolicTensor;
  const hidden = tf.layers.dense({name: 'hidden', units: 6, activation: 'tanh', kernelInitializer: initializer()});
  const output = tf.layers.dense({name: 'output', units: 2, kernelInitializer: initializer()});
  return tf.model({inputs: input, outputs: output.apply(hidden.apply(flat)) as tf.SymbolicTensor});
}

function compiled(gates?: PrunableArgs): tf.LayersModel {
  const wrapped = prunable(net());
  const model = gates ? prunable(wrapped, gates) : wrapped;
  model.compile({optimizer: tf.train.momentum(0.05, 0.9), loss: 'meanSquaredError'});
  return model;
}

/** Two epochs of five batches. */
async function fit(model: tf.LayersModel, callbacks: tf.Callback[]): Promise<void> {
  const x = tf.randomNormal([20, 4, 4, 2], 0, 1, 'float32', 1);
  const y = tf.randomNormal([20, 2], 0, 1, 'float32', 2);
  try {
    await model.fit(x, y, {epochs: 2, batchSize: 4, verbose: 0, shuffle: false, callbacks});
  } finally {
    tf.dispose([x, y]);
  }
}

const wrappers = (model: tf.LayersModel): PrunableLayer[] => [
  wrapper(model.getLayer('block') as tf.LayersModel, 'conv'),
  wrapper(model, 'hidden'),
  wrapper(model, 'output'),
];
const weightsOf = (model: tf.LayersModel) => wrappers(model).flatMap(({maskedWeights}) => [...maskedWeights]);
const masks = (model: tf.LayersModel) => weightsOf(model).map(({mask}) => [...mask.read().dataSync()]);
const sparsity = (values: number[][]) =>
  values.flat().filter(value => value === 0).length / values.reduce((sum, {length}) => sum + length, 0);

let warnings: jest.SpyInstance;
beforeEach(() => (warnings = jest.spyOn(console, 'warn').mockImplementation()));
afterEach(() => warnings.mockRestore());

describe.each(Object.entries(METHODS))('%s', (name, make) => {
  /** Gates, which are what LearnedMasks learns, are chosen with the model. */
  const modelFor = ({layers}: Pick<Common, 'layers'> = {}) =>
    compiled(name === 'LearnedMasks' ? {gate: differentiablePruning(), ...(layers && {layers})} : undefined);

  test('ends with half of the weights masked, zero in their kernels, and the same outputs stripped', async () => {
    const model = modelFor();
    const callback = make();
    await fit(model, [callback]);
    // counts are rounded layer by layer
    expect(sparsity(masks(model))).toBeCloseTo(0.5, 1);
    expect(callback.sparsity).toBeCloseTo(sparsity(masks(model)), 12);
    weightsOf(model).forEach(({kernel}, k) => {
      kernel
        .read()
        .dataSync()
        .forEach((value, i) => masks(model)[k]![i] === 1 || expect(value + 0).toBe(0));
    });
    const x = tf.randomNormal([3, 4, 4, 2], 0, 1, 'float32', 9);
    expect(distance(predict(model, x), predict(stripPruning(model), x))).toBe(0);
    expect(callback.step).toBe(name === 'SoftFilterPruning' || /Sparse(Evo|Mom)/.test(name) ? 2 : 10);
  });

  test('prunes only the layers that it is told to', async () => {
    const model = modelFor({layers: 'hidden'});
    await fit(model, [make({layers: 'hidden'})]);
    const [conv, hidden, output] = masks(model);
    expect([sparsity([conv!]), sparsity([output!])]).toEqual([0, 0]);
    expect(sparsity([hidden!])).toBeCloseTo(0.5, 2);
  });

  test('repeats itself', async () => {
    const models = [modelFor(), modelFor()];
    for (const model of models) await fit(model, [make()]);
    expect(masks(models[0]!)).toEqual(masks(models[1]!));
    const kernels = models.map(model => weightsOf(model).map(({kernel}) => kernel.read()));
    expect(distance(kernels[0]!, kernels[1]!)).toBe(0);
  });

  test('leaks nothing', async () => {
    const model = modelFor();
    await fit(model, [make()]);
    await expectNoLeak(() => fit(model, [make()]));
  });

  test('refuses in fit a model without wrapped layers, and to be listed twice', async () => {
    const plain = net();
    plain.compile({optimizer: 'sgd', loss: 'meanSquaredError'});
    await expect(fit(plain, [make()])).rejects.toThrow(
      new RegExp(`^${name} expects a model with ${name === 'LearnedMasks' ? 'gates' : 'wrapped layers'}`),
    );
    const twice = make();
    await expect(fit(modelFor(), [twice, twice])).rejects.toThrow(`${name} is in the list of callbacks twice`);
  });

  test('changes nothing where one behind it in the list is refused', async () => {
    const model = modelFor();
    const before = model.getWeights().map(weight => [...weight.dataSync()]);
    const schedule = polynomialDecay({finalSparsity: 0.5, endStep: 2});
    const wrong: [tf.Callback[], RegExp][] = [
      [
        [new GradualPruning({schedule, layers: 'typo'})],
        /^Expected `layers` to match at least one of the wrapped layers/,
      ],
      [
        [new ScheduledPenalty({penalty: l1({strength: 1}), layers: 'typo'})],
        /^Expected `layers` to match at least one/,
      ],
    ];
    const listedTwice = new ScheduledPenalty({penalty: l1({strength: 1})});
    wrong.push([[listedTwice, listedTwice], /^ScheduledPenalty is in the list of callbacks twice/]);
    for (const [behind, message] of wrong) {
      await expect(fit(model, [make({layers: 'hidden'}), ...behind])).rejects.toThrow(message);
      expect(model.getWeights().map(weight => [...weight.dataSync()])).toEqual(before);
    }
    await fit(model, [make({layers: 'hidden'})]);
  });

  test('refuses an option that it does not know, and a step that is none', () => {
    expect(() => make({typo: 1} as Common)).toThrow(`${name} has no option \`typo\``);
    expect(() => make({initialStep: -1})).toThrow('`initialStep` to be a whole number >= 0');
  });

  test('is for one fit at a time', async () => {
    const shared = make();
    const models = [modelFor(), modelFor()];
    const results = await Promise.allSettled(models.map(model => fit(model, [shared])));
    expect(results.map(({status}) => status)).toEqual(['fulfilled', 'rejected']);
    expect((results[1] as PromiseRejectedResult).reason).toMatchObject({
      message: expect.stringMatching(
        `${name} is in another fit, of model .*; give each fit a callback of its own`,
      ) as string,
    });
    const alone = modelFor();
    await fit(alone, [make()]);
    expect(masks(models[0]!)).toEqual(masks(alone));
    expect(masks(models[1]!).flat()).not.toContain(0);
  });

  test('does not share layers with another that chooses masks, in one fit', async () => {
    const rival = new RigL({sparsity: 0.5, seed: 1, endStep: 8, frequency: 3, layers: ['hidden', 'output']});
    const model = modelFor();
    const before = model.getWeights().map(weight => [...weight.dataSync()]);
    await expect(fit(model, [make({layers: 'hidden'}), rival])).rejects.toThrow(
      `${name} and RigL both choose masks of the layer "hidden" in one fit, and would undo what the other does; ` +
        'list one of them, or give each layers of its own by `layers`',
    );
    expect(model.getWeights().map(weight => [...weight.dataSync()])).toEqual(before);
    const rest = ['output', 'block/conv'];
    const apart = [make({layers: rest}), new RigL({sparsity: 0.5, endStep: 8, frequency: 3, layers: 'hidden'})];
    // the claims are gone with the fit that failed
    await fit(name === 'LearnedMasks' ? modelFor({layers: rest}) : model, apart);
    await fit(modelFor(), [make({layers: 'hidden'}), new ScheduledPenalty({penalty: l1({strength: 1e-4})})]);
  });

  test('says what to do to those who call its hooks themselves', async () => {
    for (const hook of ['onTrainBegin', 'onBatchBegin', 'onBatchEnd', 'onEpochEnd', 'onTrainEnd'] as const) {
      const call = (callback: PruningCallback) => callback[hook](0);
      const callback = make();
      await expect(call(callback)).rejects.toThrow(
        `fit gave no model to ${name}: use it in the callbacks of model.fit, or in startTraining(model, ` +
          `callbacks, {...})`,
      );
      callback.setModel(modelFor());
      await expect(call(callback)).rejects.toThrow(
        hook === 'onTrainBegin'
          ? /has model ".*", but no parameters of a fit: use it in the callbacks of model.fit, or in startTraining/
          : new RegExp(`${hook} of ${name} was called for model ".*" without an onTrainBegin before it: use it in`),
      );
    }
  });
});

describe('PruneAtInitialization, of which another takes over', () => {
  const masked = async (callbacks: tf.Callback[]) => {
    const model = compiled();
    await fit(model, callbacks);
    return sparsity(masks(model));
  };
  const atStart = () => new PruneAtInitialization({sparsity: 0.3});
  const half = polynomialDecay({finalSparsity: 0.5, beginStep: 2, endStep: 6, frequency: 2});

  test('goes beside what only masks more', async () => {
    expect(await masked([atStart(), new GradualPruning({schedule: half})])).toBeCloseTo(0.5, 1);
    expect(await masked([new GradualPruning({schedule: half}), atStart()])).toBeCloseTo(0.5, 1);
    expect(await masked([atStart(), METHODS['TargetedDropout']!()])).toBeCloseTo(0.5, 1);
  });

  test.each<[string, () => PruningCallback]>([
    ['GradualPruning', () => new GradualPruning({schedule: half, regrowth: true})],
    ['PruneAtInitialization', atStart],
    ['StaticSparse', () => METHODS['StaticSparse']!()],
  ])('does not go beside what brings weights back, or starts as well: %s', async (name, other) => {
    await expect(masked([atStart(), other()])).rejects.toThrow(`PruneAtInitialization and ${name} both choose masks`);
  });
});
