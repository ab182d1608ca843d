import * as tf from '@tensorflow/tfjs';
import {
  GradualPruning,
  maskZeros,
  polynomialDecay,
  prunable,
  pruneOnce,
  readMasks,
  sparsityReport,
  stripPruning,
  taylor,
} from 'tfjs-pruning';
import {setMask, wrapper, zerosIn} from '../support/masks.js';
import {distance, expectNoLeak, predict} from '../support/tensors.js';

const A = [4, 0, 0.5, -0, 0.02, 3, 0, -0.03];

function plain(a = A): tf.Sequential {
  const layers = [
    tf.layers.dense({
      name: 'a',
      units: 4,
      inputShape: [2],
      weights: [tf.tensor2d(a, [2, 4]), tf.tensor1d([0, 1, 0, 1])],
    }),
    tf.layers.dense({name: 'b', units: 1, weights: [tf.tensor2d([1, 2, 0, 4], [4, 1]), tf.zeros([1])]}),
  ];
  return tf.sequential({layers});
}

const weightOf = (model: tf.LayersModel, name: string) => wrapper(model, name).maskedWeights[0]!;
const maskOf = (model: tf.LayersModel, name: string) => [...weightOf(model, name).mask.read().dataSync()];

test('masks what is exactly zero, and nothing else changes', async () => {
  const model = prunable(plain());
  const x = tf.randomNormal([5, 2]);
  const before = predict(model, x);
  expect(await maskZeros(model)).toEqual({weights: 12, zeros: 4, sparsity: 1 / 3});
  expect(maskOf(model, 'a')).toEqual([1, 0, 1, 0, 1, 1, 0, 1]);
  expect(maskOf(model, 'b')).toEqual([1, 1, 0, 1]);
  expect(distance(predict(model, x), before)).toBe(0);
  expect([...wrapper(model, 'a').layer.getWeights()[1]!.dataSync()]).toEqual([0, 1, 0, 1]);
});

test('a layer without zeros stays dense, one with zeros does not', async () => {
  const model = prunable(plain());
  await maskZeros(model);
  expect(weightOf(model, 'a').read()).not.toBe(weightOf(model, 'a').kernel.read());
  const dense = prunable(plain([1, 2, 3, 4, 5, 6, 7, 8]));
  await maskZeros(dense, {layers: 'a'});
  expect(weightOf(dense, 'a').read()).toBe(weightOf(dense, 'a').kernel.read());
});

test('a mask that holds anything but 0 and 1 is refused', async () => {
  const model = prunable(plain());
  setMask(weightOf(model, 'b'), () => 0.5);
  await expect(maskZeros(model)).rejects.toThrow(/"b\/kernel".* 0\.5/);
  expect(maskOf(model, 'a')).toEqual([1, 1, 1, 1, 1, 1, 1, 1]);
});

test('what is masked stays masked, also where something lives on behind the mask', async () => {
  const model = prunable(plain());
  setMask(weightOf(model, 'a'), i => (i === 0 ? 0 : 1));
  expect(await maskZeros(model, {layers: 'a'})).toEqual({weights: 8, zeros: 4, sparsity: 0.5});
  expect(maskOf(model, 'a')).toEqual([0, 0, 1, 0, 1, 1, 0, 1]);
  expect(weightOf(model, 'a').kernel.read().dataSync()[0]).toBe(4);
  expect(maskOf(model, 'b')).toEqual([1, 1, 1, 1]);
});

test('a sparse model that is wrapped again keeps its zeros through a schedule from 0', async () => {
  const first = prunable(
    tf.sequential({
      layers: [tf.layers.dense({name: 'a', units: 20, inputShape: [5]}), tf.layers.dense({name: 'o', units: 2})],
    }),
  );
  await pruneOnce(first, {sparsity: 0.7, layers: 'a'});
  const model = prunable(stripPruning(first));
  await maskZeros(model);
  model.compile({optimizer: 'adam', loss: 'meanSquaredError'});
  const zeros: number[] = [];
  const watch = new tf.CustomCallback({onBatchEnd: () => void zeros.push(zerosIn(weightOf(model, 'a')))});
  const warn = jest.spyOn(console, 'warn').mockImplementation();
  const schedule = polynomialDecay({finalSparsity: 0.9, endStep: 8, frequency: 2});
  await model.fit(tf.randomNormal([32, 5]), tf.randomNormal([32, 2]), {
    epochs: 2,
    batchSize: 8,
    verbose: 0,
    callbacks: [new GradualPruning({schedule, layers: 'a'}), watch],
  });
  expect(zeros.map(count => count >= 70)).toEqual(Array(8).fill(true));
  expect(zeros.at(-1)).toBe(90);
  // 0.9 (1 - (1 - 4 / 8)^3) = 0.7875 at step 4 is the first to ask for more than 0.7
  expect(warn.mock.calls).toEqual([
    ['GradualPruning: 70.0% of the weights are masked already, and stay so; the schedule asks for less until step 4.'],
  ]);
  warn.mockRestore();
});

test('what is masked stays zero in a plain fit, too', async () => {
  const model = prunable(plain());
  await maskZeros(model);
  model.compile({optimizer: 'adam', loss: 'meanSquaredError'});
  await model.fit(tf.randomNormal([8, 2]), tf.randomNormal([8, 1]), {epochs: 2, verbose: 0});
  const [a, , b] = stripPruning(model).getWeights();
  expect([a, b].map(kernel => Array.from(kernel!.dataSync(), value => value === 0))).toEqual([
    A.map(value => value === 0),
    [false, false, true, false],
  ]);
});

test('a kernel of zeros is refused by name, and nothing is masked; other layers can be masked', async () => {
  const model = prunable(plain(Array<number>(8).fill(0)));
  await expect(maskZeros(model)).rejects.toThrow(
    /^maskZeros expects a weight of "a\/kernel" that is not zero, but all 8 are zero/,
  );
  expect(maskOf(model, 'b')).toEqual([1, 1, 1, 1]);
  expect(await maskZeros(model, {layers: ({name}) => name !== 'a'})).toEqual({weights: 4, zeros: 1, sparsity: 0.25});
  expect((await sparsityReport(model)).total.zeros).toBe(9);
});

test.each([
  ['a model without wrapped layers', () => maskZeros(plain()), /wrapped layers.*use prunable/],
  ['layers that there are not', () => maskZeros(prunable(plain()), {layers: 'c'}), /"c" matches none/],
  ['an option that there is not', () => maskZeros(prunable(plain()), {layer: 'a'} as never), /has no option `layer`/],
  ['NaN', () => maskZeros(prunable(plain([NaN, ...A.slice(1)]))), /"a\/kernel".*NaN/],
  ['no model', () => maskZeros(null as never), /maskZeros expects a tf.Sequential or tf.LayersModel, got null/],
])('refuses %s', async (_, run, message) => {
  await expect(run()).rejects.toThrow(message);
});

test('leaks nothing, also where it fails', async () => {
  const [model, wrong] = [prunable(plain()), prunable(plain([NaN, ...A.slice(1)]))];
  await expectNoLeak(async () => {
    await maskZeros(model);
    await maskZeros(wrong).catch(() => undefined);
  });
  tf.dispose(await readMasks(model));
});

test('a schedule that begins below what is masked waits, also where its criterion has seen nothing yet', async () => {
  const model = prunable(plain());
  model.compile({optimizer: 'sgd', loss: 'meanSquaredError'});
  await maskZeros(model);
  const warnings = jest.spyOn(console, 'warn').mockImplementation();
  const schedule = polynomialDecay({finalSparsity: 0.5, endStep: 4, frequency: 1});
  const pruning = new GradualPruning({schedule, criterion: taylor()});
  await model.fit(tf.ones([8, 2]), tf.ones([8, 1]), {batchSize: 2, verbose: 0, callbacks: [pruning]});
  expect(pruning.sparsity).toBe(0.5);
  warnings.mockRestore();
});
