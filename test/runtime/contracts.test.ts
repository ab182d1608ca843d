import {setFlagsFromString} from 'node:v8';
import {runInNewContext} from 'node:vm';
import * as tf from '@tensorflow/tfjs';
import fc from 'fast-check';
import {compile} from 'tfjs-pruning/runtime';
import {built} from '../../src/runtime/built.js';
import {sourceOfModel} from '../../src/runtime/source/layers-model.js';
import {modelOf} from '../support/random-architecture.js';
import {withRandomWeights} from '../support/random-weights.js';
import {randomInputs} from '../support/surgery-oracle.js';
import {expectClose, expectPredicted, predicted, thinOut} from './against-predict.js';
import {knownRecipes} from './known-recipes.js';

const {layers} = tf;

// tf.js warns of states that it saves all the same.
beforeEach(() => void jest.spyOn(console, 'warn').mockImplementation());
afterEach(() => jest.restoreAllMocks());

function sumAndDifference(): tf.LayersModel {
  const [a, b] = [tf.input({shape: [4]}), tf.input({shape: [4]})];
  const negative = layers.rescaling({scale: -1}).apply(b) as tf.SymbolicTensor;
  const outputs = [layers.add().apply([a, b]), layers.add().apply([a, negative])] as tf.SymbolicTensor[];
  return tf.model({inputs: [a, b], outputs});
}

const numbersOf = (...values: number[]) => Float32Array.from(values);

test('outputs may be the inputs of the next run, in any order', async () => {
  const fast = await compile(sumAndDifference());
  const [sum, difference] = fast.run([numbersOf(5, 6, 7, 8), numbersOf(1, 2, 3, 4)]) as [Float32Array, Float32Array];
  fast.run([difference, sum]);
  expect([[...sum], [...difference]]).toEqual([[10, 12, 14, 16], [-2, -4, -6, -8]]); // prettier-ignore
  fast.run([sum, sum]);
  expect([[...sum], [...difference]]).toEqual([[20, 24, 28, 32], [0, 0, 0, 0]]); // prettier-ignore
});

test('an output that lies where another input is written may be an input', async () => {
  const [a, b] = [tf.input({shape: [4]}), tf.input({shape: [4]})];
  const sum = layers.add().apply([a, b]) as tf.SymbolicTensor;
  const chain = [layers.dense({units: 4, activation: 'tanh'}), layers.dense({units: 4})];
  const output = chain.reduce((x, layer) => layer.apply(x) as tf.SymbolicTensor, sum);
  const model = withRandomWeights(tf.model({inputs: [a, b], outputs: output}), 1);
  const fast = await compile(model);
  const first = fast.run([numbersOf(1, 2, 3, 4), numbersOf(0, 0, 1, 0)]) as Float32Array;
  const before = first.slice();
  const x = numbersOf(9, 8, 7, 6);
  const expected = predicted(model, [tf.tensor2d(x, [1, 4]), tf.tensor2d(before, [1, 4])]);
  expectClose([fast.run([x, first])].flat(), expected, 1e-5);
});

test('a run that begins while the inputs of another one are read changes nothing in that', async () => {
  const fast = await compile(sumAndDifference());
  const inputs = [numbersOf(5, 6, 7, 8)];
  Object.defineProperty(inputs, 1, {
    get() {
      fast.run([numbersOf(9, 9, 9, 9), numbersOf(9, 9, 9, 9)]);
      return numbersOf(1, 2, 3, 4);
    },
    enumerable: true,
  });
  const [sum] = fast.run(inputs) as Float32Array[];
  expect([...sum!]).toEqual([6, 8, 10, 12]);
});

test('a weight that is NaN makes NaN of what it reaches, and reaches nothing by zeros of a sparse kernel', async () => {
  const model = withRandomWeights(
    tf.sequential({layers: [layers.dense({units: 64, inputShape: [8]}), layers.dense({units: 64, useBias: false})]}),
    1,
  );
  const [kernel, bias, last] = model.getWeights() as [tf.Tensor, tf.Tensor, tf.Tensor];
  const broken = kernel.bufferSync();
  broken.set(NaN, 2, 4);
  const sparse = last.bufferSync();
  for (let i = 0; i < sparse.size; i++) if (i % 17 > 0) sparse.values[i] = 0;
  model.setWeights([broken.toTensor(), bias, sparse.toTensor()]);
  const fast = await compile(model);
  const output = fast.run(new Float32Array(8).fill(1));
  const reached = Array.from({length: 64}, (_, column) => sparse.get(4, column) !== 0);
  expect(reached.filter(Boolean).length).toBeGreaterThan(2);
  expect([...output].map(Number.isNaN)).toEqual(reached);
  expect(predicted(model, [tf.ones([1, 8])])[0]!.every(Number.isNaN)).toBe(true);
});

test('500 layers', async () => {
  const deep = Array.from({length: 250}, (_, i) => [
    layers.dense({units: 6, ...(i === 0 && {inputShape: [6]}), activation: 'tanh', kernelInitializer: 'zeros'}),
    layers.leakyReLU(),
  ]).flat();
  const model = withRandomWeights(tf.sequential({layers: deep}), 1);
  await expectPredicted(model, {batch: 1});
  model.dispose();
});

test('ten thousand runs keep nothing', async () => {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  const model = tf.sequential({
    layers: [
      layers.conv2d({filters: 4, kernelSize: 3, inputShape: [6, 6, 1]}),
      layers.flatten(),
      layers.dense({units: 3}),
    ],
  });
  const fast = await compile(model);
  const x = new Float32Array(36);
  const {byteLength} = fast.run(x).buffer;
  for (let i = 0; i < 1000; i++) fast.run(x);
  collect();
  const before = process.memoryUsage().heapUsed;
  for (let i = 0; i < 10_000; i++) fast.run(x);
  collect();
  expect(process.memoryUsage().heapUsed - before).toBeLessThan(100_000); // 10 bytes a run would be as many
  expect(fast.run(x).buffer.byteLength).toBe(byteLength);
});

test('no program writes outside of what it asked for, or depends on what is there', async () => {
  const draws = fc.record({recipe: knownRecipes, batch: fc.constantFrom(1, 2, 3)});
  const property = fc.asyncProperty(draws, async ({recipe, batch}) => {
    const model = modelOf(recipe);
    thinOut(model, 0.5);
    const inputs = randomInputs(model, batch).map(input => input.dataSync<'float32'>());
    const source = await sourceOfModel(model);
    const inputShapes = model.inputs.map(({shape}) => shape.slice(1) as number[]);
    const fast = await built(source, {batch, inputShapes, machines: ['SIMD']});
    const outputs = [fast.run(inputs)].flat();
    const expected = outputs.map(output => output.slice());
    const {activationBytes, weightBytes} = fast.report();
    const memory = new Uint8Array(outputs[0]!.buffer);
    const outside = [memory.subarray(0, 64), memory.subarray(activationBytes + weightBytes)];
    for (const part of outside) part.fill(255); // which is NaN, as floats
    fast.run(inputs);
    outputs.forEach((output, i) => expect(output).toEqual(expected[i]));
    for (const part of outside) expect(part.every(byte => byte === 255)).toBe(true);
    tf.dispose(model.weights.map(weight => weight.read()));
  });
  await fc.assert(property, {numRuns: 60, seed: 5});
});

test('no values at all are predicted as such', async () => {
  const fast = await compile(tf.sequential({layers: [layers.reLU({inputShape: [3]})]}), {tf, batch: 2});
  const output = (await fast.predict(tf.zeros([0, 3]))) as tf.Tensor;
  expect(output.shape).toEqual([0, 3]);
  expectClose([output.dataSync<'float32'>()], [new Float32Array()], 0);
});
