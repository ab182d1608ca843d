import * as tf from '@tensorflow/tfjs';
import {prunable} from '../../../src/layers/prunable.js';
import {stripPruning} from '../../../src/layers/strip-pruning.js';
import {pruneOnce} from '../../../src/masks/prune-once.js';
import {filters} from '../../../src/structures/filters.js';
import {declareLayer} from '../../../src/layers/declare-layer.js';
import {shrink} from '../../../src/surgery/cut/shrink.js';
import {distance, expectNoLeak, predict, saveAndLoad} from '../../support/tensors.js';

type Symbolic = tf.SymbolicTensor;

let seed = 0;
beforeEach(() => (seed = 0));

const seeded = () => ({
  kernelInitializer: tf.initializers.glorotNormal({seed: ++seed}),
  biasInitializer: tf.initializers.randomUniform({seed: ++seed, minval: -1, maxval: 1}),
});
const conv = (filters: number, name: string, more = {}) =>
  tf.layers.conv2d({filters, kernelSize: 3, padding: 'same', name, ...seeded(), ...more});
const dense = (units: number, name: string, more = {}) => tf.layers.dense({units, name, ...seeded(), ...more});

function through(input: Symbolic, ...layers: tf.layers.Layer[]): Symbolic {
  return layers.reduce((x, layer) => layer.apply(x) as Symbolic, input);
}

const random = (...shape: number[]) => tf.randomUniform(shape, -1, 1, 'float32', 7);

/** Zeroes outputs of a layer's first weight: its last axis. */
function zeroOutputs(model: tf.LayersModel, name: string, outputs: readonly number[]): void {
  const layer = model.getLayer(name);
  const [kernel, ...others] = layer.getWeights();
  const keep = Float32Array.from({length: kernel!.shape.at(-1)!}, (_, i) => (outputs.includes(i) ? 0 : 1));
  layer.setWeights([tf.mul(kernel!, keep), ...others]);
}

function expectSame(a: tf.LayersModel, b: tf.LayersModel, x: tf.Tensor): void {
  expect(distance(predict(a, x), predict(b, x))).toBeLessThan(2e-6);
}

const units = (model: tf.LayersModel) =>
  Object.fromEntries(model.layers.map(({name, outputShape}) => [name, (outputShape as tf.Shape).at(-1)]));

describe('without a plan', () => {
  test('what masks have left without work goes, and outputs stay', async () => {
    const model = prunable(
      tf.sequential({
        layers: [
          conv(6, 'a', {inputShape: [8, 8, 2]}),
          tf.layers.batchNormalization({name: 'bn'}),
          tf.layers.reLU(),
          conv(4, 'b', {activation: 'relu'}),
          tf.layers.maxPooling2d({poolSize: 2}),
          tf.layers.flatten(),
          dense(8, 'c', {activation: 'relu'}),
          dense(2, 'head'),
        ],
      }),
    );
    await pruneOnce(model, {sparsity: 0.5, structure: filters(), layers: /^[abc]$/});
    const small = await shrink(model);
    expect(units(small)).toMatchObject({a: 3, bn: 3, b: 2, c: 4, head: 2});
    expect(small).toBeInstanceOf(tf.Sequential);
    expectSame(model, small, random(3, 8, 8, 2));
    const plain = await saveAndLoad(stripPruning(small));
    expectSame(model, plain, random(3, 8, 8, 2));
    // kernels, biases, scales and shifts, means and variances
    expect(plain.countParams()).toBe(9 * 2 * 3 + 3 + 4 * 3 + 9 * 3 * 2 + 2 + 32 * 4 + 4 + 4 * 2 + 2);
  });

  test('what nothing takes in goes, whatever makes it', async () => {
    const large = tf.sequential({
      layers: [
        conv(3, 'a', {inputShape: [6, 6, 2], activation: 'sigmoid'}),
        conv(4, 'b'),
        tf.layers.flatten(),
        dense(1, 'head'),
      ],
    });
    const [kernel, bias] = large.getLayer('b').getWeights();
    large.getLayer('b').setWeights([tf.mul(kernel!, tf.tensor4d([1, 0, 1], [1, 1, 3, 1])), bias!]);
    const small = await shrink(large);
    expect(units(small)).toMatchObject({a: 2, b: 4});
    expectSame(large, small, random(2, 6, 6, 2));
    // By a plan a constant that nothing takes in is none that could get lost.
    zeroOutputs(large, 'a', [1]);
    const planned = await shrink(large, {remove: {a: [1]}});
    expect(units(planned)['a']).toBe(2);
    expectSame(large, planned, random(2, 6, 6, 2));
  });

  test('a constant is moved into the bias behind it where nothing is padded, and stays where it is', async () => {
    const model = (padding: 'same' | 'valid') =>
      tf.sequential({
        layers: [
          conv(3, 'a', {inputShape: [6, 6, 2], activation: 'sigmoid'}),
          conv(2, 'b', {padding, activation: 'tanh'}),
          tf.layers.flatten(),
          dense(1, 'head'),
        ],
      });
    for (const [padding, left] of [
      ['valid', 2],
      ['same', 3],
    ] as const) {
      const large = model(padding);
      zeroOutputs(large, 'a', [1]);
      const small = await shrink(large);
      expect(units(small)['a']).toBe(left);
      expectSame(large, small, random(2, 6, 6, 2));
    }
  });

  test('a layer without a bias gets one for what it no longer takes in', async () => {
    const large = tf.sequential({
      layers: [dense(3, 'a', {inputShape: [2]}), dense(2, 'b', {useBias: false}), dense(1, 'head')],
    });
    zeroOutputs(large, 'a', [0, 2]);
    const small = await shrink(large);
    expect(
      small
        .getLayer('b')
        .getWeights()
        .map(({shape}) => shape),
    ).toEqual([[1, 2], [2]]);
    expectSame(large, small, random(4, 2));
    // Worked by hand: 5 * 2 + 7 * 3 for one output, and the bias stays out of the other kernel's way.
    const hand = tf.sequential({
      layers: [dense(2, 'a', {inputShape: [1]}), dense(1, 'b', {useBias: false})],
    });
    hand.getLayer('a').setWeights([tf.tensor2d([[1, 0]]), tf.tensor1d([0, 5])]);
    hand.getLayer('b').setWeights([tf.tensor2d([[4], [3]])]);
    const [kernel, bias] = (await shrink(hand)).getLayer('b').getWeights();
    expect([...kernel!.dataSync(), ...bias!.dataSync()]).toEqual([4, 15]);
  });

  test('what is constant makes constants: a chain of dead channels goes', async () => {
    const large = tf.sequential({
      layers: [
        dense(3, 'a', {inputShape: [2]}),
        tf.layers.batchNormalization({name: 'bn', betaInitializer: 'ones'}),
        dense(3, 'b', {activation: 'relu'}),
        dense(2, 'head'),
      ],
    });
    const b = large.getLayer('b');
    const [kernel, bias] = b.getWeights();
    // The second output of b takes in nothing but the first channel, which a scale of 0 makes constant.
    b.setWeights([
      tf.mul(kernel!, [
        [1, 1, 1],
        [1, 0, 1],
        [1, 0, 1],
      ]),
      bias!,
    ]);
    const bn = large.getLayer('bn');
    const [, ...others] = bn.getWeights();
    bn.setWeights([tf.tensor1d([0, 1, 1]), ...others]);
    const small = await shrink(large);
    expect(units(small)).toMatchObject({a: 2, bn: 2, b: 2});
    expectSame(large, small, random(4, 2));
  });

  test('channels that are added go together or not at all', async () => {
    const input = tf.input({shape: [4]});
    const [a, b] = [through(input, dense(3, 'a')), through(input, dense(3, 'b'))];
    const sum = tf.layers.add().apply([a, b]) as Symbolic;
    const large = tf.model({inputs: input, outputs: through(sum, dense(1, 'head'))});
    zeroOutputs(large, 'a', [0, 1]);
    zeroOutputs(large, 'b', [1, 2]);
    const small = await shrink(large);
    expect(units(small)).toMatchObject({a: 2, b: 2});
    expectSame(large, small, random(4, 4));
  });

  test('units of recurrent layers whose candidate nothing feeds stay 0, and go', async () => {
    for (const layer of ['lstm', 'gru', 'simpleRNN'] as const) {
      const make = tf.layers[layer] as (args: object) => tf.layers.Layer;
      const large = tf.sequential({
        layers: [
          make({
            units: 3,
            name: 'rnn',
            inputShape: [5, 2],
            kernelInitializer: tf.initializers.glorotNormal({seed: 3}),
            recurrentInitializer: tf.initializers.glorotNormal({seed: 4}),
          }),
          dense(1, 'head'),
        ],
      });
      const candidate = {lstm: 2, gru: 2, simpleRNN: 0}[layer];
      const [kernel, recurrent, bias] = large.getLayer('rnn').getWeights();
      const gone = Float32Array.from({length: kernel!.shape[1]!}, (_, i) => (i === 3 * candidate + 1 ? 0 : 1));
      large.getLayer('rnn').setWeights([tf.mul(kernel!, gone), tf.mul(recurrent!, gone), bias!]);
      const small = await shrink(large);
      expect(units(small)['rnn']).toBe(2);
      expectSame(large, small, random(2, 5, 2));
    }
  });

  test('inside of TimeDistributed, nested models and depthwise convolutions', async () => {
    const inner = tf.sequential({
      name: 'inner',
      layers: [conv(3, 'i1', {inputShape: [4, 4, 4], activation: 'relu'}), conv(2, 'i2')],
    });
    const large = tf.sequential({
      layers: [
        conv(4, 'a', {inputShape: [4, 4, 2], useBias: false}),
        tf.layers.depthwiseConv2d({
          kernelSize: 3,
          depthMultiplier: 2,
          padding: 'same',
          name: 'dw',
          depthwiseInitializer: tf.initializers.glorotNormal({seed: 8}),
        }),
        conv(4, 'p', {kernelSize: 1, useBias: false}),
        inner,
        tf.layers.reshape({targetShape: [4, 8]}),
        tf.layers.timeDistributed({layer: dense(4, 'td'), name: 'time'}),
        tf.layers.flatten(),
        dense(1, 'head'),
      ],
    });
    zeroOutputs(large, 'a', [0]);
    zeroOutputs(large, 'p', [3]);
    const i1 = inner.getLayer('i1');
    i1.setWeights([tf.mul(i1.getWeights()[0]!, [1, 0, 1]), tf.mul(i1.getWeights()[1]!, [1, 0, 1])]);
    zeroOutputs(large, 'time', [2]);
    const small = await shrink(large);
    expect(units(small)).toMatchObject({a: 3, dw: 6, p: 3, inner: 2, time: 3});
    expect(units(small.getLayer('inner') as tf.LayersModel)).toMatchObject({i1: 2, i2: 2});
    expectSame(large, small, random(2, 4, 4, 2));
  });

  test('of a layer that is wholly gone a channel stays', async () => {
    const large = tf.sequential({layers: [dense(3, 'a', {inputShape: [2]}), dense(2, 'head')]});
    zeroOutputs(large, 'a', [0, 1, 2]);
    const small = await shrink(large);
    expect(units(small)).toMatchObject({a: 1, head: 2});
    expectSame(large, small, random(4, 2));
  });

  test('nothing goes of a dense model', async () => {
    const large = tf.sequential({layers: [dense(3, 'a', {inputShape: [2]}), dense(2, 'head')]});
    expect((await shrink(large)).countParams()).toBe(large.countParams());
  });
});

/** A trunk with a branch that is added, and one that is concatenated. */
function branched(): tf.LayersModel {
  const input = tf.input({shape: [6, 6, 2], name: 'image'});
  const trunk = through(input, conv(4, 'stem'));
  const bn = tf.layers.batchNormalization({name: 'bn'});
  const branch = through(trunk, conv(6, 'a', {activation: 'relu'}), conv(4, 'b'), bn);
  const sum = tf.layers.add({name: 'sum'}).apply([trunk, branch]) as Symbolic;
  const side = through(sum, conv(5, 'c', {activation: 'relu'}));
  const joined = tf.layers.concatenate({name: 'joined'}).apply([sum, side]) as Symbolic;
  return tf.model({
    inputs: input,
    outputs: through(joined, conv(3, 'd'), tf.layers.globalAveragePooling2d({name: 'pool'}), dense(2, 'head')),
  });
}

const names = (model: tf.LayersModel) => model.layers.map(({name}) => name);

describe('branches', () => {
  test('one that adds zeros, and one that has nothing to say, go as a whole', async () => {
    const large = branched();
    large.getLayer('bn').setWeights([0, 0, 1, 1].map(value => tf.fill([4], value)));
    const c = large.getLayer('c');
    c.setWeights(c.getWeights().map(weight => tf.zerosLike(weight)));
    const small = await shrink(large);
    expect(names(small)).toEqual(['image', 'stem', 'd', 'pool', 'head']);
    expectSame(large, small, random(2, 6, 6, 2));
  });

  test('one that adds a constant stays', async () => {
    const large = branched();
    large.getLayer('bn').setWeights([0, 1, 1, 1].map(value => tf.fill([4], value)));
    const small = await shrink(large);
    expect(names(small)).toContain('sum');
    expectSame(large, small, random(2, 6, 6, 2));
  });

  test('one goes by a plan when all channels inside do', async () => {
    const large = branched();
    const small = await shrink(large, {remove: {a: [0, 1, 2, 3, 4, 5], c: [0, 1, 2, 3, 4]}});
    expect(names(small)).toEqual(['image', 'stem', 'd', 'pool', 'head']);
    // The same model without the branches, worked by their weights.
    large.getLayer('bn').setWeights([0, 0, 0, 1].map(value => tf.fill([4], value)));
    const d = large.getLayer('d').getWeights();
    large.getLayer('d').setWeights([tf.mul(d[0]!, tf.tensor([1, 1, 1, 1, 0, 0, 0, 0, 0], [1, 1, 9, 1])), d[1]!]);
    expectSame(large, small, random(2, 6, 6, 2));
  });

  const stack = () => tf.sequential({name: 'body', layers: [dense(4, 'a', {inputShape: [3]}), dense(3, 'b')]});
  const graph = () => {
    const inner = tf.input({shape: [3]});
    return tf.model({name: 'body', inputs: inner, outputs: through(inner, dense(4, 'a'), dense(3, 'b'))});
  };
  test.each([
    ['Sequential', stack],
    ['functional model', graph],
  ])('a nested %s is left out with all that it holds', async (_kind, bodyOf) => {
    const build = () => {
      const input = tf.input({shape: [3], name: 'in'});
      const body = bodyOf();
      const sum = tf.layers.add({name: 'sum'}).apply([input, through(input, body)]) as Symbolic;
      return tf.model({inputs: input, outputs: through(sum, dense(2, 'head'))});
    };
    const planned = build();
    const small = await shrink(planned, {remove: {'body/a': [0, 1, 2, 3]}});
    expect(names(small)).toEqual(['in', 'head']);
    expect(small.countParams()).toBe(3 * 2 + 2);
    const silent = build();
    const b = (silent.getLayer('body') as tf.LayersModel).getLayer('b');
    b.setWeights(b.getWeights().map(weight => tf.zerosLike(weight)));
    expect(names(await shrink(silent))).toEqual(['in', 'head']);
    expectSame(silent, await shrink(silent), random(4, 3));
  });

  test('a sum stays where a layer would take the same tensor twice without it', async () => {
    const input = tf.input({shape: [3], name: 'in'});
    const e = through(input, dense(3, 'e'));
    const silent = dense(3, 'silent', {kernelInitializer: 'zeros', biasInitializer: 'zeros'});
    const zero = through(e, dense(2, 'inner'), silent);
    const sum = tf.layers.add({name: 'sum'}).apply([e, zero]) as Symbolic;
    const square = tf.layers.multiply({name: 'square'}).apply([sum, e]) as Symbolic;
    const both = tf.layers.concatenate({name: 'both'}).apply([square, e]) as Symbolic;
    const large = tf.model({inputs: input, outputs: through(both, dense(2, 'head'))});
    const small = await shrink(large);
    expect(names(small)).toContain('sum');
    expectSame(large, small, random(4, 3));
    await expect(shrink(large, {remove: {inner: [0, 1]}})).rejects.toThrow('but "sum" would have none');
  });

  test('a sum stays where a layer of the branch is used elsewhere, too, whose uses are numbered', async () => {
    const build = (order: 1 | -1) => {
      const trunk = through(tf.input({shape: [3], name: 'in'}), dense(3, 'trunk'));
      const relu = tf.layers.reLU({name: 'relu'});
      const silent = dense(3, 'silent', {kernelInitializer: 'zeros', biasInitializer: 'zeros'});
      const uses = [
        () => through(trunk, dense(4, 'a'), relu, silent),
        () => through(trunk, dense(5, 'b'), relu, dense(3, 'd')),
      ];
      if (order < 0) uses.reverse();
      const sum = tf.layers.add({name: 'sum'}).apply([trunk, ...uses.map(use => use())]) as Symbolic;
      const inputs = trunk.sourceLayer.inboundNodes[0]!.inputTensors;
      return tf.model({inputs, outputs: through(sum, dense(2, 'head'))});
    };
    for (const order of [1, -1] as const) {
      const large = build(order);
      const small = await shrink(large);
      expectSame(large, small, random(4, 3));
      expect(names(small)).toEqual(names(large));
      expect(['a', 'b'].map(name => small.getLayer(name).outputShape)).toEqual([
        [null, 1],
        [null, 5],
      ]);
      await expect(shrink(large, {remove: {a: [0, 1, 2, 3]}})).rejects.toThrow('but "sum" would have none');
    }
  });

  test('a sum in a model that a wrapper holds stays', async () => {
    const input = tf.input({shape: [3], name: 'in'});
    const silent = dense(3, 'silent', {kernelInitializer: 'zeros', biasInitializer: 'zeros'});
    const e = through(input, dense(3, 'e'));
    const sum = tf.layers.add({name: 'sum'}).apply([e, through(e, dense(2, 'inner'), silent)]) as Symbolic;
    const inside = tf.model({inputs: input, outputs: through(sum, dense(4, 'last'))});
    const timed = tf.layers.timeDistributed({name: 'timed', layer: inside, inputShape: [5, 3]});
    const large = tf.sequential({layers: [timed, dense(2, 'head')]});
    const small = await shrink(large);
    expectSame(large, small, random(4, 5, 3));
    const left = (small.layers[0] as unknown as {layer: tf.LayersModel}).layer;
    expect(units(left)).toMatchObject({inner: 1, sum: 3});
    const plan = {remove: {'timed/inner': [0, 1]}};
    await expect(shrink(large, plan)).rejects.toThrow('but "sum" would have none');
  });

  test('one goes by a plan with the constants that it holds', async () => {
    const large = branched();
    zeroOutputs(large, 'a', [2]); // a constant of its bias, in front of a convolution that pads
    const a = large.getLayer('a');
    a.setWeights([a.getWeights()[0]!, tf.ones([6])]);
    expect(units(await shrink(large, {remove: {a: [1, 2]}}))['a']).toBe(5);
    expect(names(await shrink(large, {remove: {a: [0, 1, 2, 3, 4, 5]}}))).not.toContain('sum');
  });

  test('a layer that needs what is gone is named', async () => {
    await expect(shrink(branched(), {remove: {d: [0, 1, 2]}})).rejects.toThrow(
      /leaves each layer a channel.*"head" would have none/,
    );
  });
});

describe('with a plan', () => {
  test('names, kind, flags and metadata stay, and the large model is what it was', async () => {
    const large = branched();
    large.getLayer('a').trainable = false;
    large.setUserDefinedMetadata({of: 'mine'});
    const before = large.getWeights().map(weight => weight.dataSync());
    const small = await shrink(large, {remove: {a: [1, 4], stem: [0], b: [0]}});
    expect(names(small)).toEqual(names(large));
    expect(units(small)).toMatchObject({stem: 3, a: 4, b: 3, bn: 3, c: 5, joined: 8});
    expect(small.getLayer('a').trainable).toBe(false);
    expect(small.getUserDefinedMetadata()).toEqual({of: 'mine'});
    expect(large.getWeights().map(weight => weight.dataSync())).toEqual(before);
    await expectNoLeak(async () => void (await shrink(large, {remove: {a: [0]}})).dispose());
  });

  const WRONG: [why: string, plan: unknown, error: RegExp][] = [
    ['null', null, /expects a plan of planChannelPruning, with `remove`, got null/],
    ['no plan', {sparsity: 0.5}, /expects a plan of planChannelPruning, with `remove`, got an Object/],
    ['nothing', {remove: null}, /expects a plan of planChannelPruning, with `remove`, got an Object/],
    ['another layer', {remove: {z: [0]}}, /no layer "z" in it makes channels/],
    ['a channel too many', {remove: {a: [6]}}, /"a" has 6 channels, and the plan removes 6/],
    ['no list', {remove: {a: 3}}, /an array of channels for "a", got 3/],
    ['half a unit', {remove: {stem: [1]}}, /leaves channel 1 of "b", which is coupled to others/],
    ['an output', {remove: {head: [0]}}, /channels of "head" must be kept: they are the model's outputs/],
  ];
  test.each(WRONG)('%s: told so', async (_why, plan, error) => {
    const large = branched();
    await expect(shrink(large, plan as never)).rejects.toThrow(error);
  });

  test('a constant in front of a convolution that pads stays, be that a plain or a separable one', async () => {
    const separable = tf.layers.separableConv2d({filters: 3, kernelSize: 3, padding: 'same', name: 'b'});
    for (const layer of [conv(3, 'b'), separable]) {
      const large = tf.sequential({
        layers: [conv(3, 'a', {inputShape: [5, 5, 2]}), layer, tf.layers.flatten(), dense(2, 'head')],
      });
      zeroOutputs(large, 'a', [1]);
      const small = await shrink(large, {remove: {a: [1]}});
      expect(units(small)).toMatchObject({a: 3});
      expectSame(large, small, random(2, 5, 5, 2));
    }
  });

  test('a constant that meets padding on its way stays, whatever the plan says', async () => {
    const large = tf.sequential({
      layers: [
        conv(3, 'a', {inputShape: [5, 5, 2]}),
        tf.layers.depthwiseConv2d({
          kernelSize: 3,
          padding: 'same',
          name: 'dw',
          depthwiseInitializer: tf.initializers.glorotNormal({seed: 21}),
        }),
        conv(2, 'b'),
        tf.layers.flatten(),
        dense(1, 'head'),
      ],
    });
    zeroOutputs(large, 'a', [1]);
    const small = await shrink(large, {remove: {a: [1]}});
    expect(units(small)['a']).toBe(3);
    expectSame(large, small, random(2, 5, 5, 2));
    expect(units(await shrink(large, {remove: {a: [0]}}))['a']).toBe(2);
  });

  test('masks are cut with their kernels', async () => {
    const large = prunable(branched(), {layers: ['a', 'd']});
    await pruneOnce(large, {sparsity: 0.5});
    const small = await shrink(large, {remove: {a: [0, 5]}});
    const mask = (model: tf.LayersModel) => model.getLayer('a').getWeights().at(-1)!;
    const expected = tf.gather(mask(large), [1, 2, 3, 4], 3);
    expect(distance(mask(small), expected)).toBe(0);
    expect(mask(small).shape).toEqual([3, 3, 4, 4]);
  });
});

describe('what only looks constant, or only looks gone', () => {
  test.each(['dense', 'activation'])('the entries of a softmax are not: %s', async where => {
    const own = where === 'dense' ? {activation: 'softmax'} : {};
    const between = where === 'dense' ? [] : [tf.layers.activation({activation: 'softmax'})];
    const model = tf.sequential({
      layers: [dense(3, 'a', {inputShape: [2], ...own}), ...between, dense(2, 'b'), dense(2, 'head')],
    });
    zeroOutputs(model, 'a', [0]);
    // The first unit of b takes in nothing but that entry.
    model.getLayer('b').setWeights([tf.tensor2d([1, 2, 0, 3, 0, 4], [3, 2]), tf.zeros([2])]);
    expectSame(await shrink(model), model, random(4, 2));
  });

  const silent = () => dense(3, 'silent', {kernelInitializer: 'zeros', useBias: false});

  test('a sum that is used twice and gets zeros once takes in all in its other use', async () => {
    const input = tf.input({shape: [2]});
    const sum = tf.layers.add();
    const summed = (a: tf.layers.Layer, b: tf.layers.Layer) =>
      sum.apply([through(input, a), through(input, b)]) as Symbolic;
    const first = through(summed(dense(3, 'a'), silent()), dense(2, 'one'));
    const outputs = [first, through(summed(dense(3, 'b'), dense(3, 'c')), dense(2, 'two'))];
    const model = tf.model({inputs: input, outputs});
    expectSame(await shrink(model), model, random(4, 2));
  });

  test('sizes that are not known', async () => {
    const inputs = [1, 2, 3].map(() => tf.input({shape: [null]}));
    const [a, b, c] = inputs as [Symbolic, Symbolic, Symbolic];
    const add = (x: Symbolic, y: Symbolic) => tf.layers.add().apply([x, y]) as Symbolic;
    const model = tf.model({inputs, outputs: add(add(a, b), c)});
    const xs = [tf.tensor2d([[1, 2]]), tf.tensor2d([[10, 20]]), tf.tensor2d([[100, 200]])];
    expect([...((await shrink(model)).predict(xs) as tf.Tensor).dataSync()]).toEqual([111, 222]);
  });

  test('a branch of which nothing is heeded but its mask', async () => {
    const [words, others] = [tf.input({shape: [3]}), tf.input({shape: [3, 2]})];
    const embedding = tf.layers.embedding({inputDim: 4, outputDim: 2, maskZero: true});
    const both = tf.layers.concatenate().apply([through(words, embedding), through(others, dense(2, 'a'))]) as Symbolic;
    const rnn = tf.layers.simpleRNN({
      units: 2,
      name: 'rnn',
      kernelInitializer: tf.initializers.glorotNormal({seed: 1}),
    });
    const model = tf.model({inputs: [words, others], outputs: through(both, rnn)});
    const [kernel, ...rest] = rnn.getWeights();
    rnn.setWeights([tf.mul(kernel!, tf.tensor2d([0, 0, 1, 1], [4, 1])), ...rest]);
    const x = [tf.tensor2d([[1, 0, 0]]), random(1, 3, 2)];
    expect(distance((await shrink(model)).predict(x), model.predict(x))).toBeLessThan(1e-6);
  });

  test('a sum that is an output keeps its name, for losses and predictions that go by it', async () => {
    const input = tf.input({shape: [3]});
    const sum = tf.layers.add({name: 'sum'}).apply([input, through(input, silent())]) as Symbolic;
    const model = tf.model({inputs: input, outputs: [sum, through(sum, dense(2, 'head'))]});
    model.compile({optimizer: 'sgd', loss: {sum: 'meanSquaredError', head: 'meanAbsoluteError'}});
    const small = await shrink(model);
    expect(small.outputNames).toEqual(['sum', 'head']);
    expect(names(small)).not.toContain('silent');
    expectSame(small, model, random(4, 3));
  });

  test('a concatenation that is taken twice, of what others take as well', async () => {
    const input = tf.input({shape: [2]});
    const a = through(input, dense(3, 'a'));
    const joined = tf.layers.concatenate().apply([through(input, silent()), a]) as Symbolic;
    const twice = tf.layers.add().apply([joined, joined]) as Symbolic;
    const outputs = [through(twice, dense(2, 'one')), through(a, dense(4, 'late'), dense(2, 'two'))];
    const model = tf.model({inputs: input, outputs});
    const small = await shrink(model);
    expectSame(small, model, random(4, 2));
  });
});

test('a rule that was declared in place of the one for a class of tf.js', async () => {
  declareLayer('RepeatVector', {
    channelRule: use => {
      use.freeze(use.along(use.inputs[0]!, 1), 'are counted by it');
      return use.refuse('are counted by it');
    },
  });
  const model = tf.sequential({
    layers: [dense(3, 'a', {inputShape: [2]}), tf.layers.repeatVector({n: 2}), tf.layers.flatten(), dense(2, 'head')],
  });
  zeroOutputs(model, 'a', [1]);
  const small = await shrink(model);
  expect(units(small)).toMatchObject({a: 3});
  expectSame(small, model, random(4, 2));
});
