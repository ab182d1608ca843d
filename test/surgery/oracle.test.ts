import * as tf from '@tensorflow/tfjs';
import fc from 'fast-check';
import sumBy from 'lodash/sumBy.js';
import {prunable, stripPruning} from 'tfjs-pruning';
import {shrink} from '../../src/surgery/cut/shrink.js';
import {traceChannels} from '../../src/units/trace/trace-channels.js';
import {ARCHITECTURES} from '../support/architectures.js';
import {modelOf, recipes, recipesForConstants} from '../support/random-architecture.js';
import {
  deaden,
  difference,
  expectSameOutputs,
  randomInputs,
  randomRemoval,
  removalOf,
  silence,
  zeroedConsumers,
} from '../support/surgery-oracle.js';
import {expectNoLeak, saveAndLoad} from '../support/tensors.js';

/** Which channels can go, by hand: the layers that make them, and how many of them there are. */
const CAN_GO: Record<keyof typeof ARCHITECTURES, string[]> = {
  plain: ['conv1: 4', 'conv2: 5', 'fc: 6'],
  residualWithInput: ['inner: 6', 'after: 3'],
  residualStages: ['stem + a2: 4', 'a1: 5', 'b1: 6', 'b2 + projection: 6'],
  denseConcatenation: ['conv0: 4', 'conv1: 3', 'conv2: 3', 'squeeze: 4'],
  invertedResiduals: ['stem + project: 4', 'expand: 8', 'head: 6'],
  depthMultiplier: ['conv: 3', 'mix: 5'],
  depthMultiplierThenFlatten: ['conv: 3'],
  separable: ['conv: 3', 'wide: 5', 'narrow: 4'],
  squeezeAndExcite: ['conv + excite: 4', 'squeeze: 2', 'after: 3'],
  squeezeAndExciteByVectors: ['conv + excite: 4', 'squeeze: 2', 'after: 3'],
  separableMultiplied: ['conv: 3', 'wide: 5'],
  // The one channel of the mask is spread over all of conv's
  spatialAttention: ['conv: 4', 'after: 3'],
  uNet: ['down1: 4', 'down2: 5', 'bottom: 6', 'up2: 3', 'mix2: 5', 'mix1: 4'],
  twoInputsTwoHeads: ['conv: 4', 'extra: 4', 'trunk: 6'],
  hiddenOutput: ['before: 5', 'after: 4'],
  recurrentStack: ['embedding: 4', 'lstm: 4', 'gru: 3', 'rnn: 3'],
  maskedEmbedding: ['embedding: 4', 'lstm: 4', 'gru: 3'],
  masking: ['lstm: 4', 'gru: 3'],
  // Both directions have one number of units
  bidirectionalConcat: ['both/forward_lstm + both/backward_lstm: 3', 'gru: 4'],
  bidirectionalSum: ['both/forward_lstm + both/backward_lstm: 3', 'gru: 4'],
  bidirectionalMul: ['both/forward_lstm + both/backward_lstm: 3', 'gru: 4'],
  bidirectionalAve: ['both/forward_lstm + both/backward_lstm: 3', 'gru: 4'],
  bidirectionalApart: ['both/forward_gru + both/backward_gru: 4', 'mixed: 3'],
  convolutionalLstm: ['first: 4', 'last: 3'],
  timeDistributedDense: ['each: 5', 'lstm: 3'],
  timeDistributedConv: ['each_conv: 3', 'gru: 4'],
  encoderDecoder: ['encoder + decoder: 3', 'widen: 4'],
  encoderDecoderWithAttention: ['reader + speaker: 4', 'letters: 3', 'phonemes: 2', 'hidden: 5'],
  sequentialInFunctional: ['stem + body/b: 3', 'body/a: 4'],
  functionalInSequential: ['stem + block/b: 3', 'block/a: 4', 'fc: 4'],
  nestedTwice: ['before + block/b: 4', 'block/a: 5'],
  nestedWithTwoOutputs: ['before: 3', 'block/inner: 5', 'block/a: 4', 'block/b: 2'],
  siamese: ['tower: 4'],
  sharedOnHidden: ['left + right: 4', 'shared: 3'],
  channelsFirst: ['conv1: 4', 'conv2: 3', 'fc: 4'],
  channelsFirstPlainFlatten: ['conv1: 4', 'conv2: 3', 'conv3: 2'],
  conv1d: ['conv1: 4', 'conv2: 5'],
  conv3d: ['conv: 3', 'up: 4'],
  // Normalized over all channels together: before stays
  layerNormalization: ['after: 4'],
  layerNormalizationOverTime: ['before: 5', 'after: 4'],
  batchNormalizationOverRows: ['after: 4'],
  parametricRelu: ['conv1: 4', 'conv2: 3', 'conv3: 3'],
  softmaxInside: ['before: 5'],
  repeatedAndPermuted: ['fc: 4', 'lstm: 5'],
  reshapedImage: ['conv: 3', 'line: 4'],
  reshapeThatMixes: ['before: 5', 'after: 4'],
  // Summed over the steps, and so no longer told apart by what comes behind
  denseOverRows: ['rows: 4'],
  paddedAndCropped: ['conv1: 3', 'conv2: 4'],
  elementwiseMerges: ['a + b: 3', 'c + d + e: 3', 'after: 4'],
  concatenatedOverRows: ['a + b: 3', 'after: 4'],
  dotProduct: ['before: 5', 'a + b: 4'],
  attention: ['q + k: 4', 'v: 6', 'after: 4'],
  attentionPermuted: ['q + k: 4', 'v: 6', 'after: 4'],
  crossAttention: ['q + k: 4', 'v: 5', 'stem + project: 6'],
  linearAttention: ['v: 6', 'after: 4'],
  pooledAttention: ['k + q: 4', 'v: 6', 'after: 3'],
};

/** tf.js does not write down the multiplier. */
const UNSAVABLE = new Set(['separableMultiplied']);
/**
 * tf.js has no gradient of the transposed convolution in 3-D, and of batch normalization only one over the last axis.
 */
const UNTRAINABLE = new Set(['conv3d', 'batchNormalizationOverRows']);

async function shrunk(model: tf.LayersModel): Promise<tf.LayersModel> {
  const trace = traceChannels(model);
  return await shrink(model, {remove: removalOf(trace, randomRemoval(trace, 2))});
}

const parametersOf = (model: tf.LayersModel) =>
  sumBy(model.weights, ({shape}) => tf.util.sizeFromShape(shape as number[]));
const inOrder = (names: readonly string[]) => [...names].sort().join(' + ');

// tf.js warns that a symbolic initial state is not written down; it is, as an input
beforeEach(() => void jest.spyOn(console, 'warn').mockImplementation());
afterEach(() => jest.restoreAllMocks());

describe.each(Object.entries(ARCHITECTURES))('%s', (name, build) => {
  test('has the channels that can go', () => {
    const free = traceChannels(build()).groups.filter(({frozen}) => frozen === undefined);
    const found = free.map(({layers, units}) => `${inOrder(layers)}: ${units.length}`);
    const expected = CAN_GO[name as keyof typeof ARCHITECTURES].map(text => text.split(': '));
    expect(found.sort()).toEqual(
      expected.map(([layers, count]) => `${inOrder(layers!.split(' + '))}: ${count}`).sort(),
    );
  });

  test.each([0.3, 0.6, 1])('computes the same without a share of %d of them, and is smaller', async share => {
    const model = build();
    const trace = traceChannels(model);
    const removed = randomRemoval(trace, 1, share);
    const small = await shrink(model, {remove: removalOf(trace, removed)});
    const inputs = randomInputs(model);
    expectSameOutputs(small, zeroedConsumers(model, trace, removed), inputs);
    expect(removed.size).toBeGreaterThan(0);
    expect(parametersOf(small)).toBeLessThan(parametersOf(model));
    expect(difference(small, model, inputs).error).toBeGreaterThan(1e-3);
  });

  const savable = UNSAVABLE.has(name) ? test.skip : test;
  savable('saves and loads when it is smaller', async () => {
    const small = await shrunk(build());
    expectSameOutputs(await saveAndLoad(small), small, randomInputs(small));
  });

  const trainable = UNTRAINABLE.has(name) ? test.skip : test;
  trainable('trains when it is smaller', async () => {
    const small = await shrunk(build());
    const inputs = randomInputs(small);
    const before = stripPruning(small);
    const targets = [small.predict(inputs)].flat().map(output => tf.add(output, 1));
    small.compile({optimizer: tf.train.sgd(0.01), loss: 'meanSquaredError'});
    await small.trainOnBatch(inputs, targets);
    expect(difference(small, before, inputs).error).toBeGreaterThan(1e-4);
  });

  test('leaks nothing', async () =>
    expectNoLeak(async () => {
      const model = build();
      const small = await shrunk(model);
      // `dispose` of a model leaves the weights of layers that are used twice
      for (const {weights} of [model, small]) for (const weight of weights) weight.dispose();
    }));
});

const RUNS = 150;

/** The units that are left in each layer that makes channels. */
const sizesIn = (model: tf.LayersModel) =>
  Object.fromEntries(traceChannels(model).sources.map(({path, units}) => [path, units.length]));

test('random models compute the same without some of their units', async () => {
  await fc.assert(
    fc.asyncProperty(recipes, fc.constantFrom(0.3, 0.6, 1), async (recipe, share) => {
      const model = modelOf(recipe);
      const trace = traceChannels(model);
      const removed = randomRemoval(trace, recipe.seed, share);
      const small = await shrink(model, {remove: removalOf(trace, removed)});
      const expected = zeroedConsumers(model, trace, removed);
      expectSameOutputs(small, expected, randomInputs(model));
      const left = trace.sources.map(({path, units}) => [path, units.filter(unit => !removed.has(unit)).length]);
      expect(sizesIn(small)).toEqual(Object.fromEntries(left));
      for (const {weights} of [model, small, expected]) for (const weight of weights) weight.dispose();
    }),
    {seed: 1, numRuns: RUNS},
  );
});

test('random models with weights of zero compute the same without the channels that these leave unused', async () => {
  let smaller = 0;
  await fc.assert(
    fc.asyncProperty(recipes, async recipe => {
      const plain = modelOf(recipe);
      const model = recipe.seed % 2 === 0 ? plain : prunable(plain);
      silence(traceChannels(model), recipe.seed);
      const small = await shrink(model);
      expectSameOutputs(small, model, randomInputs(model));
      if (parametersOf(small) < parametersOf(model)) smaller++;
      for (const {weights} of new Set([plain, model, small])) for (const weight of weights) weight.dispose();
    }),
    {seed: 1, numRuns: RUNS},
  );
  expect(smaller).toBeGreaterThan(RUNS / 2);
});

test('models whose channels are mostly constants compute the same without those that can be removed', async () => {
  let smaller = 0;
  await fc.assert(
    fc.asyncProperty(recipesForConstants, async recipe => {
      const model = modelOf(recipe);
      deaden(traceChannels(model), recipe.seed);
      const small = await shrink(model);
      expectSameOutputs(small, model, randomInputs(model));
      if (parametersOf(small) < parametersOf(model)) smaller++;
      for (const {weights} of [model, small]) for (const weight of weights) weight.dispose();
    }),
    {seed: 1, numRuns: 2 * RUNS},
  );
  expect(smaller).toBeGreaterThan(RUNS);
});
