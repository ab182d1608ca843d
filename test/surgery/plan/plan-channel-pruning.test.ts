import * as tf from '@tensorflow/tfjs';
import {
  averagePercentageOfZeros,
  batchNormScale,
  erdosRenyi,
  erdosRenyiKernel,
  filters,
  fisher,
  geometricMedian,
  globalRanking,
  gradientMagnitude,
  grasp,
  inverted,
  lamp,
  magnitude,
  movement,
  optimalBrainDamage,
  perLayer,
  perOutput,
  prunable,
  pruneOnce,
  random,
  scores,
  sensitivity,
  modelCost,
  sensitivityScan,
  snip,
  sparsityReport,
  synFlow,
  taylor,
  uniform,
  wanda,
  type Allocation,
  type Criterion,
} from 'tfjs-pruning';
import type {ChannelPlan} from '../../../src/surgery/channel-plan.js';
import {planChannelPruning} from '../../../src/surgery/plan/plan-channel-pruning.js';
import type {PlanChannelPruningArgs} from '../../../src/surgery/plan/plan-options.js';
import {shrink} from '../../../src/surgery/cut/shrink.js';
import {traceChannels} from '../../../src/units/trace/trace-channels.js';
import {setMask, wrapper} from '../../support/masks.js';
import {expectNoLeak} from '../../support/tensors.js';

beforeEach(() => void jest.spyOn(console, 'warn').mockImplementation());

const init = (seed: number) => tf.initializers.glorotUniform({seed});

/** a: 2 -> 3, b: 3 -> 2, with what a makes scored 1, 2, 3 by its kernel, and 6, 1, 0.5 by that of b. */
function tiny(): tf.LayersModel {
  const model = tf.sequential({
    layers: [tf.layers.dense({units: 3, inputShape: [2], name: 'a'}), tf.layers.dense({units: 2, name: 'b'})],
  });
  const a = tf.tensor2d([1, -2, 3, 1, 2, -3], [2, 3]);
  const b = tf.tensor2d([6, -6, 1, 1, 0.5, -0.5], [3, 2]);
  model.setWeights([a, tf.zeros([3]), b, tf.zeros([2])]);
  return model;
}

/** Two convolutions with normalization, a skip connection over the second, and a head. */
function skipping(): tf.LayersModel {
  const conv = (name: string, filters: number, seed: number) =>
    tf.layers.conv2d({
      name,
      filters,
      kernelSize: 3,
      padding: 'same',
      activation: 'relu',
      kernelInitializer: init(seed),
    });
  const input = tf.input({shape: [6, 6, 2]});
  const first = conv('c1', 6, 1).apply(input);
  const normal = tf.layers.batchNormalization({name: 'bn1'}).apply(first) as tf.SymbolicTensor;
  const middle = conv('c2', 8, 2).apply(normal);
  const back = conv('c3', 6, 3).apply(middle) as tf.SymbolicTensor;
  const sum = tf.layers.add({name: 'sum'}).apply([normal, back]);
  const pooled = tf.layers.globalAveragePooling2d({name: 'gap'}).apply(sum);
  const head = tf.layers.dense({name: 'head', units: 3, kernelInitializer: init(4)}).apply(pooled);
  return tf.model({inputs: input, outputs: head as tf.SymbolicTensor});
}

const after = ({groups}: ChannelPlan) => Object.fromEntries(groups.map(group => [group.name, group.after]));
const reasons = ({groups}: ChannelPlan) => Object.fromEntries(groups.map(({name, reason}) => [name, reason]));

test('a unit is worth the mean of all kernels along which it lies, or of those that make it', async () => {
  const all = await planChannelPruning(tiny(), {sparsity: 0.3}); // 3.5, 1.5, 1.75
  expect(all).toEqual({
    remove: {a: [1]},
    groups: [
      {name: 'a', layers: ['a'], initial: 3, before: 3, after: 2},
      {name: 'b', layers: ['b'], initial: 2, before: 2, after: 2, reason: "are the model's outputs"},
    ],
    before: {channels: 5, parameters: 17, multiplyAdds: 12},
    after: {channels: 4, parameters: 12, multiplyAdds: 8},
    target: {sparsity: 0.3},
  });
  expect((await planChannelPruning(tiny(), {sparsity: 0.3, members: 'producers'})).remove).toEqual({a: [0]});
  const square = {sparsity: 0.3, criterion: magnitude({norm: 2})}; // (1 + 36) / 2, (4 + 1) / 2, (9 + 0.25) / 2
  expect((await planChannelPruning(tiny(), square)).remove).toEqual({a: [1]});
  expect((await planChannelPruning(tiny(), {sparsity: 0.6})).remove).toEqual({a: [1, 2]});
});

test('coupled channels go together, and the plan is plain data', async () => {
  const plan = await planChannelPruning(skipping(), {sparsity: 0.5, allocation: uniform()});
  expect(after(plan)).toEqual({'c1 + c3': 3, c2: 4, head: 3});
  expect(plan.remove['c1']).toEqual(plan.remove['c3']);
  expect(JSON.parse(JSON.stringify(plan))).toEqual(plan);
});

test('leaves the model as it is, and no tensors behind', async () => {
  const model = skipping();
  model.compile({optimizer: 'sgd', loss: 'categoricalCrossentropy'});
  const before = model.getWeights().map(weight => [...weight.dataSync()]);
  const data = [
    {xs: tf.randomNormal([4, 6, 6, 2], 0, 1, 'float32', 1), ys: tf.oneHot(tf.tensor1d([0, 1, 2, 1], 'int32'), 3)},
  ];
  await expectNoLeak(async () => {
    await planChannelPruning(model, {sparsity: 0.5});
    await planChannelPruning(model, {sparsity: 0.5, criterion: taylor(), data});
    await planChannelPruning(model, {sparsity: 0.5, criterion: synFlow()});
    await expect(planChannelPruning(model, {sparsity: 0.5, criterion: taylor()})).rejects.toThrow('expects `data`');
    await expect(planChannelPruning(model, {sparsity: 0.5, criterion: broken})).rejects.toThrow('"c1/kernel"');
  });
  expect(model.getWeights().map(weight => [...weight.dataSync()])).toEqual(before);
});

const broken: Criterion = {score: weight => tf.mul(weight, NaN)};

describe('what stays', () => {
  const half = (args: Partial<PlanChannelPruningArgs>) =>
    planChannelPruning(skipping(), {sparsity: 0.5, allocation: uniform(), ...args});

  test('a group may go when one of its makers is chosen', async () => {
    const plan = await half({layers: 'c3'});
    expect(after(plan)).toEqual({'c1 + c3': 3, c2: 8, head: 3});
    expect(reasons(plan)).toEqual({
      'c1 + c3': undefined,
      c2: 'are not among `layers`',
      head: "are the model's outputs",
    });
  });

  test('outputs and inputs are kept by themselves', async () => {
    expect(after(await half({keepOutputs: ['c3']}))).toEqual({'c1 + c3': 6, c2: 4, head: 3});
    const inputs = await half({keepInputs: /^c3$/});
    expect(after(inputs)).toEqual({'c1 + c3': 3, c2: 8, head: 3});
    expect(reasons(inputs)['c2']).toBe('are kept by `keepInputs`');
    const own = await half({keepOutputs: layer => layer.getClassName() === 'Conv2D'});
    expect(own.shortfall).toBe('no channel can be removed');
  });

  test('single layers have limits and sparsities of their own', async () => {
    const plan = await half({perLayer: {c1: {minKept: 5}, c2: 0.25}});
    expect(after(plan)).toEqual({'c1 + c3': 5, c2: 6, head: 3});
    expect(reasons(plan)).toMatchObject({
      'c1 + c3': 'are held by minKept 5',
      c2: 'have a sparsity of their own, 0.25',
    });
    expect(plan.shortfall).toBe('4 of the 7 channels that were to be removed are kept: no group can lose more');
    const small = await half({perLayer: {c3: {roundTo: 8}}});
    expect(reasons(small)['c1 + c3']).toBe('are fewer than roundTo 8');
  });

  test('limits hold over a chain of plans', async () => {
    const model = skipping();
    const first = await half({maxSparsity: 0.5});
    const second = await planChannelPruning(await shrink(model, first), {
      sparsity: 0.5,
      maxSparsity: 0.7,
      previous: first,
    });
    expect(second.groups[1]).toEqual({
      ...{name: 'c2', layers: ['c2'], initial: 8, before: 4, after: 3},
      reason: 'are held by maxSparsity 0.7 of 8 at first',
    });
    await expect(planChannelPruning(model, {sparsity: 0.5, previous: first})).rejects.toThrow(
      'Expected `previous` to be the plan whose surgery made this model, but of the 6 channels of "c1 + c3" it ' +
        'leaves 3',
    );
  });

  test('limits hold over a chain of plans where the surgery left channels that hold a constant', async () => {
    const conv = (filters: number, name: string, more = {}) =>
      tf.layers.conv2d({filters, kernelSize: 3, padding: 'same', name, kernelInitializer: init(1), ...more});
    const first = conv(4, 'a', {inputShape: [4, 4, 1], biasInitializer: 'ones'});
    const layers = [first, conv(4, 'b'), tf.layers.flatten(), tf.layers.dense({units: 1, kernelInitializer: init(2)})];
    const model = tf.sequential({layers});
    const [kernel, bias] = first.getWeights();
    first.setWeights([tf.mul(kernel!, tf.tensor1d([0, 1, 1, 1])), bias!]);
    const previous = await planChannelPruning(model, {sparsity: 0.25, perLayer: {a: 0.25, b: 0.5}});
    const small = await shrink(model, previous);
    expect(traceChannels(small).groups.map(({units}) => units.length)).toEqual([4, 2, 1]);
    const next = await planChannelPruning(small, {sparsity: 0.5, maxSparsity: 0.5, previous});
    expect(next.groups.map(({initial}) => initial)).toEqual([4, 4, 1]);
  });

  test('minKept', async () => {
    expect(after(await half({sparsity: 0.9, minKept: 2}))).toEqual({'c1 + c3': 2, c2: 2, head: 3});
  });
});

test('units that are masked go first and count', async () => {
  const model = prunable(skipping());
  await pruneOnce(model, {sparsity: 0.25, structure: filters(), layers: 'c2', criterion: inverted(magnitude())});
  const masked = (await planChannelPruning(model, {sparsity: 0})).remove;
  expect(masked['c2']).toHaveLength(2);
  const plan = await planChannelPruning(model, {sparsity: 0.5});
  expect(plan.remove['c2']).toEqual(expect.arrayContaining([...masked['c2']!]));
  expect(plan.before.channels - plan.after.channels).toBe(7);
  // One maker of two is not enough; all that take a channel in is.
  const taken = prunable(skipping());
  setMask(wrapper(taken, 'c1').maskedWeights[0]!, i => (i % 6 === 0 ? 0 : 1));
  setMask(wrapper(taken, 'c3').maskedWeights[0]!, i => (Math.floor(i / 6) % 8 === 5 ? 0 : 1));
  expect((await planChannelPruning(taken, {sparsity: 0})).remove).toEqual({c2: [5]});
});

test('a masked weight scores 0 for any criterion', async () => {
  const model = prunable(tiny());
  setMask(wrapper(model, 'a').maskedWeights[0]!, i => (i === 3 ? 0 : 1));
  const criterion: Criterion = {score: weight => tf.onesLike(weight)};
  expect((await planChannelPruning(model, {sparsity: 0.3, criterion})).remove).toEqual({a: [0]});
});

describe('sizes are exactly those of the smaller model', () => {
  const dense = (name: string, units: number, seed = 1) =>
    tf.layers.dense({name, units, activation: 'relu', kernelInitializer: init(seed)});
  const stack = (...layers: tf.layers.Layer[]) => tf.sequential({layers});
  const recurrent = {kernelInitializer: init(1), recurrentInitializer: init(2), returnSequences: true} as const;
  const MODELS: Record<string, () => tf.LayersModel> = {
    skipping,
    'wrapped skipping': () => prunable(skipping()),
    'half wrapped': () => prunable(skipping(), {layers: 'c2'}),
    'flatten and separable': () =>
      stack(
        tf.layers.separableConv2d({
          name: 's',
          filters: 6,
          kernelSize: 3,
          depthMultiplier: 2,
          inputShape: [7, 7, 3],
          depthwiseInitializer: init(1),
          pointwiseInitializer: init(2),
        }),
        tf.layers.batchNormalization(),
        tf.layers.depthwiseConv2d({name: 'd', kernelSize: 3, depthMultiplier: 2, depthwiseInitializer: init(3)}),
        tf.layers.flatten(),
        dense('f', 7),
        dense('out', 2),
      ),
    'transposed, channels first': () =>
      stack(
        tf.layers.conv2d({
          name: 'c',
          filters: 6,
          kernelSize: 1,
          dataFormat: 'channelsFirst',
          inputShape: [2, 4, 4],
          kernelInitializer: init(1),
        }),
        tf.layers.flatten({dataFormat: 'channelsFirst'}),
        dense('f', 8),
        tf.layers.reshape({targetShape: [2, 2, 2]}),
        tf.layers.conv2dTranspose({name: 't', filters: 5, kernelSize: 2, strides: 2, kernelInitializer: init(2)}),
        tf.layers.globalMaxPooling2d({}),
        dense('out', 2),
      ),
    recurrent: () =>
      stack(
        tf.layers.embedding({inputDim: 9, outputDim: 6, inputLength: 5, embeddingsInitializer: init(3)}),
        tf.layers.lstm({name: 'l', units: 6, ...recurrent}),
        tf.layers.bidirectional({
          name: 'bi',
          layer: tf.layers.gru({units: 4, ...recurrent}),
          mergeMode: 'concat',
        }),
        tf.layers.timeDistributed({name: 'td', layer: dense('td', 5)}),
        tf.layers.layerNormalization(),
        tf.layers.globalAveragePooling1d({}),
        dense('out', 2),
      ),
    'nested and shared': () => {
      const inner = stack(
        tf.layers.dense({name: 'i1', units: 8, inputShape: [4, 3], kernelInitializer: init(1)}),
        dense('i2', 6),
      );
      const [x, y] = [tf.input({shape: [4, 3]}), tf.input({shape: [4, 3]})];
      const both = tf.layers
        .concatenate()
        .apply([inner.apply(x) as tf.SymbolicTensor, inner.apply(y) as tf.SymbolicTensor]);
      return tf.model({inputs: [x, y], outputs: dense('out', 2).apply(both) as tf.SymbolicTensor});
    },
  };

  test.each(Object.entries(MODELS))('%s', async (_name, build) => {
    const model = build();
    for (const target of [{sparsity: 0.4}, {multiplyAdds: 0.5}, {parameters: 0.3}]) {
      const plan = await planChannelPruning(model, target);
      const {parameters, multiplyAdds} = (await sparsityReport(await shrink(model, plan))).total;
      expect(plan.after).toMatchObject({parameters, multiplyAdds});
      const all = (await sparsityReport(model)).total;
      expect(plan.before).toMatchObject({parameters: all.parameters, multiplyAdds: all.multiplyAdds});
      expect(plan.shortfall).toBeUndefined();
      expect(plan.after.channels).toBeLessThan(plan.before.channels);
    }
  });
});

test('sizes that are not known are null, and no target', async () => {
  const model = tf.sequential({
    layers: [
      tf.layers.conv2d({filters: 4, kernelSize: 3, inputShape: [null, null, 3]}),
      tf.layers.globalAveragePooling2d({}),
      tf.layers.dense({units: 2}),
    ],
  });
  expect((await planChannelPruning(model, {sparsity: 0.5})).after.multiplyAdds).toBeNull();
  await expect(planChannelPruning(model, {multiplyAdds: 0.5})).rejects.toThrow('the size of an input is not fixed');
});

describe('any criterion and any allocation', () => {
  let [xs, ys] = [] as unknown as [tf.Tensor, tf.Tensor];
  beforeAll(() => {
    xs = tf.randomNormal([8, 6, 6, 2], 0, 1, 'float32', 3);
    ys = tf.oneHot(tf.tensor1d([0, 1, 2, 0, 1, 2, 0, 1], 'int32'), 3);
  });
  const loss = 'categoricalCrossentropy';
  const given = () =>
    scores(
      Object.fromEntries(
        skipping().weights.map(({originalName, shape}) => [
          originalName,
          tf.randomUniform(shape as number[], 0, 1, 'float32', 5),
        ]),
      ),
    );
  const CRITERIA: Record<string, () => Criterion> = {
    ...{
      magnitude,
      random,
      taylor,
      gradientMagnitude,
      snip,
      fisher,
      optimalBrainDamage,
      movement,
      geometricMedian,
      lamp,
    },
    ...{wanda, averagePercentageOfZeros, grasp, synFlow},
    scores: given,
    'magnitude by the largest': () => magnitude({norm: Infinity}),
    'inverted geometricMedian': () => inverted(geometricMedian()),
  };

  test.each(Object.entries(CRITERIA))('%s', async (_name, criterion) => {
    const plan = await planChannelPruning(skipping(), {sparsity: 0.5, criterion: criterion(), data: {xs, ys}, loss});
    expect(plan.before.channels - plan.after.channels).toBe(7);
    expect(new Set(plan.remove['c2']).size).toBe(8 - after(plan)['c2']!);
  });

  test('batchNormScale goes by the normalization behind what makes the channels', async () => {
    const model = tf.sequential({
      layers: [
        tf.layers.conv2d({name: 'c', filters: 4, kernelSize: 3, inputShape: [6, 6, 2], kernelInitializer: init(1)}),
        tf.layers.batchNormalization({name: 'bn'}),
        tf.layers.globalAveragePooling2d({}),
        tf.layers.dense({units: 3, kernelInitializer: init(2)}),
      ],
    });
    const bn = model.getLayer('bn');
    const [, ...others] = bn.getWeights();
    bn.setWeights([tf.tensor1d([0.5, -0.1, 2, 0.2]), ...others]);
    const plan = await planChannelPruning(model, {sparsity: 0.5, criterion: batchNormScale()});
    expect(plan.remove).toEqual({c: [1, 3]});
  });

  test('averagePercentageOfZeros goes by what is taken in', async () => {
    const model = tf.sequential({
      layers: [
        tf.layers.dense({name: 'a', units: 3, inputShape: [1], activation: 'relu'}),
        tf.layers.dense({name: 'b', units: 1}),
      ],
    });
    model.setWeights([tf.tensor2d([[1, -1, 1]]), tf.tensor1d([0, 0, -1.5]), tf.ones([3, 1]), tf.zeros([1])]);
    const inputs = tf.tensor2d([[1], [2], [3], [-1]]); // zeros: 1, 3, 2 of 4
    const args = {criterion: averagePercentageOfZeros(), data: {xs: inputs}};
    expect((await planChannelPruning(model, {...args, sparsity: 0.3})).remove).toEqual({a: [1]});
    expect((await planChannelPruning(model, {...args, sparsity: 0.6})).remove).toEqual({a: [1, 2]});
    const {groups} = await planChannelPruning(model, {...args, sparsity: 0.3, members: 'producers'});
    expect(groups[0]!.reason).toBe('have no kernel that the criterion can score');
  });

  test('a criterion of inputs goes by the kernels that see theirs', async () => {
    const model = tf.sequential({
      layers: [
        tf.layers.embedding({name: 'e', inputDim: 9, outputDim: 4, inputLength: 5, embeddingsInitializer: init(1)}),
        tf.layers.lstm({name: 'l', units: 4, kernelInitializer: init(2), recurrentInitializer: init(3)}),
        tf.layers.dense({name: 'out', units: 2, kernelInitializer: init(4)}),
      ],
    });
    const plan = await planChannelPruning(model, {sparsity: 0.5, criterion: wanda(), data: {xs: tf.ones([2, 5])}});
    expect(after(plan)).toEqual({e: 4, l: 2, out: 2});
    expect(reasons(plan)['e']).toBe('have no kernel that the criterion can score');
    expect(plan.shortfall).toBe(
      '2 of the 4 channels that were to be removed are kept: ' +
        'channels of "e" have no kernel that the criterion can score',
    );
  });

  const ALLOCATIONS: Record<string, Allocation> = {
    uniform: uniform(),
    perOutput: perOutput(),
    globalRanking: globalRanking(),
    'with limits': globalRanking({normalize: 'max', maxSparsity: 0.6}),
    erdosRenyi: erdosRenyi(),
    erdosRenyiKernel: erdosRenyiKernel(),
    perLayer: perLayer({c1: 0.4, c2: 0.6}),
  };
  test.each(Object.entries(ALLOCATIONS))('%s', async (_name, allocation) => {
    const plan = await planChannelPruning(skipping(), {multiplyAdds: 0.5, allocation});
    expect(plan.shortfall).toBeUndefined();
    expect(plan.after.multiplyAdds! / plan.before.multiplyAdds!).toBeLessThanOrEqual(0.5);
  });

  test('sensitivity', async () => {
    const model = prunable(skipping());
    model.compile({optimizer: 'sgd', loss});
    const report = await sensitivityScan(model, {data: {xs, ys}, sparsities: [0.25, 0.5, 0.75], structure: filters()});
    const plan = await planChannelPruning(model, {sparsity: 0.5, allocation: sensitivity(report)});
    expect(plan.before.channels - plan.after.channels).toBe(7);
  });

  test('of what is wrong with an allocation an error tells', async () => {
    const wrong = perLayer({nobody: 0.5});
    await expect(planChannelPruning(skipping(), {sparsity: 0.5, allocation: wrong})).rejects.toThrow(
      '"nobody" matches none',
    );
    const short: Allocation = () => [];
    await expect(planChannelPruning(skipping(), {sparsity: 0.5, allocation: short})).rejects.toThrow(
      'Expected the allocation to return an array of 2 masks',
    );
  });
});

test('latency is measured, of smaller models and of the model, by turns', async () => {
  const model = skipping();
  const seen: number[] = [];
  const latencyOf = (one: tf.LayersModel) => {
    const {multiplyAdds} = modelCost(one).total;
    seen.push(multiplyAdds);
    return Promise.resolve(multiplyAdds);
  };
  await expectNoLeak(async () => {
    const byLatency = await planChannelPruning(model, {latency: 0.5, latencyOf});
    const bySize = await planChannelPruning(model, {multiplyAdds: 0.5});
    expect(byLatency).toEqual({...bySize, target: {latency: 0.5}});
    const slow = await planChannelPruning(model, {latency: 0.5, latencyOf: () => 3});
    expect(slow.shortfall).toBe('100.0% of the latency is left instead of 50.0%: no group can lose more');
  });
  expect(seen.filter((_, i) => i % 2 === 1)).toEqual(seen.filter((_, i) => i % 2 === 0).map(() => seen[1]));
  const {before, after: small} = await planChannelPruning(tiny(), {latency: 0.99});
  expect(small.channels).toBeLessThan(before.channels + 1);
  await expect(planChannelPruning(model, {latency: 0.5, latencyOf: () => NaN})).rejects.toThrow(RangeError);
});

describe('refuses', () => {
  test.each<[string, unknown]>([
    [
      'planChannelPruning expects at least one of `sparsity`, `multiplyAdds`, `parameters`, `latency`, `peakMemory`, ' +
        'got none',
      {},
    ],
    ['Expected `peakMemory` to be the fraction that is left, a number in (0, 1), got 1', {peakMemory: 1}],
    ['planChannelPruning has no option `spars`', {spars: 0.5}],
    ['planChannelPruning expects an object', undefined],
    ['Expected `sparsity` to be a number in [0, 1), got 1', {sparsity: 1}],
    ['Expected `multiplyAdds` to be the fraction that is left, a number in (0, 1), got 0', {multiplyAdds: 0}],
    ['Expected `parameters` to be the fraction that is left, a number in (0, 1), got "0.5"', {parameters: '0.5'}],
    ['Expected `latencyOf` to be a function of a model, got 3', {latency: 0.5, latencyOf: 3}],
    ['Expected `minKept` to be a whole number >= 0, got -1', {sparsity: 0.5, minKept: -1}],
    ['Expected `maxSparsity` to be a number in [0, 1], got 2', {sparsity: 0.5, maxSparsity: 2}],
    ['Expected `roundTo` to be a whole number >= 1, got 1.5', {sparsity: 0.5, roundTo: 1.5}],
    ['Expected `members` to be one of all, producers', {sparsity: 0.5, members: 'consumers'}],
    ['Expected `criterion` to be an object with score()', {sparsity: 0.5, criterion: magnitude}],
    ['Expected `allocation` to be a function such as uniform()', {sparsity: 0.5, allocation: 'uniform'}],
    [
      'Expected `layers` to match at least one of the layers that make channels, but "c9" matches none',
      {sparsity: 0.5, layers: 'c9'},
    ],
    ['Expected `keepOutputs` to match at least one', {sparsity: 0.5, keepOutputs: /x/}],
    ['Expected `keepInputs` to be a name, a RegExp', {sparsity: 0.5, keepInputs: 7}],
    ['Expected `perLayer` to be {name: sparsity or limits}, got an Array', {sparsity: 0.5, perLayer: [0.5]}],
    [
      'Expected `perLayer` to match at least one of the layers that make channels, but "c9"',
      {sparsity: 0.5, perLayer: {c9: 0.5}},
    ],
    ['Expected `perLayer["c1"].sparsity` to be a number in [0, 1), got 1', {sparsity: 0.5, perLayer: {c1: 1}}],
    ['perLayer of "c1" has no option `max`', {sparsity: 0.5, perLayer: {c1: {max: 1}}}],
    ['not those of "head": they are the model\'s outputs', {sparsity: 0.5, perLayer: {head: 0.5}}],
    [
      '`perLayer` to match at least one of the layers that make channels, but "gap"',
      {sparsity: 0.5, perLayer: {gap: 0.5}},
    ],
    // A protection that protects nothing.
    [
      '`keepOutputs` to match at least one of the layers that make channels, but "gap" matches none; ' +
        'there are "c1", "c2", "c3", "head"',
      {sparsity: 0.5, keepOutputs: ['c1', 'gap']},
    ],
    [
      '`keepInputs` to match at least one of the layers that take channels in, but "gap" matches none',
      {sparsity: 0.5, keepInputs: 'gap'},
    ],
    ['`layers` to match at least one of the layers that make channels', {sparsity: 0.5, layers: 'gap'}],
    ['under "c1" and "c3"; leave one out', {sparsity: 0.5, perLayer: {c1: 0.5, c3: 0.25}}],
    ['Expected `previous` to be what planChannelPruning returned', {sparsity: 0.5, previous: {}}],
  ])('%s', async (message, args) => {
    await expect(planChannelPruning(skipping(), args as PlanChannelPruningArgs)).rejects.toThrow(message);
  });

  test('what is no model, or not built', async () => {
    await expect(planChannelPruning({} as tf.LayersModel, {sparsity: 0.5})).rejects.toThrow('expects a tf.Sequential');
    await expect(planChannelPruning(tf.sequential(), {sparsity: 0.5})).rejects.toThrow('is built');
  });
});

test('leaves nothing behind of a model that uses a layer twice, also where it fails', async () => {
  const inputs = [tf.input({shape: [3]}), tf.input({shape: [3]})];
  const shared = tf.layers.dense({units: 4, kernelInitializer: init(1)});
  const sum = tf.layers.add().apply(inputs.map(input => shared.apply(input) as tf.SymbolicTensor));
  const head = tf.layers.dense({units: 2, kernelInitializer: init(2)});
  const model = tf.model({inputs, outputs: head.apply(sum) as tf.SymbolicTensor});
  model.compile({optimizer: tf.train.momentum(0.1, 0.9), loss: 'meanSquaredError'});
  await expectNoLeak(async () => {
    await planChannelPruning(model, {sparsity: 0.5});
    await planChannelPruning(model, {latency: 0.7, latencyOf: each => each.countParams()});
    await expect(planChannelPruning(model, {sparsity: 0.5, layers: 'none'})).rejects.toThrow('matches none');
  });
});
