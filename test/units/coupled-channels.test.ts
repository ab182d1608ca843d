import * as tf from '@tensorflow/tfjs';
import fc from 'fast-check';
import {
  applyMasks,
  batchNormScale,
  fisher,
  geometricMedian,
  globalRanking,
  GradualPruning,
  groupLasso,
  growingRegularization,
  hoyerSquare,
  isPrunableLayer,
  IterativePruning,
  magnitude,
  planChannelPruning,
  perLayer,
  prunable,
  pruneByThreshold,
  PruneAtInitialization,
  pruneOnce,
  readMasks,
  restoreDense,
  selectiveWeightDecay,
  sensitivityScan,
  SoftFilterPruning,
  taylor,
  TargetedDropout,
  uniform,
  type Allocation,
  type Criterion,
  type Structure,
} from 'tfjs-pruning';
import {constantSparsity, oneShot, polynomialDecay} from 'tfjs-pruning/schedules';
import {coupledChannels} from '../../src/units/coupled-channels.js';
import {shrink} from '../../src/surgery/cut/shrink.js';
import {distance, expectNoLeak, predict, saveAndLoad} from '../support/tensors.js';

type Symbolic = tf.SymbolicTensor;

const on = (layer: tf.layers.Layer, x: Symbolic | Symbolic[]) => layer.apply(x) as Symbolic;
const normal = (seed: number) => tf.initializers.randomNormal({stddev: 0.5, seed});

/** All weights are 1, so that of equal units the last ones go. */
const conv = (name: string, filters: number, more = {}) =>
  tf.layers.conv2d({name, filters, kernelSize: 1, kernelInitializer: 'ones', biasInitializer: 'ones', ...more});

function model(shape: number[], build: (x: Symbolic) => Symbolic): tf.LayersModel {
  const input = tf.input({shape});
  return prunable(tf.model({inputs: input, outputs: build(input)}));
}

/** The masks as strings, by the names of their weights. */
async function masksOf(pruned: tf.LayersModel): Promise<Record<string, string>> {
  const masks = await readMasks(pruned);
  const shown = Object.entries(masks).map(([name, mask]) => [name.replace(/_\d+$/, ''), mask.dataSync().join('')]);
  tf.dispose(masks);
  return Object.fromEntries(shown) as Record<string, string>;
}

/** A weight's values, without the sign of zeros. */
const valuesOf = (pruned: tf.LayersModel, name: string) =>
  Array.from(
    pruned.weights
      .find(({originalName}) => originalName === name)!
      .read()
      .dataSync<'float32'>(),
    value => value + 0,
  );

describe('masks and vectors, by hand, at half of the units', () => {
  const NETS: Record<string, [shape: number[], (x: Symbolic) => Symbolic, Record<string, string>, string[]?]> = {
    'two convolutions with a batch normalization between': [
      [2, 2, 1],
      x =>
        on(conv('b', 1), on(tf.layers.batchNormalization({name: 'n', betaInitializer: 'ones'}), on(conv('a', 4), x))),
      {'a/kernel': '1100', 'b/kernel': '1100'},
      ['a/bias', 'n/gamma', 'n/beta'],
    ],
    'a residual block, whose shortcut goes along': [
      [2, 2, 1],
      x => {
        const stem = on(conv('stem', 2), x);
        const out = on(tf.layers.add(), [stem, on(conv('second', 2), on(conv('first', 4), stem))]);
        return on(conv('head', 1), out);
      },
      {'stem/kernel': '10', 'first/kernel': '11000000', 'second/kernel': '10100000', 'head/kernel': '10'},
      ['stem/bias', 'second/bias', 'first/bias'],
    ],
    'a concatenation': [
      [2, 2, 1],
      x => on(conv('head', 1), on(tf.layers.concatenate(), [on(conv('a', 2), x), on(conv('b', 4), x)])),
      {'a/kernel': '10', 'b/kernel': '1100', 'head/kernel': '101100'},
      ['a/bias', 'b/bias'],
    ],
    'flattened pixels': [
      [2, 2, 1],
      x =>
        on(
          tf.layers.dense({name: 'd', units: 1, kernelInitializer: 'ones'}),
          on(tf.layers.flatten(), on(conv('a', 2), x)),
        ),
      {'a/kernel': '10', 'd/kernel': '10101010'},
      ['a/bias'],
    ],
    'a depthwise convolution': [
      [2, 2, 1],
      x => {
        const depthwise = tf.layers.depthwiseConv2d({
          name: 'w',
          kernelSize: 1,
          depthMultiplier: 2,
          biasInitializer: 'ones',
          depthwiseInitializer: 'ones',
        });
        return on(conv('b', 1), on(depthwise, on(conv('a', 2), x)));
      },
      {'a/kernel': '10', 'w/depthwise_kernel': '1100', 'b/kernel': '1100'},
      ['a/bias', 'w/bias'],
    ],
    'the gates and the state of an LSTM': [
      [3, 1],
      x => {
        const lstm = {name: 'l', units: 2, biasInitializer: 'ones', unitForgetBias: false} as const;
        const ones = {kernelInitializer: 'ones', recurrentInitializer: 'ones'} as const;
        const out = on(tf.layers.lstm({...lstm, ...ones}), x);
        return on(tf.layers.dense({name: 'd', units: 1, kernelInitializer: 'ones'}), out);
      },
      {'l/kernel': '10101010', 'l/recurrent_kernel': '1010101000000000', 'd/kernel': '10'},
      ['l/bias'],
    ],
  };

  test.each(Object.keys(NETS))('%s', async name => {
    const [shape, build, masks, vectors = []] = NETS[name]!;
    const pruned = model(shape, build);
    await pruneOnce(pruned, {sparsity: 0.5, structure: coupledChannels()});
    expect(await masksOf(pruned)).toEqual(masks);
    for (const vector of vectors) {
      const values = valuesOf(pruned, vector);
      const gates = vector === 'l/bias' ? 4 : 1;
      const units = values.length / gates;
      expect([vector, values]).toEqual([vector, values.map((_value, i) => (i % units < units / 2 ? 1 : 0))]);
    }
    const small = await shrink(pruned);
    const x = tf.randomNormal([2, ...shape], 0, 1, 'float32', 1);
    expect(distance(predict(pruned, x), predict(small, x))).toBeLessThan(1e-4);
    expect(small.countParams()).toBeLessThan(pruned.countParams());
  });
});

describe('scores of units', () => {
  /** Filters of |w| 1, 5, 3, taken in by rows of means 10, 1, 2.5: by hand (1 + 10) / 2, (5 + 1) / 2, (3 + 2.5) / 2. */
  function net(): tf.LayersModel {
    const pruned = model([1, 1, 1], x => on(conv('b', 2), on(conv('a', 3), x)));
    setKernel(pruned, 'a', [1, -5, 3]);
    setKernel(pruned, 'b', [10, -10, 1, 1, -5, 0]);
    return pruned;
  }

  function setKernel(pruned: tf.LayersModel, name: string, values: number[]): void {
    const kernel = pruned.getLayer(name).weights.find(({originalName}) => originalName === `${name}/kernel`)!;
    kernel.write(tf.tensor(values, kernel.shape as number[]));
  }

  test.each<[string, Structure, string]>([
    ['by all slices, 5.5, 3, 2.75', coupledChannels(), '110'],
    ['by the producers, 1, 5, 3', coupledChannels({members: 'producers'}), '011'],
    ['by sums, 10.5, 3.5, 4', coupledChannels({reduction: 'sum'}), '101'],
    ['by the largest, 5.5, 3, 4', coupledChannels({reduction: 'max'}), '101'],
  ])('%s', async (_, structure, kept) => {
    const pruned = net();
    await pruneOnce(pruned, {sparsity: 1 / 3, structure});
    expect((await masksOf(pruned))['a/kernel']).toBe(kept);
  });

  test('what the allocation sees: group names, scores and the layout of the first kernel', async () => {
    const seen: unknown[] = [];
    const allocation: Allocation = (layers, sparsity) => {
      seen.push(layers.map(({name, scores, layout}) => [name, [...scores], layout.name]));
      return uniform()(layers, sparsity);
    };
    const pruned = net();
    const structure = coupledChannels();
    await pruneOnce(pruned, {sparsity: 1 / 3, structure, allocation});
    await pruneOnce(pruned, {amount: 1, structure, allocation});
    await expect(pruneOnce(pruned, {amount: 1, structure, allocation})).rejects.toThrow('1 groups remain');
    expect(seen).toEqual([[['a', [5.5, 3, 2.75], 'a/kernel']], [['a', [5.5, 3, -Infinity], 'a/kernel']]]);
    expect(await masksOf(pruned)).toEqual({'a/kernel': '100', 'b/kernel': '110000'});
  });

  test('a unit that nothing makes any more is gone, and falls first', async () => {
    const pruned = net();
    await pruneOnce(pruned, {amount: 1, layers: 'a', criterion: inverse(), structure: coupledChannels()});
    expect(await masksOf(pruned)).toEqual({'a/kernel': '101', 'b/kernel': '111111'});
    await pruneOnce(pruned, {amount: 1, structure: coupledChannels()});
    expect(await masksOf(pruned)).toEqual({'a/kernel': '100', 'b/kernel': '110000'});
  });

  test('a slice that was pruned by itself counts as 0, and takes no vectors along while others make its unit', async () => {
    const pruned = model([1, 1, 1], x => {
      const sum = on(tf.layers.add(), [on(conv('a', 3), x), on(conv('c', 3), x)]);
      return on(conv('b', 1), sum);
    });
    const mask = tf.tensor4d([0, 1, 1], [1, 1, 1, 3]);
    await applyMasks(pruned, {'a/kernel': mask});
    const seen: number[][] = [];
    const allocation: Allocation = (layers, sparsity) => {
      seen.push(...layers.map(({scores}) => [...scores]));
      return uniform()(layers, sparsity);
    };
    await pruneOnce(pruned, {sparsity: 0, structure: coupledChannels(), allocation});
    expect(seen).toEqual([[Math.fround(2 / 3), 1, 1]]);
    expect(await masksOf(pruned)).toEqual({'a/kernel': '011', 'c/kernel': '111', 'b/kernel': '111'});
    expect([valuesOf(pruned, 'a/bias'), valuesOf(pruned, 'c/bias')]).toEqual([
      [1, 1, 1],
      [1, 1, 1],
    ]);
  });

  /** The largest fall first. */
  function inverse() {
    return {score: (weight: tf.Tensor) => tf.neg(tf.abs(weight))};
  }

  test('NaN is an error that names the group, and changes nothing', async () => {
    const pruned = net();
    setKernel(pruned, 'a', [1, NaN, 3]);
    await expect(pruneOnce(pruned, {sparsity: 0.5, structure: coupledChannels()})).rejects.toThrow(
      'Expected the weights of "a" to have numbers as scores, got NaN at index 1 of 3',
    );
    expect(await masksOf(pruned)).toEqual({'a/kernel': '111', 'b/kernel': '111111'});
  });

  test('keepDense leaves what is masked in place, vectors too', async () => {
    const pruned = net();
    await pruneOnce(pruned, {sparsity: 0.5, structure: coupledChannels(), keepDense: true});
    expect((await masksOf(pruned))['a/kernel']).toBe('100');
    expect([valuesOf(pruned, 'a/kernel'), valuesOf(pruned, 'a/bias')]).toEqual([
      [1, -5, 3],
      [1, 1, 1],
    ]);
    await restoreDense(pruned);
    expect((await masksOf(pruned))['a/kernel']).toBe('111');
  });
});

/** A stem, a residual block with batch normalizations, a depthwise stage, and a head: 6 + 5 units that can go. */
function residualNet(wide = 6, inner = 5, classes = 3): tf.LayersModel {
  const same = (name: string, filters: number, seed: number) =>
    tf.layers.conv2d({name, filters, kernelSize: 3, padding: 'same', kernelInitializer: normal(seed)});
  const bn = (name: string) => tf.layers.batchNormalization({name, momentum: 0.5});
  const relu = () => tf.layers.reLU();
  const pruned = model([4, 4, 2], x => {
    const stem = on(relu(), on(bn('bn0'), on(same('stem', wide, 1), x)));
    const first = on(relu(), on(bn('bn1'), on(same('first', inner, 2), stem)));
    const sum = on(tf.layers.add(), [stem, on(bn('bn2'), on(same('second', wide, 3), first))]);
    const depthwise = tf.layers.depthwiseConv2d({name: 'depthwise', kernelSize: 2, depthwiseInitializer: normal(4)});
    const pooled = on(tf.layers.globalAveragePooling2d({}), on(relu(), on(depthwise, sum)));
    const head = {name: 'head', units: classes, activation: 'softmax', kernelInitializer: normal(5)} as const;
    return on(tf.layers.dense(head), pooled);
  });
  pruned.compile({optimizer: tf.train.momentum(0.05, 0.9), loss: 'categoricalCrossentropy'});
  return pruned;
}

/** Its parameters, counted by hand: kernels, biases, four vectors of each batch normalization. */
function sizeOf(wide: number, inner: number): number {
  const convolutions = 9 * 2 * wide + wide + 9 * wide * inner + inner + 9 * inner * wide + wide;
  return convolutions + 4 * (wide + inner + wide) + (4 * wide + wide) + (3 * wide + 3);
}

const X = tf.randomNormal([16, 4, 4, 2], 0, 1, 'float32', 7);
const Y = tf.oneHot(tf.range(0, 16, 1, 'int32').mod(tf.scalar(3, 'int32')), 3);
const fit = (net: tf.LayersModel, callbacks: tf.CustomCallback | tf.Callback, epochs = 2) =>
  net.fit(X, Y, {epochs, batchSize: 4, verbose: 0, shuffle: false, callbacks: callbacks as tf.Callback});

/** Which of the columns of a kernel, its outputs, have anything left. */
function outputsLeft(mask: string, columns: number): string {
  return Array.from({length: columns}, (_, j) =>
    [...mask].some((bit, i) => bit === '1' && i % columns === j) ? 1 : 0,
  ).join('');
}

/** How many units are left of the stage, and within the block. */
async function unitsIn(net: tf.LayersModel): Promise<number[]> {
  const masks = await masksOf(net);
  return ['stem', 'first'].map(name => {
    const left = outputsLeft(masks[`${name}/kernel`]!, valuesOf(net, `${name}/bias`).length);
    return left.replaceAll('0', '').length;
  });
}

/** Expects that so many units are left for all who have them, and that all others can be cut out. */
async function expectCut(net: tf.LayersModel, wide: number, inner: number): Promise<void> {
  const small = await shrink(net);
  expect(distance(predict(net, X), predict(small, X))).toBeLessThan(1e-5);
  const masks = small.layers.filter(isPrunableLayer).flatMap(layer => layer.maskedWeights);
  const masksSize = masks.reduce((sum, {layout: {shape}}) => sum + tf.util.sizeFromShape([...shape]), 0);
  expect(small.countParams() - masksSize).toBe(sizeOf(wide, inner));
  small.dispose();
}

describe('in training', () => {
  test('GradualPruning masks whole units, which stay gone, can be cut out, and are there again after loading', async () => {
    const net = residualNet();
    expect(net.countParams()).toBeGreaterThan(sizeOf(6, 5));
    const schedule = polynomialDecay({finalSparsity: 0.5, endStep: 4, frequency: 2});
    await fit(net, new GradualPruning({structure: coupledChannels(), schedule}), 3);
    await expectCut(net, 3, 3); // round(5 / 2) is 2, half to even
    const masks = await masksOf(net);
    const stem = outputsLeft(masks['stem/kernel']!, 6);
    expect(stem).toMatch(/^[01]{6}$/);
    expect(outputsLeft(masks['second/kernel']!, 6)).toBe(stem);
    expect(masks['head/kernel']).toBe([...stem].map(bit => bit.repeat(3)).join(''));
    expect(masks['depthwise/depthwise_kernel']).toBe(stem.repeat(4));
    for (const vector of ['stem/bias', 'bn0/gamma', 'bn0/beta', 'second/bias', 'bn2/beta', 'depthwise/bias']) {
      expect(
        valuesOf(net, vector)
          .map(value => (value === 0 ? 0 : 1))
          .join(''),
      ).toBe(stem);
    }
    const loaded = await saveAndLoad(net);
    expect(await masksOf(loaded)).toEqual(masks);
    await expectCut(loaded, 3, 3);
  });

  test.each<[string, () => tf.Callback]>([
    [
      'IterativePruning',
      () => new IterativePruning({structure: coupledChannels(), trainSteps: 1, rounds: 2, finalSparsity: 0.5}),
    ],
    [
      'SoftFilterPruning',
      () => {
        const schedule = constantSparsity({targetSparsity: 0.5, beginStep: 1, endStep: 2, frequency: 1});
        return new SoftFilterPruning({structure: coupledChannels(), schedule});
      },
    ],
    [
      'TargetedDropout',
      () => new TargetedDropout({structure: coupledChannels(), schedule: oneShot({targetSparsity: 0.5, beginStep: 3})}),
    ],
    [
      'PruneAtInitialization',
      () => new PruneAtInitialization({structure: coupledChannels(), allocation: uniform(), sparsity: 0.5}),
    ],
    [
      'GradualPruning by what it observes',
      () => {
        const schedule = oneShot({targetSparsity: 0.5, beginStep: 3});
        return new GradualPruning({structure: coupledChannels(), criterion: taylor(), schedule});
      },
    ],
  ])('%s leaves whole units', async (_, make) => {
    const net = residualNet();
    await fit(net, make(), 3);
    await expectCut(net, 3, 3);
  });

  test('regrowth brings units back, and keeps their vectors', async () => {
    const net = residualNet();
    const schedule = constantSparsity({targetSparsity: 0.5, beginStep: 1, frequency: 1});
    await fit(net, new GradualPruning({structure: coupledChannels(), schedule, regrowth: true}));
    expect(valuesOf(net, 'bn0/gamma').filter(value => value === 0)).toHaveLength(0);
    expect((await masksOf(net))['head/kernel']!.replaceAll('0', '')).toHaveLength(9);
  });

  test('a Sequential that begins with a model', async () => {
    const base = tf.sequential({
      name: 'base',
      layers: [conv('a', 4, {inputShape: [4, 4, 2], kernelInitializer: normal(1)}), tf.layers.flatten()],
    });
    const net = prunable(
      tf.sequential({layers: [base, tf.layers.dense({name: 'd', units: 3, kernelInitializer: normal(2)})]}),
    );
    net.compile({optimizer: 'sgd', loss: 'meanSquaredError'});
    const schedule = oneShot({targetSparsity: 0.5, beginStep: 1});
    await fit(net, new GradualPruning({structure: coupledChannels(), schedule}));
    const small = await shrink(net);
    expect((small.layers[0] as tf.LayersModel).outputs[0]!.shape).toEqual([null, 32]);
    expect(distance(predict(net, X), predict(small, X))).toBeLessThan(1e-5);
  });

  test('leaks nothing', async () => {
    const net = residualNet();
    await fit(
      net,
      new GradualPruning({structure: coupledChannels(), schedule: oneShot({targetSparsity: 0.2, beginStep: 1})}),
    );
    await expectNoLeak(async () => {
      await pruneOnce(net, {sparsity: 0.5, structure: coupledChannels()});
      await fit(
        net,
        new GradualPruning({structure: coupledChannels(), schedule: oneShot({targetSparsity: 0.6, beginStep: 1})}),
      );
      tf.dispose(predict(net, X));
    });
  });
});

describe('any with any', () => {
  test.each([
    ['magnitude', magnitude()],
    ['norm 2', magnitude({norm: 2})],
    ['taylor', taylor()],
    ['fisher', fisher()],
  ] as const)('%s, under every allocation, in two goes', async (_, criterion) => {
    for (const allocation of [
      uniform(),
      globalRanking({normalize: 'mean'}),
      perLayer({first: 0.6, 'stem + second': 0.3}),
    ]) {
      const net = residualNet();
      const args = {structure: coupledChannels(), criterion, allocation, data: {xs: X, ys: Y}};
      await pruneOnce(net, {...args, sparsity: 0.3});
      const before = await masksOf(net);
      await pruneOnce(net, {...args, sparsity: 0.6});
      for (const [name, mask] of Object.entries(await masksOf(net))) {
        expect([...mask].every((bit, i) => bit <= before[name]![i]!)).toBe(true);
      }
      const [wide, inner] = await unitsIn(net);
      expect(wide! * inner!).toBeLessThan(30);
      await expectCut(net, wide!, inner!);
    }
  });

  test('any sizes, at any sparsity: the fraction of each group, at least one stays, and outputs are those of the rest', async () => {
    const size = fc.integer({min: 1, max: 7});
    await fc.assert(
      fc.asyncProperty(size, size, fc.double({min: 0, max: 0.99, noNaN: true}), async (wide, inner, sparsity) => {
        const net = residualNet(wide, inner);
        await pruneOnce(net, {sparsity, structure: coupledChannels()});
        const left = (n: number) => n - Math.min(halfToEven(n * sparsity), n - 1);
        expect(await unitsIn(net)).toEqual([left(wide), left(inner)]);
        await expectCut(net, left(wide), left(inner));
        net.dispose();
      }),
      {numRuns: 15, seed: 1},
    );
  });

  function halfToEven(x: number): number {
    return x % 1 === 0.5 ? 2 * Math.round(x / 2) : Math.round(x);
  }
});

describe('what is left alone', () => {
  test('consumers that are not chosen keep their slices, and the cut is exact all the same', async () => {
    const net = residualNet();
    await pruneOnce(net, {sparsity: 0.5, structure: coupledChannels(), layers: 'first'});
    const masks = await masksOf(net);
    expect(masks['second/kernel']).not.toContain('0');
    expect(masks['stem/kernel']).not.toContain('0');
    await expectCut(net, 6, 3);
  });

  test('units of which not all that make them are chosen', async () => {
    const net = residualNet();
    await pruneOnce(net, {sparsity: 0.5, structure: coupledChannels(), layers: ['first', 'second']});
    expect((await masksOf(net))['stem/kernel']).not.toContain('0');
    await expectCut(net, 6, 3);
    const structure = coupledChannels();
    const before = await masksOf(net);
    await expect(pruneOnce(net, {sparsity: 0.5, structure, layers: 'second'})).rejects.toThrow(
      /coupledChannels\(\) finds nothing to prune: kernels of .*"stem".* are not pruned/,
    );
    expect(await masksOf(net)).toEqual(before);
  });

  test('a model in which no channel can go is an error that says why', async () => {
    const net = model([2], x => on(tf.layers.dense({name: 'only', units: 3}), x));
    net.compile({optimizer: 'sgd', loss: 'meanSquaredError'});
    const refused =
      /coupledChannels\(\) finds nothing to prune: no channel can be removed\n[^]*are the model's outputs/;
    await expect(pruneOnce(net, {sparsity: 0.5, structure: coupledChannels()})).rejects.toThrow(refused);
    const schedule = oneShot({targetSparsity: 0.5, beginStep: 1});
    const [x, y] = [tf.ones([2, 2]), tf.ones([2, 3])];
    const pruning = new GradualPruning({structure: coupledChannels(), schedule});
    await expect(net.fit(x, y, {callbacks: pruning, verbose: 0})).rejects.toThrow(refused);
  });
});

describe('errors', () => {
  const coupled = coupledChannels() as never;
  test.each<[string, () => unknown, string]>([
    ['an option', () => coupledChannels({unit: 1} as object), 'coupledChannels has no option `unit`'],
    ['members', () => coupledChannels({members: 'consumers'} as never), 'members'],
    ['a reduction', () => coupledChannels({reduction: 'median'} as never), 'reduction'],
    ['groupLasso', () => groupLasso({strength: 1, structure: coupled}), 'groupLasso expects a `structure`'],
    ['hoyerSquare', () => hoyerSquare({strength: 1, structure: coupled}), 'hoyerSquare expects a `structure`'],
    [
      'growingRegularization',
      () => growingRegularization({variant: 1, sparsity: 0.5, structure: coupledChannels()}),
      'growingRegularization expects a `structure`',
    ],
    [
      'selectiveWeightDecay',
      () => selectiveWeightDecay({sparsity: 0.5, structure: coupledChannels()}),
      'selectiveWeightDecay expects a `structure`',
    ],
  ])('%s', (_, make, message) => {
    expect(make).toThrow(message);
  });

  test('scans and deviations go by one weight', async () => {
    const structure = coupledChannels();
    await expect(sensitivityScan(residualNet(), {data: {xs: X, ys: Y}, structure})).rejects.toThrow(
      'sensitivityScan expects a `structure`',
    );
    await expect(pruneByThreshold(residualNet(), {deviations: 1, structure})).rejects.toThrow(
      '`deviations` of pruneByThreshold expects',
    );
  });

  test('thresholds that hold for all layers go by units', async () => {
    const net = residualNet();
    await pruneByThreshold(net, {below: 1e9, structure: coupledChannels()});
    await expectCut(net, 1, 1);
  });
});

test.each<[name: string, criterion: Criterion]>([
  ['batchNormScale', batchNormScale()],
  ['geometricMedian', geometricMedian()],
  ['magnitude', magnitude({norm: 1})],
])('%s goes by what makes and passes channels, as in a plan; the head has no normalization', async (_, criterion) => {
  const [input, kernelInitializer] = [tf.input({shape: [4, 4, 2]}), normal(3)];
  const normalized = (x: Symbolic, layer: tf.layers.Layer, seed: number) =>
    on(tf.layers.batchNormalization({gammaInitializer: normal(seed)}), on(layer, x));
  const stem = normalized(input, conv('stem', 4, {kernelInitializer}), 11);
  const wide = normalized(stem, conv('wide', 6, {kernelInitializer: normal(4)}), 12);
  const depthwise = tf.layers.depthwiseConv2d({name: 'depthwise', kernelSize: 3, depthwiseInitializer: normal(5)});
  const narrow = normalized(normalized(wide, depthwise, 13), conv('narrow', 5, {kernelInitializer: normal(6)}), 14);
  const head = tf.layers.dense({name: 'head', units: 2, kernelInitializer: normal(7)});
  const plain = tf.model({inputs: input, outputs: on(head, on(tf.layers.globalAveragePooling2d({}), narrow))});
  const allocation = globalRanking({normalize: 'mean'});
  const planned = await shrink(plain, await planChannelPruning(plain, {sparsity: 0.4, criterion, allocation}));
  const masked = prunable(plain);
  await pruneOnce(masked, {sparsity: 0.4, criterion, allocation, structure: coupledChannels()});
  const cut = await shrink(masked);
  const kernelsOf = (model: tf.LayersModel) =>
    model.weights.filter(({name}) => /kernel(_\d+)?$/.test(name)).map(weight => Array.from(weight.read().dataSync()));
  expect(kernelsOf(cut)).toEqual(kernelsOf(planned));
  tf.dispose([plain, planned, masked, cut].flatMap(({weights}) => weights.map(weight => weight.read())));
});
