import * as tf from '@tensorflow/tfjs';
import {
  averagePercentageOfZeros,
  batchNormDeadness,
  batchNormScale,
  blocks,
  channels,
  erdosRenyi,
  erdosRenyiKernel,
  filters,
  fisher,
  geometricMedian,
  globalRanking,
  isomorphic,
  gradientMagnitude,
  GradualPruning,
  inputBlocks,
  inverted,
  iterative,
  kernelColumns,
  kernelRows,
  kernels,
  lamp,
  magnitude,
  movement,
  nOfM,
  optimalBrainDamage,
  outputBlocks,
  perLayer,
  prunable,
  pruneOnce,
  random,
  scores,
  sensitivity,
  shifts,
  slices,
  snip,
  taylor,
  uniform,
  wanda,
  weights,
  type Allocation,
  type Criterion,
  type Structure,
  type WeightStructure,
} from 'tfjs-pruning';
import {perOutput} from '../src/allocations/per-output.js';
import {grasp} from '../src/criteria/grasp.js';
import {synFlow} from '../src/criteria/syn-flow.js';
import {wrapper} from './support/masks.js';

const STRUCTURES: Record<string, Structure> = {
  weights: weights(),
  filters: filters(),
  channels: channels(),
  slices: slices(0),
  kernels: kernels(),
  kernelRows: kernelRows(),
  kernelColumns: kernelColumns(),
  blocks: blocks([2, 2]),
  'blocks of the largest': blocks([3, 1], {pooling: 'max'}),
  inputBlocks: inputBlocks(4),
  outputBlocks: outputBlocks(2),
  nOfM: nOfM(2, 4),
  shifts: shifts(),
  'shared shifts': shifts({shared: true}),
};
/** Which weights fall in these is not by groups of fixed members. */
const FREE = ['nOfM', 'shifts', 'shared shifts'];
const CRITERIA: Record<string, () => Criterion> = {
  magnitude,
  'magnitude by norm 2': () => magnitude({norm: 2}),
  random: () => random({seed: 1}),
  taylor,
  gradientMagnitude,
  snip,
  fisher,
  optimalBrainDamage,
  movement,
  batchNormDeadness,
  batchNormScale,
  geometricMedian,
  lamp,
  wanda,
  averagePercentageOfZeros,
  scores: () => scores({'conv1/kernel': tf.randomNormal([3, 3, 4, 4]), 'conv2/kernel': tf.randomNormal([3, 3, 4, 4])}),
  grasp,
  synFlow,
  'inverted taylor': () => inverted(taylor()),
};
const ALLOCATIONS: Record<string, Allocation> = {
  uniform: uniform(),
  perOutput: perOutput(),
  globalRanking: globalRanking(),
  isomorphic: isomorphic(),
  'globalRanking by mean': globalRanking({normalize: 'mean'}),
  erdosRenyi: erdosRenyi(),
  erdosRenyiKernel: erdosRenyiKernel(),
  perLayer: perLayer({conv1: 0.5, conv2: 0.25}),
  sensitivity: sensitivity({
    baseline: {loss: 1, metrics: {}},
    layers: ['conv1', 'conv2'].map((layer, i) => ({
      layer,
      weights: [`${layer}/kernel`],
      points: [{sparsity: 0.75, loss: 2 + i, metrics: {}}],
    })),
  }),
};

const X = tf.randomNormal([4, 4, 4, 4], 0, 1, 'float32', 1);
const Y = tf.oneHot(tf.tensor1d([0, 1, 2, 3], 'int32'), 4);

function net(): tf.Sequential {
  const conv = (name: string, seed: number) =>
    tf.layers.conv2d({
      name,
      filters: 4,
      kernelSize: 3,
      padding: 'same',
      activation: name === 'conv2' ? 'relu' : 'linear',
      inputShape: [4, 4, 4],
      kernelInitializer: tf.initializers.heNormal({seed}),
    });
  const bn = () =>
    tf.layers.batchNormalization({gammaInitializer: tf.initializers.randomUniform({minval: 1, seed: 3})});
  const model = prunable(
    tf.sequential({
      layers: [
        conv('conv1', 1),
        bn(),
        conv('conv2', 2),
        bn(),
        tf.layers.globalAveragePooling2d({}),
        tf.layers.softmax(),
      ],
    }),
  );
  model.compile({optimizer: 'sgd', loss: 'categoricalCrossentropy'});
  return model;
}

function masksOf(model: tf.LayersModel): Float32Array[] {
  return ['conv1', 'conv2'].map(name => wrapper(model, name).maskedWeights[0]!.mask.read().dataSync<'float32'>());
}

/** Each group of the structure is wholly kept or wholly gone, something is gone, and something left in each layer. */
function expectPruned(model: tf.LayersModel, structureName: string, fallsInEach: boolean): void {
  masksOf(model).forEach((mask, i) => {
    const kept = mask.filter(value => value === 1).length;
    expect(kept).toBeGreaterThan(0);
    if (fallsInEach) expect(kept).toBeLessThan(mask.length);
    if (FREE.includes(structureName)) return;
    const {layout} = wrapper(model, `conv${i + 1}`).maskedWeights[0]!;
    const groups = (STRUCTURES[structureName] as WeightStructure).pool(mask, layout, 'mean');
    expect(groups.filter(share => share !== 0 && share !== 1)).toHaveLength(0);
  });
  expect(tf.tidy(() => tf.all(tf.isFinite(model.predict(X) as tf.Tensor)).dataSync()[0])).toBe(1);
}

test.each(Object.keys(STRUCTURES).flatMap(structure => Object.keys(CRITERIA).map(name => [structure, name] as const)))(
  '%s by %s, under every allocation',
  async (structureName, criterionName) => {
    const structure = STRUCTURES[structureName]!;
    for (const allocation of Object.values(ALLOCATIONS)) {
      const model = net();
      const args = {structure, criterion: CRITERIA[criterionName]!(), allocation, data: {xs: X, ys: Y}};
      await pruneOnce(model, {...args, sparsity: 0.25});
      const [before, fallsInEach] = [masksOf(model), allocation === ALLOCATIONS['uniform']];
      expectPruned(model, structureName, fallsInEach);
      const {sparsity} = await pruneOnce(model, {...args, sparsity: 0.5});
      expectPruned(model, structureName, fallsInEach);
      const asked = allocation === ALLOCATIONS['perLayer'] ? 0.375 : 0.5; // the mean of its two
      expect(Math.abs(sparsity - asked)).toBeLessThanOrEqual(1 / 6);
      expect(masksOf(model).every((mask, i) => mask.every((kept, j) => kept <= before[i]![j]!))).toBe(true);
      model.dispose();
    }
  },
);

test.each(Object.keys(STRUCTURES).flatMap(name => [taylor, wanda].map(make => [name, make.name, make] as const)))(
  '%s by %s, while the model trains',
  async (structureName, _, criterion) => {
    const model = net();
    const pruning = new GradualPruning({
      structure: STRUCTURES[structureName]!,
      criterion: criterion(),
      allocation: globalRanking(),
      schedule: iterative({finalSparsity: 0.5, rounds: 2, beginStep: 1, frequency: 2}),
    });
    await model.fit(X, Y, {epochs: 2, batchSize: 2, verbose: 0, callbacks: [pruning]});
    expectPruned(model, structureName, false);
    expect(Math.abs(pruning.sparsity - 0.5)).toBeLessThanOrEqual(1 / 6);
    model.dispose();
  },
);
