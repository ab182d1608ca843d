import * as tf from '@tensorflow/tfjs';
import fc from 'fast-check';
import {prunable, pruneOnce, shifts, sparsityReport} from 'tfjs-pruning';
import {formatShiftable, listShiftable, shiftConvolutions} from 'tfjs-pruning';
import {shiftedKernel} from '../../../src/surgery/shifts/shifted-kernel.js';
import {distance, expectNoLeak, predict, saveAndLoad} from '../../support/tensors.js';

fc.configureGlobal({seed: 1});

type ConvArgs = Partial<Parameters<typeof tf.layers.conv2d>[0]>;

const seeded = () => ({
  kernelInitializer: tf.initializers.heNormal({seed: 1}),
  biasInitializer: tf.initializers.randomNormal({seed: 2}),
});
const conv = (name: string, args: ConvArgs = {}) =>
  tf.layers.conv2d({name, filters: 16, kernelSize: 3, ...seeded(), ...args});
const single = (args: ConvArgs = {}) => tf.sequential({layers: [conv('conv', {inputShape: [7, 8, 5], ...args})]});
const input = (shape: number[] = [7, 8, 5], seed = 1) => tf.randomNormal([2, ...shape], 0, 1, 'float32', seed);

/** All convolutions at one place an input channel. */
async function pruned<M extends tf.LayersModel>(model: M, windowSize = 9, sparsity = 1 - 1 / windowSize): Promise<M> {
  const wrapped = prunable(model, {layers: /conv/});
  await pruneOnce(wrapped, {sparsity, structure: shifts({shared: true}), layers: /conv/});
  return wrapped;
}

/** Sums in another order: single precision, in proportion to the outputs. */
function expectSameOutputs(actual: tf.LayersModel, expected: tf.LayersModel, x: tf.Tensor): void {
  const [outputs, expectedOutputs] = [predict(actual, x), predict(expected, x)];
  const largest = Math.max(...expectedOutputs.map(t => tf.max(tf.abs(t)).dataSync()[0]!));
  expect(distance(outputs, expectedOutputs)).toBeLessThan(1e-5 * largest);
}

const SETTINGS: [string, ConvArgs][] = [
  ['valid', {padding: 'valid'}],
  ['same', {padding: 'same'}],
  ['strides, valid', {strides: 2}],
  ['strides, same', {strides: 2, padding: 'same'}],
  ['without bias, tanh', {useBias: false, activation: 'tanh'}],
  ['relu, fused with the bias', {activation: 'relu', padding: 'same'}],
  ['softmax', {activation: 'softmax'}],
  ['an even window', {kernelSize: [2, 4], padding: 'same'}],
  ['a row, strides', {kernelSize: [1, 4], strides: 2, padding: 'same'}],
  ['a column', {kernelSize: [5, 1], padding: 'same'}],
  ['channels first', {dataFormat: 'channelsFirst', inputShape: [5, 7, 8], padding: 'same', strides: 2}],
];

describe.each(SETTINGS)('%s', (_, args) => {
  const windowSize = [args.kernelSize ?? [3, 3]].flat().reduce((product, size) => product * size, 1);
  const shape = args.inputShape as number[] | undefined;

  test('gives equal outputs with one place an input channel, after saving and loading as well', async () => {
    const model = await pruned(single(args), windowSize);
    expect(await listShiftable(model)).toEqual([{layer: 'conv', taps: 1, status: 'shiftable', reason: ''}]);
    const fast = await shiftConvolutions(model);
    expect(fast.layers.map(layer => [layer.name, layer.getClassName()])).toEqual([
      ['conv_shifts', 'DepthwiseConv2D'],
      ['conv', 'Conv2D'],
    ]);
    expectSameOutputs(fast, model, input(shape));
    expectSameOutputs(await saveAndLoad(fast), model, input(shape));
  });

  test('gives equal outputs with more places of some input channels than of others', async () => {
    const model = await pruned(single(args), windowSize, 0.5);
    const same = await shiftConvolutions(model, {always: true});
    const [row] = await listShiftable(model, {always: true});
    expect(row!.taps).toBeGreaterThan(windowSize / 2);
    expect(row!.taps).toBeLessThan(windowSize);
    expectSameOutputs(same, model, input(shape));
  });

  test('gives equal outputs with all places', async () => {
    const model = single(args);
    const rows = await listShiftable(model, {always: true});
    expect(rows).toEqual([{layer: 'conv', taps: windowSize, status: 'shiftable', reason: ''}]);
    const same = await shiftConvolutions(model, {always: true});
    expectSameOutputs(same, model, input(shape));
    expectSameOutputs(await saveAndLoad(same), model, input(shape));
  });
});

test('the factors of any kernel make it again, and the shifts are one-hot', () => {
  const shape = fc.tuple(fc.integer({min: 1, max: 3}), fc.integer({min: 1, max: 3}), fc.integer({min: 1, max: 4}));
  fc.assert(
    fc.property(
      shape,
      fc.integer({min: 1, max: 3}),
      fc.infiniteStream(fc.constantFrom(0, 0, 0, -1.5, 2)),
      (sizes, filters, values) => {
        const [height, width, inputs] = sizes;
        const kernel = Float32Array.from([...values.take(height * width * inputs * filters)]);
        const {taps, shifts, weights} = shiftedKernel(kernel, [height, width, inputs, filters]);
        const product = kernel.map((_, i) => {
          const [from, filter] = [Math.floor(i / filters), i % filters];
          const ofTaps = Array.from(
            {length: taps},
            (_, tap) => shifts[from * taps + tap]! * weights[((from % inputs) * taps + tap) * filters + filter]!,
          );
          return ofTaps.reduce((sum, value) => sum + value, 0); // 0 + -0 = 0
        });
        expect(product).toEqual(kernel);
        for (let channel = 0; channel < inputs * taps; channel++) {
          expect(shifts.filter((_, i) => i % (inputs * taps) === channel && shifts[i] !== 0).length).toBeLessThan(2);
        }
      },
    ),
    {seed: 1},
  );
});

test('a kernel by hand: two places of the first input channel, one of the second', () => {
  // [1, 3, 2, 1]: channel 0 has weights at places 0 and 2, channel 1 at place 1.
  const kernel = Float32Array.of(5, 0, 0, 7, 6, 0);
  expect(shiftedKernel(kernel, [1, 3, 2, 1])).toEqual({
    taps: 2,
    shifts: Float32Array.of(1, 0, 0, 0, 0, 0, 1, 0, 0, 1, 0, 0),
    weights: Float32Array.of(5, 6, 7, 0),
  });
  expect(shiftedKernel(new Float32Array(6), [1, 3, 2, 1]).taps).toBe(1);
});

describe('models', () => {
  test('a functional one with a shared, a nested and a branching convolution; flags and metadata', async () => {
    const x = tf.input({shape: [8, 8, 4], name: 'x'});
    const apply = (layer: tf.layers.Layer, to: tf.SymbolicTensor | tf.SymbolicTensor[]) =>
      layer.apply(to) as tf.SymbolicTensor;
    const shared = conv('conv_shared', {filters: 4, padding: 'same', activation: 'relu'});
    const twice = apply(shared, apply(shared, x));
    const nested = tf.sequential({
      name: 'block',
      layers: [conv('conv_in', {filters: 4, padding: 'same', inputShape: [8, 8, 4]})],
    });
    const sum = apply(tf.layers.add(), [twice, apply(nested, twice)]);
    const frozen = conv('conv_frozen', {strides: 2, trainable: false});
    const model = tf.model({inputs: x, outputs: [apply(frozen, sum), sum]});
    model.setUserDefinedMetadata({made: 'here'});
    const sparse = await pruned(model);
    const fast = await shiftConvolutions(sparse, {always: true});
    expect((await listShiftable(sparse, {always: true})).map(({layer, taps}) => [layer, taps])).toEqual([
      ['conv_shared', 1],
      ['block/conv_in', 1],
      ['conv_frozen', 1],
    ]);
    expectSameOutputs(fast, sparse, input([8, 8, 4]));
    const loaded = await saveAndLoad(fast);
    expectSameOutputs(loaded, sparse, input([8, 8, 4]));
    expect(loaded.getUserDefinedMetadata()).toEqual({made: 'here'});
    expect(fast.trainableWeights.map(({originalName}) => originalName)).toEqual([
      'conv_shared/kernel',
      'conv_shared/bias',
      'conv_in/kernel',
      'conv_in/bias',
    ]);
  });

  test('trains on with its shifts, and the original is as it was', async () => {
    const model = await pruned(single({activation: 'relu'}));
    const before = predict(model, input());
    const fast = await shiftConvolutions(model);
    const kernel = () => fast.getLayer('conv_shifts').getWeights()[0]!.dataSync();
    const ones = kernel();
    expect(ones.filter(value => value === 1)).toHaveLength(5);
    fast.compile({optimizer: tf.train.sgd(0.1), loss: 'meanSquaredError'});
    const y = tf.ones([2, 5, 6, 16]);
    const {history} = await fast.fit(input(), y, {epochs: 5, verbose: 0});
    const losses = history['loss'] as number[];
    expect(losses.at(-1)).toBeLessThan(losses[0]!);
    expect(kernel()).toEqual(ones);
    expect(distance(predict(model, input()), before)).toBe(0);
  });

  test('multiplies as often as is said, and leaks nothing', async () => {
    const model = await pruned(single());
    await expectNoLeak(async () => {
      const fast = await shiftConvolutions(model);
      const {layers} = await sparsityReport(fast);
      // 5 x 6 pixels: a window of 9 for each of 5 channels, and 5 x 16 weights; nine times that in the dense
      // convolution.
      expect(layers.map(({layer, multiplyAdds}) => [layer, multiplyAdds])).toEqual([
        ['conv_shifts', 30 * 9 * 5],
        ['conv', 30 * 5 * 16],
      ]);
      expect((await sparsityReport(model)).total.multiplyAdds).toBe(30 * 9 * 5 * 16);
      fast.dispose();
    });
  });
});

describe('leaves alone, with a reason', () => {
  const reasonOf = async (model: tf.LayersModel, always = false) => (await listShiftable(model, {always}))[0]!.reason;

  test('a convolution whose shifts would have the name of another layer', async () => {
    const layers = [conv('conv', {inputShape: [7, 8, 5]}), tf.layers.reLU({name: 'conv_shifts'})];
    expect(await reasonOf(tf.sequential({layers}), true)).toBe('there is another layer "conv_shifts"');
  });

  test('what is no faster: dense kernels, and those whose filters take from places of their own', async () => {
    expect(await reasonOf(single())).toBe(
      "up to 9 of 9 positions of a channel's window have weights: shifts are not faster",
    );
    const own = prunable(single());
    await pruneOnce(own, {sparsity: 8 / 9, structure: shifts()});
    const model = await shiftConvolutions(own);
    const [row] = await listShiftable(own);
    expect(row).toMatchObject({
      status: 'skipped',
      reason: expect.stringContaining('shifts are not faster') as string,
    });
    expect(row!.taps).toBeGreaterThan(3);
    expect(model.layers.map(layer => layer.getClassName())).toEqual(['Conv2D']);
    expectSameOutputs(model, own, input());
  });

  test('what shifts cost more than they save: small windows of several places, few filters', async () => {
    expect(await reasonOf(await pruned(single({kernelSize: [1, 2]}), 2))).toMatch('up to 1 of 2 positions');
    expect(await reasonOf(await pruned(single({filters: 1})))).toBe('');
    const twoPlaces = (filters: number) => {
      const model = single({filters, kernelSize: [1, 9], inputShape: [7, 9, 1], useBias: false});
      model.setWeights([
        tf.tensor(
          Array.from({length: 9 * filters}, (_, i) => (i < 2 * filters ? 1 : 0)),
          [1, 9, 1, filters],
        ),
      ]);
      return model;
    };
    expect(await reasonOf(twoPlaces(24))).toMatch('up to 2 of 9 positions');
    expect(await reasonOf(twoPlaces(32))).toBe('');
  });

  test('what a depthwise convolution can not do', async () => {
    expect(await reasonOf(single({kernelSize: 1}), true)).toBe('its window has only one position');
    expect(await reasonOf(single({dilationRate: 2}), true)).toBe(
      'it is dilated, which DepthwiseConv2D of tf.js does not support',
    );
    expect(await reasonOf(single({strides: [1, 2]}), true)).toMatch('its strides differ');
  });

  test('what is not chosen, and all other kinds', async () => {
    const layers = [
      conv('conv1', {inputShape: [7, 8, 5]}),
      conv('conv2'),
      tf.layers.separableConv2d({name: 'separable', filters: 2, kernelSize: 2}),
    ];
    const model = await pruned(tf.sequential({layers}));
    const rows = await listShiftable(model, {layers: 'conv2'});
    expect(rows.map(({layer, status}) => [layer, status])).toEqual([['conv2', 'shiftable']]);
    const fast = await shiftConvolutions(model, {layers: 'conv2'});
    expect(fast.layers.map(({name}) => name).slice(0, 3)).toEqual(['conv1', 'conv2_shifts', 'conv2']);
    expectSameOutputs(fast, model, input());
    const dense = tf.sequential({layers: [tf.layers.dense({units: 2, inputShape: [3]})]});
    expect(await listShiftable(dense)).toEqual([]);
  });
});

test('what can be shifted is a table in the terminal', () => {
  const rows = [
    {layer: 'conv1', taps: 1, status: 'shiftable', reason: ''},
    {layer: 'conv2', taps: 9, status: 'skipped', reason: 'no faster'},
  ] as const;
  expect(formatShiftable(rows).split('\n')).toEqual([
    'layer  status     reason     taps',
    '-----  ---------  ---------  ----',
    'conv1  shiftable                1',
    'conv2  skipped    no faster     9',
  ]);
  expect(() => formatShiftable([{}] as never)).toThrow('formatShiftable expects what listShiftable(model) resolves to');
});

test('says what is wrong', async () => {
  const model = single();
  await expect(shiftConvolutions(7 as never)).rejects.toThrow(
    'shiftConvolutions expects a tf.Sequential or tf.LayersModel, got 7',
  );
  await expect(shiftConvolutions(model, {layer: 'conv'} as never)).rejects.toThrow(
    'shiftConvolutions has no option `layer`',
  );
  await expect(shiftConvolutions(model, {always: 'yes' as never})).rejects.toThrow(
    'Expected `always` to be true or false, got "yes"',
  );
  await expect(shiftConvolutions(tf.sequential())).rejects.toThrow('shiftConvolutions expects a model that is built');
  await expect(shiftConvolutions(model, {layers: 'dense'})).rejects.toThrow(
    'of the Conv2D layers, but "dense" matches none',
  );
});
