import * as tf from '@tensorflow/tfjs';
import {quantized} from 'tfjs-pruning/wire';
import {findScale} from '../../src/wire/grid/find-scale.js';
import {quantizeAffine} from '../../src/wire/grid/quantize-affine.js';
import {randomNumbers} from '../../src/math/random-numbers.js';

let warnings: jest.SpyInstance;
beforeEach(() => (warnings = jest.spyOn(console, 'warn').mockImplementation()));
afterEach(() => warnings.mockRestore());

function net(): tf.LayersModel {
  const kernelInitializer = tf.initializers.glorotNormal({seed: 5});
  return tf.sequential({
    layers: [
      tf.layers.dense({name: 'first', units: 30, inputShape: [20], kernelInitializer}),
      tf.layers.dense({name: 'last', units: 4, kernelInitializer, biasInitializer: 'ones'}),
    ],
  });
}

/** What a save handler is given. */
async function artifactsOf(
  model: tf.LayersModel,
  args?: Parameters<typeof quantized>[1],
): Promise<tf.io.ModelArtifacts> {
  let artifacts: tf.io.ModelArtifacts | undefined;
  const handler = tf.io.withSaveHandler(given => {
    artifacts = given;
    return Promise.resolve({modelArtifactsInfo: tf.io.getModelArtifactsInfoForJSON(given)});
  });
  await model.save(quantized(handler, args));
  return artifacts!;
}

const values = (model: tf.LayersModel) =>
  model.weights.map(weight => [...weight.read().dataSync()].map(value => value + 0));
const loaded = (artifacts: tf.io.ModelArtifacts) => tf.loadLayersModel(tf.io.fromMemory(artifacts));

test.each([
  ['uint8', 1, 0.02],
  ['uint16', 2, 1e-4],
  ['float16', 2, 1e-3],
] as const)('%s: stock tf.js reads it, zeros are zeros, biases are as they were', async (dtype, bytes, tolerance) => {
  const model = net();
  const [kernel, bias] = model.getLayer('first').getWeights();
  model.getLayer('first').setWeights([tf.mul(kernel!, tf.abs(kernel!).greater(0.1)), bias!]);
  const artifacts = await artifactsOf(model, {dtype});
  const size = (artifacts.weightData as ArrayBuffer).byteLength;
  expect(size).toBe(bytes * (20 * 30 + 30 * 4) + 4 * (30 + 4));
  const [before, after] = [values(model), values(await loaded(artifacts))];
  expect([after[1], after[3]]).toEqual([before[1], before[3]]);
  for (const i of [0, 2]) {
    after[i]!.forEach((value, k) => expect(Math.abs(value - before[i]![k]!)).toBeLessThan(tolerance));
    after[i]!.forEach((value, k) => before[i]![k] === 0 && expect(value).toBe(0));
  }
});

test('only the chosen layers are quantized', async () => {
  const {weightSpecs} = await artifactsOf(net(), {layers: ['last']});
  expect(weightSpecs!.map(({name, quantization}) => [name, quantization?.dtype])).toEqual([
    ['first/kernel', undefined],
    ['first/bias', undefined],
    ['last/kernel', 'uint8'],
    ['last/bias', undefined],
  ]);
});

test('a model that was quantized before is kept exactly, also after pruning', async () => {
  const once = await loaded(await artifactsOf(net()));
  expect(values(await loaded(await artifactsOf(once)))).toEqual(values(once));
  const [kernel, bias] = once.getLayer('first').getWeights();
  once.getLayer('first').setWeights([tf.mul(kernel!, tf.abs(kernel!).greater(0.2)), bias!]);
  expect(values(await loaded(await artifactsOf(once)))).toEqual(values(once));
});

test('the scale of quantized weights is found, whatever it is', () => {
  const chances = randomNumbers(600, 'scales');
  for (const scale of [0.1, 1 / 3, 0.007_843_137_718_737_125, 123.456]) {
    for (const most of [255, 65_535]) {
      const levels = Array.from({length: 500}, (_, i) => Math.round((chances[i]! - 0.4) ** 3 * 3.5 * most) + 0);
      const weights = Float32Array.from(levels, level => level * scale);
      const found = findScale(weights, most)!;
      const ratio = Math.round(scale / found.scale);
      expect([...found.levels].map(level => level / ratio)).toEqual(levels);
      expect([...found.levels].map(level => Math.fround(level * found.scale))).toEqual([...weights]);
    }
  }
  expect(findScale(Float32Array.from(chances), 255)).toBeUndefined();
  expect(findScale(new Float32Array(3), 255)).toEqual({levels: new Int32Array(3), scale: 1});
});

test('an outlier is clipped where that makes the error smaller', () => {
  const weights = Float32Array.from(randomNumbers(2000, 'weights'), chance => chance - 0.5);
  weights[7] = 3;
  const error = ({stored, scale, min}: ReturnType<typeof quantizeAffine>) =>
    weights.reduce((sum, weight, i) => sum + (weight - (stored[i]! * scale + min)) ** 2, 0);
  const whole = {scale: 3.5 / 255, min: -36 * (3.5 / 255)};
  const unclipped = {...whole, stored: Uint8Array.from(weights, weight => Math.round(weight / whole.scale) + 36)};
  expect(error(quantizeAffine(weights, 255))).toBeLessThan(error(unclipped));
});

test('what can not be kept is refused', async () => {
  const model = net();
  const set = (value: number) => model.getLayer('last').setWeights([tf.fill([30, 4], value), tf.zeros([4])]);
  set(Infinity);
  await expect(artifactsOf(model)).rejects.toThrow(
    'Expected weight "last/kernel" to hold finite numbers, got Infinity',
  );
  set(70_000);
  await expect(artifactsOf(model, {dtype: 'float16'})).rejects.toThrow('within the range of float16, got 70000');
  await expect(artifactsOf(net(), {layers: 'lost'})).rejects.toThrow('kernels, "first", "last", got "lost"');
  expect(() => quantized('nothing://x')).toThrow('quantized expects a URL that one handler of tf.js saves to');
  expect(() => quantized({})).toThrow('or a handler with `save`');
  expect(() => quantized('file://./x', {dtype: 'int4'} as never)).toThrow('dtype');
});
