import * as tf from '@tensorflow/tfjs';
import {addPenalty, entropyPenalty, modelSize, prunable, quantizationAware} from 'tfjs-pruning';
import {bitsOf, codeOf, magnitudesOf, slopesOf} from '../../src/penalties/code-length.js';
import {randomNumbers} from '../../src/math/random-numbers.js';
import {quantizerOf} from '../../src/parametrizations/step-sizes.js';
import {expectNoLeak} from '../support/tensors.js';

const layoutOf = (shape: number[]) => ({name: 'kernel', shape, inputAxes: [0], outputAxes: [1], gates: 1});

const numberOf = (compute: () => tf.Tensor) => tf.tidy(() => compute().dataSync()[0]!);
const valuesOf = (compute: () => tf.Tensor) => tf.tidy(() => [...compute().dataSync()]);

test('has the value that is worked out by hand', () => {
  // 3 bits: three levels to each side; step = min(3, 2.15 sqrt(5)) / 3 = 1
  const weight = tf.tensor2d([
    [3, 0],
    [0, -1],
    [0, 0],
  ]);
  const all = (2 + 0.5) / (6 + 1);
  const rows = [1, 1, 0].map(count => (count + 30 * all) / 32);
  const columns = [1, 1].map(count => (count + 8 * all) / 11);
  const logit = (p: number) => Math.log(p / (1 - p));
  const chance = (i: number, j: number) => 1 / (1 + Math.exp(-(logit(rows[i]!) + logit(columns[j]!) - logit(all))));
  const present = [chance(0, 0), chance(1, 1)];
  const absent = [chance(0, 1), chance(1, 0), chance(2, 0), chance(2, 1)].map(p => 1 - p);
  const goingOn = (2 + 0.5) / (2 + 2 + 1);
  const magnitudes = [goingOn, goingOn, 1 - goingOn, 1 - goingOn];
  const bits = 2 + [...present, ...absent, ...magnitudes].reduce((sum, p) => sum - Math.log2(p), 0);
  const penalty = entropyPenalty({strength: 0.5, bits: 3, perChannel: false});
  expect(numberOf(() => penalty(weight, layoutOf([3, 2])))).toBeCloseTo(0.5 * bits, 5);
  expect(numberOf(() => penalty.code!.lengthOf(weight, layoutOf([3, 2])))).toBeCloseTo(bits, 5);
});

test('is the entropy of levels that are drawn as the code expects', () => {
  // not zero with a probability of 0.2, and on to the next of 7 magnitudes with one of 0.3
  const draws = [randomNumbers(20_000, 'zeros'), randomNumbers(20_000, 'magnitudes')] as const;
  const values = draws[0].map((u, i) =>
    u < 0.8 ? 0 : Math.min(7, 1 + Math.floor(Math.log(draws[1][i]!) / Math.log(0.3))),
  );
  const magnitudes = tf.tensor2d(values, [200, 100]);
  const entropy = (p: number) => -p * Math.log2(p) - (1 - p) * Math.log2(1 - p);
  const bits = numberOf(() => bitsOf(magnitudes, codeOf(magnitudes)));
  expect(bits / values.length / (entropy(0.2) + 0.2 * (1 + entropy(0.3) / 0.7))).toBeCloseTo(1, 1.5);
});

test('the gradient is what finite differences say, for the code that fits and steps that grow with the weights', () => {
  const {stepsOf} = quantizerOf({bits: 4, perChannel: false}, [12, 5]);
  const numbers = randomNumbers(60, 'weight');
  const step = numberOf(() =>
    stepsOf(
      tf.tensor2d(
        numbers.map(u => (u < 0.5 ? 0 : 3 * (u - 0.75))),
        [12, 5],
      ),
    ),
  );
  // none near a level, where the slope changes, or beyond the last
  const values = Array.from(numbers, u => {
    const at = (3 * (u - 0.75)) / step;
    return u < 0.5 ? 0 : Math.sign(at) * step * (Math.min(6, Math.floor(Math.abs(at))) + 0.5);
  });
  const weight = tf.tensor2d(values, [12, 5]);
  const steps = stepsOf(weight);
  const fit = codeOf(magnitudesOf(weight, steps, 7));
  const bitsAt = (at: number, change: number) =>
    numberOf(() => {
      const changed = tf.tensor2d(
        values.map((value, i) => (i === at ? value + change : value)),
        [12, 5],
      );
      const growth = tf.sqrt(tf.div(tf.sum(tf.square(changed)), tf.sum(tf.square(weight))));
      return bitsOf(magnitudesOf(changed, tf.mul(steps, growth), 7), fit);
    });
  const penalty = entropyPenalty({strength: 1, bits: 4, perChannel: false});
  const gradient = valuesOf(() => tf.grad(w => penalty(w, layoutOf([12, 5])))(weight));
  const slopes = values.map((value, i) => (value === 0 ? 0 : (bitsAt(i, 2e-3) - bitsAt(i, -2e-3)) / 4e-3));
  gradient.forEach((slope, i) => expect(slope).toBeCloseTo(slopes[i]!, 0));
  expect(Math.max(...gradient)).toBeGreaterThan(5);
  expect(gradient.reduce((sum, slope, i) => sum + slope * values[i]!, 0)).toBeCloseTo(0, 3);
});

test('the gradient of the code that fits is that of the entropy: the code itself is stationary', () => {
  const weight = tf.tensor2d(
    Float32Array.from(randomNumbers(4000, 'all'), u => 0.9 * (u - 0.5) ** 3),
    [4000, 1],
  );
  const magnitudes = magnitudesOf(weight, tf.scalar(0.02), 7);
  const code = codeOf(magnitudes);
  const slopes = valuesOf(() => slopesOf(magnitudes, 7, code));
  const sizes = magnitudes.dataSync();
  const change = Float32Array.from(randomNumbers(4000, 'change'), (u, i) => (sizes[i]! > 1e-3 ? 1e-3 * (u - 0.5) : 0));
  const bitsWhere = (sign: number) => {
    const moved = tf.add<tf.Tensor2D>(
      magnitudes,
      tf.tensor2d(
        change.map(value => sign * value),
        [4000, 1],
      ),
    );
    return numberOf(() => bitsOf(moved, codeOf(moved)));
  };
  const expected = slopes.reduce((sum, slope, i) => sum + 2 * slope * change[i]!, 0);
  expect(Math.abs((bitsWhere(1) - bitsWhere(-1)) / expected - 1)).toBeLessThan(0.1);
});

test('estimates about what the file takes for it', async () => {
  const values = randomNumbers(300 * 100, 'kernel').map(u => (u < 0.95 ? 0 : (u - 0.975) * 4));
  const net = tf.sequential({layers: [tf.layers.dense({name: 'd', units: 100, inputShape: [300], useBias: false})]});
  net.setWeights([tf.tensor2d(values, [300, 100])]);
  const {compressed} = await modelSize(net, {bits: [4]});
  const bits = numberOf(() =>
    entropyPenalty({strength: 1, bits: 4}).code!.lengthOf(tf.tensor2d(values, [300, 100]), layoutOf([300, 100])),
  );
  expect(bits / 8 / compressed[0]!.bytes).toBeGreaterThan(0.75);
  expect(bits / 8 / compressed[0]!.bytes).toBeLessThan(1.05);
});

test('drives what is not needed to zero, as a penalty of fit, and leaks nothing', async () => {
  const net = tf.sequential({
    layers: [tf.layers.dense({units: 1, inputShape: [20], kernelInitializer: tf.initializers.glorotNormal({seed: 1})})],
  });
  const model = prunable(net, {parametrizations: [quantizationAware({bits: 4, perChannel: false})]});
  model.compile({optimizer: tf.train.adam(0.01), loss: 'meanSquaredError'});
  const x = tf.randomNormal([128, 20], 0, 1, 'float32', 2);
  const y = tf.slice(x, [0, 3], [-1, 1]);
  addPenalty(model, entropyPenalty({strength: 1e-3, bits: 4, perChannel: false}));
  const fit = (epochs: number) => model.fit(x, y, {epochs, batchSize: 16, verbose: 0, shuffle: false});
  await fit(40);
  const {maskedWeights} = model.layers[0] as unknown as {maskedWeights: {read: () => tf.Tensor}[]};
  const weights = [...tf.tidy(() => maskedWeights[0]!.read().dataSync())];
  expect(weights.map((weight, i) => (weight === 0 ? -1 : i)).filter(i => i >= 0)).toEqual([3]);
  await expectNoLeak(async () => void (await fit(1)));
});

test.each([
  [{}, '`strength`'],
  [{strength: 1, bits: 9}, '`bits` to be a whole number from 2 to 8, got 9'],
  [{strength: 1, typo: 1}, 'entropyPenalty has no option `typo`'],
])('refuses %j', (args, message) => {
  expect(() => entropyPenalty(args as {strength: number})).toThrow(message);
});
