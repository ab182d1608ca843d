import fc from 'fast-check';
import * as tf from '@tensorflow/tfjs';
import {inputBlocks, prunable, stripPruning} from 'tfjs-pruning';
import {GradualPruning} from 'tfjs-pruning/callbacks';
import {compile, formatRuntimeReport, type MachineKind} from 'tfjs-pruning/runtime';
import {built} from '../../src/runtime/built.js';
import {inputShapesOf} from '../../src/runtime/input-shapes.js';
import {sourceOfModel} from '../../src/runtime/source/layers-model.js';
import type {Model} from '../../src/tfjs-internals.js';
import {withRandomWeights} from '../support/random-weights.js';
import {modelOf} from '../support/random-architecture.js';
import {randomInputs} from '../support/surgery-oracle.js';
import {predicted, thinOut} from './against-predict.js';
import {ownNormalization} from './unknown-layers.js';
import {knownRecipes} from './known-recipes.js';

const {layers} = tf;
const image = (height: number, width: number, channels: number) => ({inputShape: [height, width, channels]});

/** What int8 gives, on machines that must give the same numbers, and what floats give. */
async function bothOf(model: Model, batch = 1, inputs = randomInputs(model, 8)) {
  const expected = predicted(model, inputs);
  const source = await sourceOfModel(model);
  const calibration = inputs.map(input => input.dataSync<'float32'>());
  const first = calibration.map(numbers => numbers.subarray(0, (numbers.length / inputs[0]!.shape[0]) * batch));
  const found: Float32Array[][] = [];
  for (const machine of ['SIMD', 'JavaScript'] as const) {
    const fast = await built(source, {
      batch,
      machines: [machine],
      calibration,
      inputShapes: inputShapesOf(source) as number[][],
    });
    for (let run = 0; run < 2; run++) found.push([fast.run(first)].flat().map(output => output.slice()));
    fast.dispose();
  }
  tf.dispose(inputs);
  return {found, expected: expected.map((output, i) => output.subarray(0, found[0]![i]!.length))};
}

/** The largest difference, as a share of the largest number. */
function errorOf(found: Float32Array, expected: Float32Array): number {
  const scale = expected.reduce((most, value) => Math.max(most, Math.abs(value)), 1e-9);
  return expected.reduce((most, value, i) => Math.max(most, Math.abs(value - found[i]!)), 0) / scale;
}

async function expectNear(model: Model, {batch = 1, tolerance = 0.08} = {}): Promise<void> {
  const {found, expected} = await bothOf(withRandomWeights(model, 1), batch);
  for (const outputs of found) {
    expected.forEach((output, i) => {
      expect(errorOf(outputs[i]!, output)).toBeLessThan(tolerance);
      expect(errorOf(outputs[i]!, found[0]![i]!)).toBeLessThan(1e-5);
    });
  }
}

const stack = (...all: tf.layers.Layer[]) => tf.sequential({layers: all});
const dense = (units = 5) => layers.dense({units});

/** A convolution between others, so that it takes and makes bytes. */
const between = (own: tf.layers.Layer, input = image(7, 6, 5)) =>
  stack(layers.conv2d({filters: 6, kernelSize: 3, padding: 'same', ...input}), own, layers.flatten(), dense());

const NETS: Record<string, () => tf.LayersModel> = {
  'a dense layer': () => stack(layers.dense({units: 7, inputShape: [9]})),
  'dense layers of prime sizes': () => stack(layers.dense({units: 13, inputShape: [7], activation: 'relu'}), dense(3)),
  'a long vector': () => stack(layers.dense({units: 33, inputShape: [301], activation: 'relu'}), dense(17)),
  'a convolution': () => between(layers.conv2d({filters: 5, kernelSize: 3, activation: 'relu'})),
  'stride 2, same': () => between(layers.conv2d({filters: 7, kernelSize: 3, strides: 2, padding: 'same'})),
  'stride 2, same, of the image': () =>
    stack(
      layers.conv2d({filters: 7, kernelSize: 3, strides: 2, padding: 'same', ...image(9, 8, 3)}),
      layers.flatten(),
      dense(),
    ),
  'stride 3, dilation': () => between(layers.conv2d({filters: 3, kernelSize: [1, 3], dilationRate: [1, 2]})),
  'a large kernel over a small plane': () =>
    between(layers.conv2d({filters: 3, kernelSize: 5, padding: 'same'}), image(2, 3, 1)),
  'planes of 1 x 1': () => between(layers.conv2d({filters: 9, kernelSize: 1}), image(1, 1, 3)),
  'a plane that becomes 1 x 1': () => between(layers.conv2d({filters: 9, kernelSize: [7, 6]})),
  'a sequence': () =>
    stack(
      layers.conv1d({filters: 6, kernelSize: 3, padding: 'same', inputShape: [11, 3]}),
      layers.conv1d({filters: 5, kernelSize: 2, strides: 2}),
      layers.globalMaxPooling1d({}),
      dense(),
    ),
  depthwise: () => between(layers.depthwiseConv2d({kernelSize: 3, padding: 'same', activation: 'relu6'})),
  'depthwise, 5 x 5': () => between(layers.depthwiseConv2d({kernelSize: 5, padding: 'same'})),
  'depthwise, stride 2': () => between(layers.depthwiseConv2d({kernelSize: 3, strides: 2, padding: 'same'})),
  'depthwise, stride 2, 5 x 5': () => between(layers.depthwiseConv2d({kernelSize: 5, strides: 2, padding: 'same'})),
  'depthwise, several outputs each': () => between(layers.depthwiseConv2d({kernelSize: 2, depthMultiplier: 3})),
  separable: () => between(layers.separableConv2d({filters: 5, kernelSize: 3, padding: 'same'})),
  transposed: () => between(layers.conv2dTranspose({filters: 5, kernelSize: 3, strides: 2, padding: 'same'})),
  'one position that becomes an image': () =>
    stack(
      layers.dense({units: 8, activation: 'relu', inputShape: [5]}),
      layers.reshape({targetShape: [1, 1, 8]}),
      layers.conv2dTranspose({filters: 6, kernelSize: 4, activation: 'relu'}),
      layers.conv2dTranspose({filters: 3, kernelSize: 4, strides: 2, padding: 'same'}),
    ),
  'batch normalization': () => between(layers.batchNormalization()),
  'max pools': () => between(layers.maxPooling2d({poolSize: 3, strides: 2, padding: 'same'})),
  'max pools of 2 x 2': () => between(layers.maxPooling2d({poolSize: 2}), image(18, 17, 3)),
  'mean pools': () => between(layers.averagePooling2d({poolSize: 2, strides: 1, padding: 'same'})),
  'the mean of planes': () =>
    stack(layers.conv2d({filters: 6, kernelSize: 3, ...image(5, 4, 2)}), layers.globalAveragePooling2d({}), dense()),
  'zeros around': () =>
    between(
      layers.zeroPadding2d({
        padding: [
          [1, 2],
          [0, 3],
        ],
      }),
    ),
  'repeated positions': () => between(layers.upSampling2d({size: [2, 2]})),
  'axes in another order': () => between(layers.permute({dims: [2, 1, 3]})),
  'channels torn apart': () => between(layers.permute({dims: [3, 1, 2]})),
  'another shape': () => between(layers.reshape({targetShape: [6, 7, 6]})),
  'a function that bytes do not know': () => between(layers.activation({activation: 'tanh'})),
  'channels first': () =>
    stack(
      layers.conv2d({filters: 6, kernelSize: 3, padding: 'same', dataFormat: 'channelsFirst', inputShape: [3, 7, 6]}),
      layers.conv2d({filters: 5, kernelSize: 2, strides: 2, dataFormat: 'channelsFirst'}),
      layers.flatten(),
      dense(),
    ),
};

test.each(Object.entries(NETS))('%s: near floats, and the same on all machines', async (_, net) => {
  await expectNear(net());
});

test.each(Object.entries(NETS))('%s: so it is in a batch', async (_, net) => {
  await expectNear(net(), {batch: 3});
});

test('random architectures give the same on all machines, near floats', async () => {
  const draws = fc.record({
    recipe: knownRecipes,
    sparsity: fc.constantFrom(0, 0.5, 0.9),
    batch: fc.constantFrom(1, 1, 2),
  });
  let count = 0;
  const property = fc.asyncProperty(draws, async ({recipe, sparsity, batch}) => {
    const model = modelOf(recipe);
    thinOut(model, sparsity);
    const both = await bothOf(model, batch).catch((error: unknown) => {
      expect(String(error)).toContain('no layer to compute in int8');
      return undefined;
    });
    both?.expected.forEach((output, i) => {
      count++;
      for (const outputs of both.found) expect(errorOf(outputs[i]!, both.found[0]![i]!)).toBeLessThan(1e-4);
      expect(errorOf(both.found[0]![i]!, output)).toBeLessThan(0.3);
    });
    tf.dispose(model.weights.map(weight => weight.read()));
  });
  await fc.assert(property, {numRuns: 40, seed: 1});
  expect(count).toBeGreaterThan(20);
});

type Symbolic = tf.SymbolicTensor;
const conv = (filters: number, strides = 1) => layers.conv2d({filters, kernelSize: 3, strides, padding: 'same'});

const GRAPHS: Record<string, () => Model> = {
  'a residual sum, and a rectifier behind it'() {
    const x = tf.input({shape: [6, 5, 3]});
    const first = layers.reLU().apply(conv(6).apply(x)) as Symbolic;
    const sum = layers.add().apply([conv(6).apply(first) as Symbolic, first]) as Symbolic;
    return ended(x, layers.reLU({maxValue: 6}).apply(sum) as Symbolic);
  },
  'a projection of stride 2'() {
    const x = tf.input({shape: [7, 6, 3]});
    const first = layers.reLU().apply(conv(6).apply(x)) as Symbolic;
    const branch = layers.batchNormalization().apply(conv(8, 2).apply(first)) as Symbolic;
    const shortcut = layers.conv2d({filters: 8, kernelSize: 1, strides: 2, padding: 'same'}).apply(first) as Symbolic;
    return ended(x, layers.add().apply([branch, shortcut]) as Symbolic);
  },
  'the mean of three'() {
    const x = tf.input({shape: [4, 4, 2]});
    const branches = [1, 2, 3].map(() => conv(5).apply(x) as Symbolic);
    return ended(x, layers.average().apply(branches) as Symbolic);
  },
  'values of different scales one behind the other, of odd channels'() {
    const x = tf.input({shape: [5, 5, 3]});
    const large = layers.rescaling({scale: 30}).apply(conv(5).apply(x)) as Symbolic;
    const both = layers.concatenate().apply([conv(7).apply(x) as Symbolic, large, conv(2).apply(x) as Symbolic]);
    return ended(x, conv(4).apply(both) as Symbolic);
  },
  'a shared layer'() {
    const [a, b] = [tf.input({shape: [5, 5, 3]}), tf.input({shape: [5, 5, 3]})];
    const shared = conv(6);
    const both = [a, b].map(input => layers.reLU().apply(shared.apply(input)) as Symbolic);
    const output = dense().apply(layers.flatten().apply(layers.add().apply(both))) as Symbolic;
    return tf.model({inputs: [a, b], outputs: output});
  },
  'a value that both bytes and an output take'() {
    const x = tf.input({shape: [5, 5, 3]});
    const middle = conv(4).apply(x) as Symbolic;
    return tf.model({
      inputs: x,
      outputs: [middle, dense().apply(layers.flatten().apply(conv(3).apply(middle))) as Symbolic],
    });
  },
  'squeezed and excited channels'() {
    const x = tf.input({shape: [5, 5, 3]});
    const image = layers.reLU().apply(conv(8).apply(x)) as Symbolic;
    const means = layers.globalAveragePooling2d({}).apply(image) as Symbolic;
    const gates = layers
      .dense({units: 8, activation: 'sigmoid'})
      .apply(layers.dense({units: 3, activation: 'relu'}).apply(means));
    const spread = layers.reshape({targetShape: [1, 1, 8]}).apply(gates) as Symbolic;
    return ended(x, layers.multiply().apply([image, spread]) as Symbolic);
  },
};

function ended(input: Symbolic, image: Symbolic): Model {
  return tf.model({inputs: input, outputs: dense().apply(layers.flatten().apply(conv(5).apply(image))) as Symbolic});
}

test.each(Object.entries(GRAPHS))('%s', async (_, net) => {
  await expectNear(net());
  await expectNear(net(), {batch: 2});
});

/** Numbers of a generator without tf.js. */
function drawn(count: number, seed: number): Float32Array {
  let state = seed;
  return Float32Array.from({length: count}, () => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
    return state / 2 ** 31 - 1;
  });
}

const levelsOf = (numbers: Float32Array) => {
  const [low, high] = [Math.min(0, ...numbers), Math.max(0, ...numbers)];
  const scale = Math.fround((high - low) / 127);
  return {scale, zero: Math.round(-low / scale)};
};
const wholesOf = (weights: number[]) => {
  const scale = Math.max(...weights.map(Math.abs)) / 127;
  return {scale, wholes: weights.map(weight => Math.round(weight / scale))};
};
const cut = (value: number, low: number) => Math.min(Math.max(value, low), 127);

/** The equation, written out: a convolution of stride 2, `same`, with a rectifier, and a dense layer behind it. */
function byHand(x: Float32Array, kernel: Float32Array, bias: Float32Array, floats: Float32Array, head: Float32Array) {
  const [input, middle] = [levelsOf(x), levelsOf(floats)];
  const image = Array.from(x, value => cut(Math.round(value / input.scale) + input.zero, 0));
  const bytes: number[] = [];
  for (let y = 0; y < 4; y++) {
    for (let column = 0; column < 3; column++) {
      for (let output = 0; output < 6; output++) {
        const {scale, wholes} = wholesOf(Array.from({length: 27}, (_, i) => kernel[6 * i + output]!));
        let sum = 0;
        for (let down = 0; down < 3; down++) {
          for (let right = 0; right < 3; right++) {
            const [row, place] = [2 * y + down - 1, 2 * column + right];
            if (row < 0 || row >= 7 || place >= 6) continue; // what is beside the image is zero
            for (let channel = 0; channel < 3; channel++) {
              const byte = image[(row * 6 + place) * 3 + channel]!;
              sum += wholes[(down * 3 + right) * 3 + channel]! * (byte - input.zero);
            }
          }
        }
        const real = scale * input.scale * sum + bias[output]!;
        bytes.push(cut(Math.round(real / middle.scale) + middle.zero, middle.zero));
      }
    }
  }
  return Array.from({length: 5}, (_, output) => {
    const {scale, wholes} = wholesOf(Array.from({length: 72}, (_, i) => head[5 * i + output]!));
    return bytes.reduce((sum, byte, i) => sum + wholes[i]! * (byte - middle.zero), 0) * scale * middle.scale;
  });
}

test('the numbers are those of the equation', async () => {
  const [x, kernel, bias, head] = [drawn(126, 1), drawn(162, 2), drawn(6, 3), drawn(360, 4)];
  const model = stack(
    layers.conv2d({filters: 6, kernelSize: 3, strides: 2, padding: 'same', activation: 'relu', ...image(7, 6, 3)}),
    layers.flatten(),
    layers.dense({units: 5, useBias: false}),
  );
  model.setWeights([tf.tensor(kernel, [3, 3, 3, 6]), tf.tensor(bias), tf.tensor(head, [72, 5])]);
  const floats = predicted(tf.model({inputs: model.inputs, outputs: model.layers[0]!.output}), [
    tf.tensor(x, [1, 7, 6, 3]),
  ]);
  const expected = byHand(x, kernel, bias, floats[0]!, head);
  const fast = await compile(model, {precision: 'int8', calibration: x});
  const found = fast.run(x);
  expected.forEach((value, i) => expect(found[i]).toBeCloseTo(value, 4));
});

/** Pictures of ten kinds: a bright spot whose place tells the kind, in noise. */
function spots(count: number, seed: number): {xs: tf.Tensor; ys: tf.Tensor} {
  const noise = drawn(count * 256, seed);
  const kinds = Array.from({length: count}, (_, i) => i % 10);
  kinds.forEach((kind, i) => {
    const [row, column] = [3 + 8 * Math.floor(kind / 5), 1 + 3 * (kind % 5)];
    for (let y = row; y < row + 3; y++) for (let x = column; x < column + 3; x++) noise[256 * i + 16 * y + x]! += 2.5;
  });
  return {xs: tf.tensor(noise, [count, 16, 16, 1]), ys: tf.oneHot(tf.tensor1d(kinds, 'int32'), 10)};
}

/** A small LeNet-5 that has learned them, 80 % of its weights gone in blocks of 4 inputs. */
async function trained(): Promise<tf.LayersModel> {
  const pool = () => layers.maxPooling2d({poolSize: 2});
  const convolution = (filters: number, seed: number) =>
    layers.conv2d({
      name: `conv${filters}`,
      filters,
      kernelSize: 3,
      activation: 'relu',
      kernelInitializer: tf.initializers.heNormal({seed}),
    });
  const last = (units: number, activation: 'relu' | 'softmax', seed: number) =>
    layers.dense({units, activation, kernelInitializer: tf.initializers.heNormal({seed})});
  const first = layers.inputLayer(image(16, 16, 1));
  const net = stack(
    first,
    convolution(6, 1),
    pool(),
    convolution(10, 2),
    pool(),
    layers.flatten(),
    last(40, 'relu', 3),
    last(10, 'softmax', 4),
  );
  const model = prunable(net);
  model.compile({optimizer: tf.train.adam(0.01), loss: 'categoricalCrossentropy'});
  const {xs, ys} = spots(500, 1);
  const pruning = new GradualPruning({
    sparsity: 0.8,
    structure: inputBlocks(4),
    layers: ({name}) => name !== 'conv6',
  });
  await model.fit(xs, ys, {epochs: 6, batchSize: 50, shuffle: false, verbose: 0, callbacks: [pruning]});
  return stripPruning(model);
}

test('a net that was trained and pruned says the same in int8, and says how sure that is', async () => {
  const model = await trained();
  const [calibration, {xs, ys}] = [spots(100, 2).xs.dataSync<'float32'>(), spots(300, 3)];
  const fast = await compile(model, {precision: 'int8', calibration});
  const pictures = xs.dataSync<'float32'>();
  const kinds = tf.argMax(ys, 1).dataSync();
  const largest = (scores: Float32Array) => scores.indexOf(Math.max(...scores));
  const floats = await compile(model);
  let [same, right] = [0, 0];
  for (let i = 0; i < 300; i++) {
    const picture = pictures.subarray(256 * i, 256 * (i + 1));
    const guess = largest(fast.run(picture));
    same += Number(guess === largest(floats.run(picture)));
    right += Number(guess === kinds[i]);
  }
  expect(right).toBeGreaterThan(200);
  expect(same).toBeGreaterThanOrEqual(294);
  const {accuracy, rows} = fast.report();
  expect(accuracy).toMatchObject({examples: 100, outputs: [{agreement: expect.closeTo(1, 1) as number}]});
  expect(accuracy!.outputs[0]!.largest).toBeLessThan(0.1);
  expect(accuracy!.outputs[0]!.mean).toBeLessThan(accuracy!.outputs[0]!.largest);
  expect(rows.find(({layer}) => layer === 'conv10')).toMatchObject({
    kernel: 'int8 quads',
    density: expect.closeTo(0.2, 1) as number,
  });
  const formatted = (machine: MachineKind) => formatRuntimeReport({...fast.report(), machine});
  const far =
    'int8 against floats, 100 examples: off by at most [\\d.]+%, [\\d.]+% in the mean, the same largest number in';
  expect(formatted('relaxed SIMD')).toMatch(new RegExp(`\n${far} [\\d.]+%$`));
  expect(formatted('SIMD')).toMatch(new RegExp(`\n${far} [\\d.]+%\nwithout relaxed SIMD, int8 is about as fast`));
});

test('weights take a quarter of the bytes of floats', async () => {
  const model = withRandomWeights(
    stack(layers.dense({units: 256, inputShape: [256], activation: 'relu'}), dense(256)),
    1,
  );
  const calibration = drawn(2560, 1);
  const weightBytes = async (args: object) => (await compile(model, args)).report().weightBytes;
  const [floats, bytes] = [await weightBytes({}), await weightBytes({precision: 'int8', calibration})];
  expect(bytes / floats).toBeLessThan(0.27);
});

test('layers, channels and inputs of nothing but zeros give no NaN', async () => {
  const model = withRandomWeights(between(conv(6)), 1);
  thinOut(model, 1);
  const {found, expected} = await bothOf(model);
  for (const [output] of found)
    expect([...output!]).toEqual([...expected[0]!].map(value => expect.closeTo(value, 5) as number));
  const other = withRandomWeights(between(conv(6)), 1);
  const fast = await compile(other, {precision: 'int8', calibration: new Float32Array(210)});
  expect(fast.run(new Float32Array(210).fill(NaN)).every(Number.isFinite)).toBe(true);
});

test('stateful layers begin with zeros, and go on from run to run as they did with floats', async () => {
  const batch = 3;
  const model = withRandomWeights(
    stack(
      layers.lstm({units: 6, stateful: true, batchInputShape: [batch, 5, 4], recurrentInitializer: 'zeros'}),
      layers.dense({units: 8, activation: 'relu'}),
      dense(),
    ),
    3,
  );
  const x = tf.randomNormal([24, 5, 4], 0, 1, 'float32', 1);
  const calibration = x.dataSync<'float32'>();
  const fast = await compile(model, {batch, precision: 'int8', calibration});
  expect(fast.report().accuracy!.outputs[0]!.largest).toBeLessThan(0.08);
  model.resetStates();
  for (let first = 0; first < 24; first += batch) {
    const [expected] = predicted(model, [x.slice([first], [batch])]);
    const found = fast.run(calibration.subarray(20 * first, 20 * (first + batch)));
    expect(errorOf(found, expected!)).toBeLessThan(0.1);
  }
});

test('what is beyond the calibration is cut off', async () => {
  const model = withRandomWeights(NETS['a dense layer']!(), 1);
  const fast = await compile(model, {
    precision: 'int8',
    calibration: Float32Array.from({length: 18}, (_, i) => (i < 9 ? 1 : -1)),
  });
  const most = fast.run(new Float32Array(9).fill(1)).slice();
  expect(fast.run(new Float32Array(9).fill(50))).toEqual(most);
});

test('wrong options and data are refused', async () => {
  const model = withRandomWeights(NETS['a dense layer']!(), 1);
  const int8 = (calibration: unknown) => compile(model, {precision: 'int8', calibration: calibration as Float32Array});
  await expect(compile(model, {precision: 'int8'})).rejects.toThrow(
    'compile expects `calibration`, examples of the input',
  );
  await expect(compile(model, {calibration: drawn(9, 1)})).rejects.toThrow("for `precision: 'int8'`, got 'float32'");
  await expect(compile(model, {precision: 'int4' as 'int8'})).rejects.toThrow('`precision` to be one of float32, int8');
  await expect(int8(new Float32Array(0))).rejects.toThrow('examples of [9], 9 numbers each, got 0 numbers');
  await expect(int8(new Float32Array(10))).rejects.toThrow('examples of [9], 9 numbers each, got 10 numbers');
  await expect(int8([drawn(9, 1), drawn(9, 2)])).rejects.toThrow('`calibration` to be of 1 inputs, got 2');
  await expect(int8([[1, 2]])).rejects.toThrow('`calibration` to be a typed array, or a list of them');
  await expect(int8(Float32Array.of(1, 2, 3, 4, NaN, 6, 7, 8, 9))).rejects.toThrow('layer "input" gives NaN');
  const two = GRAPHS['a shared layer']!();
  const uneven = compile(two, {precision: 'int8', calibration: [drawn(75, 1), drawn(150, 1)]});
  await expect(uneven).rejects.toThrow('as many examples of each input, got 1, 2');
  const rnn = stack(layers.lstm({units: 3, inputShape: [4, 2]}));
  await expect(compile(rnn, {precision: 'int8', calibration: drawn(8, 1)})).rejects.toThrow(
    'no layer to compute in int8',
  );
  const other = stack(ownNormalization({name: 'norm', inputShape: [9]}), dense());
  for (const args of [{}, {tf}]) {
    await expect(compile(other, {...args, precision: 'int8', calibration: drawn(9, 1)})).rejects.toThrow(
      /"norm" \(OwnNormalization\), and runs nothing by tf.js in int8; leave out `precision: 'int8'`/,
    );
  }
});
