import * as tf from '@tensorflow/tfjs';
import {compile, formatRuntimeReport} from 'tfjs-pruning/runtime';
import {withRandomWeights} from '../support/random-weights.js';
import {expectClose, predicted, thinOut} from './against-predict.js';
import {ownNormalization} from './unknown-layers.js';

const {layers} = tf;

function net(): tf.LayersModel {
  const model = withRandomWeights(
    tf.sequential({
      layers: [
        layers.conv2d({name: 'conv', filters: 8, kernelSize: 3, inputShape: [8, 8, 3], activation: 'relu'}),
        layers.globalAveragePooling2d({name: 'mean'}),
        layers.dense({name: 'dense', units: 4, activation: 'softmax'}),
      ],
    }),
    1,
  );
  thinOut(model, 0.8);
  return model;
}

function twoByTwo(): tf.LayersModel {
  const [a, b] = [tf.input({shape: [3]}), tf.input({shape: [3]})];
  const sum = layers.add().apply([a, b]) as tf.SymbolicTensor;
  return tf.model({inputs: [a, b], outputs: [sum, layers.reLU().apply(sum) as tf.SymbolicTensor]});
}

test('the arrays of a run belong to the compiled model: the next run writes into them', async () => {
  const fast = await compile(net());
  const first = fast.run(new Float32Array(192).fill(1));
  const copy = first.slice();
  const second = fast.run(new Float32Array(192).fill(2));
  expect(second).toBe(first);
  expect(second).not.toEqual(copy);
  expect(fast.run(new Float32Array(192).fill(1))).toEqual(copy);
});

test('a thousand runs allocate nothing', async () => {
  const fast = await compile(net());
  const x = new Float32Array(192);
  const out = fast.run(x);
  const {buffer} = out;
  const tensors = tf.memory().numTensors;
  for (let i = 0; i < 1000; i++) fast.run(x);
  expect(fast.run(x).buffer).toBe(buffer);
  expect(out.length).toBe(4);
  expect(tf.memory().numTensors).toBe(tensors);
});

test('pixels may be whole numbers', async () => {
  const model = net();
  const pixels = Uint8Array.from({length: 192}, (_, i) => i);
  const fast = await compile(model);
  expectClose([fast.run(pixels)], predicted(model, [tf.tensor(pixels, [1, 8, 8, 3], 'float32')]), 1e-5);
});

test('compiling leaves no tensor, and later training does not reach the program', async () => {
  const model = net();
  const tensors = tf.memory().numTensors;
  const fast = await compile(model);
  expect(tf.memory().numTensors).toBe(tensors);
  const before = fast.run(new Float32Array(192).fill(1)).slice();
  thinOut(model, 1);
  expect(fast.run(new Float32Array(192).fill(1))).toEqual(before);
});

test('several inputs and outputs come as lists', async () => {
  const fast = await compile(twoByTwo());
  expect(fast.inputShapes).toEqual([[3], [3]]);
  expect(fast.outputShapes).toEqual([[3], [3]]);
  const outputs = fast.run([Float32Array.of(1, -2, 3), Float32Array.of(0, 1, 2)]) as Float32Array[];
  expect(outputs.map(output => [...output])).toEqual([
    [1, -1, 5],
    [1, 0, 5],
  ]);
});

test('predict takes any number of examples, in batches of any size', async () => {
  const model = net();
  for (const [batch, examples] of [
    [1, 3],
    [4, 10],
    [16, 5],
  ] as const) {
    const fast = await compile(model, {batch, tf});
    const x = tf.randomNormal([examples, 8, 8, 3], 0, 1, 'float32', 1);
    const tensors = tf.memory().numTensors;
    const output = (await fast.predict(x)) as tf.Tensor;
    expect(tf.memory().numTensors).toBe(tensors + 1);
    expect(output.shape).toEqual([examples, 4]);
    expectClose([output.dataSync<'float32'>()], predicted(model, [x]), 1e-5);
  }
});

test('predict gives a list of tensors for several outputs', async () => {
  const fast = await compile(twoByTwo(), {tf});
  const outputs = (await fast.predict([tf.tensor2d([[1, -2, 3]]), tf.tensor2d([[0, 1, 2]])])) as tf.Tensor[];
  expect(outputs.map(output => output.arraySync())).toEqual([[[1, -1, 5]], [[1, 0, 5]]]);
});

test('wrong inputs are refused, before anything is computed', async () => {
  const fast = await compile(net(), {batch: 2});
  const list = await compile(twoByTwo());
  expect(() => fast.run(new Float32Array(192))).toThrow('Expected 384 numbers, for [2,8,8,3], got 192');
  expect(() => fast.run([1, 2, 3] as unknown as Float32Array)).toThrow(/Expected (a typed array|1 inputs)/);
  expect(() => fast.run('x' as unknown as Float32Array)).toThrow('Expected a typed array of numbers, got "x" (string)');
  expect(() => list.run(new Float32Array(3))).toThrow('Expected 2 inputs, got 1');
  await expect(fast.predict(tf.zeros([2, 8, 8, 3]))).rejects.toThrow('predict expects tf.js: compile(model, {tf})');
  const predicting = await compile(net(), {tf});
  await expect(predicting.predict(tf.zeros([2, 8, 3, 8]))).rejects.toThrow('[2,8,8,3] for input 0, got [2,8,3,8]');
});

test('wrong options are refused', async () => {
  await expect(compile(net(), {batch: 0})).rejects.toThrow('Expected `batch` to be a whole number >= 1, got 0');
  await expect(compile(net(), {keptSizes: 0})).rejects.toThrow('Expected `keptSizes` to be a whole number >= 1, got 0');
  await expect(compile(net(), {size: 1} as object)).rejects.toThrow('compile has no option `size`');
  const inputShapes = [[8, -8, 3]];
  await expect(compile(net(), {inputShapes})).rejects.toThrow(
    'Expected `inputShapes[0]` to be a list of whole numbers',
  );
});

test('a model that was disposed says so', async () => {
  const fast = await compile(net(), {tf});
  const output = fast.run(new Float32Array(192));
  fast.dispose();
  fast.dispose();
  expect(() => fast.run(new Float32Array(192))).toThrow('Expected a compiled model that is not disposed');
  expect(() => fast.report()).toThrow('not disposed');
  await expect(fast.predict(tf.zeros([1, 8, 8, 3]))).rejects.toThrow('not disposed');
  expect(output.length).toBe(4);
});

test('layers that can not be run are all named, when the model is compiled', async () => {
  const model = tf.sequential({
    layers: [ownNormalization({name: 'norm', inputShape: [4, 3]}), ownNormalization({name: 'other'})],
  });
  const message =
    'kinds: "norm" (OwnNormalization), "other" (OwnNormalization); give it tf.js, which runs what is unknown';
  await expect(compile(model)).rejects.toThrow(message);
  const bilinear = layers.upSampling2d({name: 'up', size: [2, 2], interpolation: 'bilinear', inputShape: [4, 4, 1]});
  const other = tf.sequential({layers: [bilinear]});
  await expect(compile(other)).rejects.toThrow('layer "up" (UpSampling2D): its interpolation is bilinear');
});

test('the report says how each layer is computed, and how long it takes', async () => {
  const fast = await compile(net(), {batch: 2});
  const {rows, batch, weightBytes, activationBytes} = fast.report();
  expect(rows.map(({layer}) => layer)).toEqual(['input', 'conv', 'mean', 'dense', 'dense', 'output']);
  const conv = rows[1]!;
  const kept = tf.tidy(() => tf.sum(tf.notEqual(net().getWeights()[0]!, 0)).dataSync()[0]!);
  expect(conv.multiplications).toBe(kept * 6 * 6 * 2);
  expect(conv.density).toBeCloseTo(kept / 216);
  expect(conv.microseconds).toBeNaN();
  expect([batch, weightBytes > 0, activationBytes > 0]).toEqual([2, true, true]);
  const measured = fast.report({measure: true});
  expect(measured.rows.every(({microseconds}) => microseconds > 0)).toBe(true);
  expect(formatRuntimeReport(measured)).toMatch(/^layer +kernel +density +multiplications +bytes +us\n/);
  expect(formatRuntimeReport(fast.report())).toMatch(/batch 2, (relaxed )?SIMD; activations [\d.]+ kB, weights/);
});
