import * as tf from '@tensorflow/tfjs';
import fc from 'fast-check';
import {
  foldBatchNorm,
  hardConcrete,
  listFoldable,
  maskZeros,
  prunable,
  pruneOnce,
  quantizationAware,
  sparsityReport,
} from 'tfjs-pruning';
import {ARCHITECTURES} from '../../support/architectures.js';
import {modelOf, recipes, recipesForConstants} from '../../support/random-architecture.js';
import {withRandomWeights} from '../../support/random-weights.js';
import {expectSameOutputs, randomInputs} from '../../support/surgery-oracle.js';
import {distance, expectNoLeak, predict, saveAndLoad} from '../../support/tensors.js';

fc.configureGlobal({seed: 1});

type Layer = tf.layers.Layer;
const {layers} = tf;

beforeEach(() => void jest.spyOn(console, 'warn').mockImplementation(() => undefined));
afterEach(() => jest.restoreAllMocks());

const said = () => jest.mocked(console.warn).mock.calls.flat().join('\n');

const norm = (name = 'bn', args: object = {}) => layers.batchNormalization({name, ...args});
const classes = (model: tf.LayersModel): string[] => model.layers.map(layer => layer.getClassName());

/** A stack on images of 6 x 6 with 3 channels, or on what is given. */
function stack(list: Layer[], inputShape: number[] = [6, 6, 3]): tf.LayersModel {
  const input = tf.input({shape: inputShape});
  const output = list.reduce((x, layer) => layer.apply(x) as tf.SymbolicTensor, input);
  return withRandomWeights(tf.model({inputs: input, outputs: output}));
}

async function expectFolded(model: tf.LayersModel, left: string[]): Promise<void> {
  const folded = await foldBatchNorm(model);
  expect(classes(folded)).toEqual(left);
  const x = randomInputs(model);
  expect(distance(predict(folded, x), predict(model, x))).toBeLessThan(1e-4);
}

/** A layer before, whose output is normalized. */
const BEFORE: Record<string, () => Layer> = {
  Dense: () => layers.dense({units: 4}),
  Conv2D: () => layers.conv2d({filters: 4, kernelSize: 3, padding: 'same', useBias: false}),
  Conv2DTranspose: () => layers.conv2dTranspose({filters: 4, kernelSize: 3, strides: 2}),
  DepthwiseConv2D: () => layers.depthwiseConv2d({kernelSize: 3, depthMultiplier: 2, useBias: false}),
  SeparableConv2D: () => layers.separableConv2d({filters: 4, kernelSize: 3, depthMultiplier: 2}),
};

test.each(Object.entries(BEFORE))('folds into a %s before it, the last layer or not', async (kind, make) => {
  await expectFolded(stack([make(), norm(), layers.reLU()]), ['InputLayer', kind, 'ReLU']);
  await expectFolded(stack([make(), norm()]), ['InputLayer', kind, 'Activation']);
});

/** A layer behind, whose input is normalized. */
const BEHIND: Record<string, () => Layer> = {
  Dense: () => layers.dense({units: 4, useBias: false}),
  Conv2D: () => layers.conv2d({filters: 4, kernelSize: 3, strides: 2, activation: 'relu'}),
  Conv2DTranspose: () => layers.conv2dTranspose({filters: 4, kernelSize: 1}),
  DepthwiseConv2D: () => layers.depthwiseConv2d({kernelSize: 3, depthMultiplier: 2}),
  SeparableConv2D: () => layers.separableConv2d({filters: 4, kernelSize: 3, depthMultiplier: 2, useBias: false}),
};

test.each(Object.entries(BEHIND))('folds into a %s behind it', async (kind, make) => {
  await expectFolded(stack([layers.reLU(), norm(), make()]), ['InputLayer', 'ReLU', kind]);
  await expectFolded(stack([norm(), make()]), ['InputLayer', kind]);
});

test.each([
  ['Conv1D', () => layers.conv1d({filters: 4, kernelSize: 3}), [6, 3]],
  ['Dense', () => layers.dense({units: 2}), [5]],
] as const)('folds into a %s on both sides', async (kind, make, inputShape) => {
  await expectFolded(stack([norm('before'), make(), norm('after'), layers.reLU()], [...inputShape]), [
    'InputLayer',
    kind,
    'ReLU',
  ]);
});

test('computes by the textbook, with and without scale and shift', async () => {
  const model = tf.sequential({
    layers: [
      layers.dense({name: 'd', units: 1, inputShape: [2], weights: [tf.tensor2d([[2], [4]]), tf.tensor1d([1])]}),
      norm('bn', {scale: false, epsilon: 0.25, trainable: false}),
    ],
  });
  // beta 5, mean 3, variance 3.75: scale 1 / 2
  model.layers[1]!.setWeights([tf.tensor1d([5]), tf.tensor1d([3]), tf.tensor1d([3.75])]);
  const folded = await foldBatchNorm(model);
  expect(folded).toBeInstanceOf(tf.Sequential);
  expect(classes(folded)).toEqual(['Dense']);
  expect(folded.getWeights().map(weight => [...weight.dataSync()])).toEqual([[1, 2], [(1 - 3) / 2 + 5]]);
  expect(model.layers).toHaveLength(2);
});

test('a Sequential that begins with one keeps its input shape', async () => {
  const model = withRandomWeights(
    tf.sequential({layers: [norm('bn', {inputShape: [3], center: false}), layers.dense({name: 'd', units: 2})]}),
  );
  const folded = await foldBatchNorm(model);
  const x = tf.randomNormal([4, 3]);
  expect(distance(predict(folded, x), predict(model, x))).toBeLessThan(1e-5);
  expect((await saveAndLoad(folded)).inputs[0]!.shape).toEqual([null, 3]);
});

test('folds several in a row, and does not say of one that it stays', async () => {
  await expectFolded(stack([layers.dense({units: 4}), norm('one'), norm('two'), norm('three')], [3]), [
    'InputLayer',
    'Dense',
    'Activation',
  ]);
  expect(said()).toBe('');
});

/** What stays, and why. */
const STAYING: Record<string, [make: () => tf.LayersModel, reason: string]> = {
  'an activation before, and padding behind': [
    () =>
      stack([
        layers.conv2d({name: 'c', filters: 3, kernelSize: 3, activation: 'relu'}),
        norm(),
        layers.conv2d({name: 'p', filters: 3, kernelSize: 3, padding: 'same'}),
      ]),
    '"c" before it has an activation, and "p" behind it pads its input with zeros',
  ],
  'no neighbor with a kernel': [
    () => stack([layers.reLU({name: 'r'}), norm(), layers.maxPooling2d({name: 'm', poolSize: 2})]),
    '"r" before it (ReLU) has no kernel to fold it into, and "m" behind it (MaxPooling2D) has no kernel to',
  ],
  'input and output': [() => stack([norm()]), 'it takes an input of the model, and it makes an output of the model'],
  'a convolution that others take from': [
    () => {
      const input = tf.input({shape: [4, 4, 2]});
      const conv = layers.conv2d({name: 'c', filters: 2, kernelSize: 1}).apply(input) as tf.SymbolicTensor;
      const sum = layers.add().apply([conv, norm().apply(conv) as tf.SymbolicTensor]) as tf.SymbolicTensor;
      return withRandomWeights(tf.model({inputs: input, outputs: sum}));
    },
    'others take the output of "c" before it, too, and "',
  ],
  'a layer that is used twice': [
    () => {
      const inputs = [1, 2].map(() => tf.input({shape: [3]}));
      const shared = layers.dense({name: 'd', units: 2});
      const [a, b] = inputs.map(input => shared.apply(input) as tf.SymbolicTensor);
      const outputs = layers.add().apply([norm().apply(a!) as tf.SymbolicTensor, b!]) as tf.SymbolicTensor;
      return withRandomWeights(tf.model({inputs, outputs}));
    },
    '"d" before it is used several times, and "',
  ],
  'a normalization that is used twice': [
    () => {
      const inputs = [1, 2].map(() => tf.input({shape: [3]}));
      const shared = norm();
      const [a, b] = inputs.map((input, i) => {
        const made = layers.dense({name: `d${i}`, units: 2}).apply(input);
        return shared.apply(made) as tf.SymbolicTensor;
      });
      const outputs = layers.add().apply([a!, b!]) as tf.SymbolicTensor;
      return withRandomWeights(tf.model({inputs, outputs}));
    },
    'it is used several times',
  ],
  'another axis': [
    () => stack([layers.conv2d({name: 'c', filters: 3, kernelSize: 1}), norm('bn', {axis: 1})]),
    'it normalizes another axis than the last',
  ],
  'a nested model that a stack begins with': [
    () => {
      const block = tf.sequential({name: 'block', layers: [layers.dense({name: 'd', units: 3, inputShape: [4]})]});
      return withRandomWeights(tf.sequential({layers: [block, norm()]}));
    },
    '"d" before it is part of a nested model, and it makes an output of the model',
  ],
  'weights with parametrizations': [
    () =>
      prunable(stack([layers.dense({name: 'd', units: 3}), norm(), layers.reLU({name: 'r'})], [4]), {
        parametrizations: [quantizationAware()],
      }),
    '"d" before it has weights with parametrizations, and "r" behind it (ReLU)',
  ],
};

test.each(Object.entries(STAYING))('leaves alone what it can not fold: %s', async (_, [make, reason]) => {
  const model = make();
  const [status] = await listFoldable(model);
  expect(status).toEqual({layer: 'bn', into: '', reason: expect.stringContaining(reason) as string});
  const folded = await foldBatchNorm(model);
  expect(classes(folded).sort()).toEqual(classes(model).sort());
  expect(said()).toContain(`foldBatchNorm: keeps "bn", since ${reason}`);
  const x = randomInputs(model);
  expect(distance(predict(folded, x), predict(model, x))).toBeLessThan(1e-6);
});

test('pads a shift of zero, which padding does not change', async () => {
  const model = stack([norm('bn', {center: false}), layers.conv2d({filters: 2, kernelSize: 3, padding: 'same'})]);
  const {movingMean} = model.layers[1]! as unknown as {movingMean: tf.LayerVariable};
  tf.tidy(() => void movingMean.write(tf.zeros([3])));
  await expectFolded(model, ['InputLayer', 'Conv2D']);
});

test('folds within nested models, also one that is used twice', async () => {
  const block = tf.sequential({
    name: 'block',
    layers: [layers.dense({name: 'a', units: 3, inputShape: [3]}), norm(), layers.reLU()],
  });
  const inputs = [1, 2].map(() => tf.input({shape: [3]}));
  const outputs = layers.add().apply(inputs.map(input => block.apply(input) as tf.SymbolicTensor));
  const model = withRandomWeights(tf.model({inputs, outputs: outputs as tf.SymbolicTensor}));
  expect(await listFoldable(model)).toEqual([{layer: 'block/bn', into: 'block/a', reason: ''}]);
  const folded = await foldBatchNorm(model);
  const x = randomInputs(model);
  expect(distance(predict(folded, x), predict(model, x))).toBeLessThan(1e-5);
  expect(classes(folded.getLayer('block') as tf.LayersModel)).toEqual(['Dense', 'ReLU']);
});

test('wrapped layers keep their masks, and zeros behind them', async () => {
  const model = prunable(
    stack([
      layers.conv2d({name: 'c', filters: 4, kernelSize: 3, useBias: false}),
      norm('one'),
      layers.reLU(),
      norm('two'),
      layers.separableConv2d({name: 's', filters: 4, kernelSize: 3}),
    ]),
  );
  await pruneOnce(model, {sparsity: 0.5, keepDense: true});
  const folded = await foldBatchNorm(model);
  const x = randomInputs(model);
  expect(distance(predict(folded, x), predict(model, x))).toBeLessThan(1e-4);
  expect(classes(folded)).toEqual(['InputLayer', 'PrunableConv2D', 'ReLU', 'PrunableSeparableConv2D']);
  const zeros = async (each: tf.LayersModel) => (await sparsityReport(each)).total.zeros;
  expect(await zeros(folded)).toBe(await zeros(model));
  await maskZeros(folded);
});

test('the result is a plain model that loads, and nothing leaks', async () => {
  const model = stack([
    layers.conv2d({filters: 2, kernelSize: 2}),
    norm(),
    layers.reLU(),
    norm('two'),
    layers.flatten(),
  ]);
  const x = randomInputs(model);
  const folded = await foldBatchNorm(model);
  expect(distance(predict(await saveAndLoad(folded), x), predict(folded, x))).toBe(0);
  await expectNoLeak(async () => void (await foldBatchNorm(model)).dispose());
  await expectNoLeak(async () => void (await listFoldable(model)));
});

test('models of all kinds compute the same', async () => {
  for (const make of Object.values(ARCHITECTURES)) {
    const model = withRandomWeights(make());
    const folded = await foldBatchNorm(model);
    const x = randomInputs(model);
    expectSameOutputs(folded, model, x);
    [folded, model].forEach(each => each.dispose());
    tf.dispose(x);
  }
});

test('random models compute the same', async () => {
  let count = 0;
  const normalized = fc.oneof(recipes, recipesForConstants).map(({steps, ...recipe}) => {
    return {...recipe, steps: steps.flatMap(step => [step, {...step, kind: 'batchNorm', from: 0}])};
  });
  await fc.assert(
    fc.asyncProperty(normalized, async recipe => {
      const model = modelOf(recipe);
      const folded = await foldBatchNorm(model);
      count += (await listFoldable(model)).filter(({into}) => into !== '').length;
      expectSameOutputs(folded, model, randomInputs(model));
      [folded, model].forEach(each => each.dispose());
    }),
    {numRuns: 40},
  );
  expect(count).toBeGreaterThan(5);
});

test('refuses what it can not work on, and says if there is nothing to do', async () => {
  await expect(foldBatchNorm({} as tf.LayersModel)).rejects.toThrow('foldBatchNorm expects a tf.Sequential');
  await expect(foldBatchNorm(tf.sequential())).rejects.toThrow('that is built');
  const gated = prunable(stack([layers.dense({units: 2}), norm()], [3]), {gate: hardConcrete()});
  await expect(listFoldable(gated)).rejects.toThrow('listFoldable expects a model without gates');
  await foldBatchNorm(stack([layers.dense({units: 2})], [3]));
  expect(said()).toMatch(/foldBatchNorm: model ".*" has no batch normalization to fold\./);
});
