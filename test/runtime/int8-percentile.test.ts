import fc from 'fast-check';
import * as tf from '@tensorflow/tfjs';
import {compile} from 'tfjs-pruning/runtime';
import {RangeFinder} from '../../src/runtime/int8/range-finder.js';
import {withRandomWeights} from '../support/random-weights.js';
import {predicted} from './against-predict.js';

const {layers} = tf;

/** 2000 examples, the last of which has a number that is far too large. */
function calibrationOf(size: number): Float32Array {
  const numbers = tf
    .randomNormal([2000 * size], 0, 1, 'float32', 1)
    .dataSync<'float32'>()
    .slice();
  numbers[numbers.length - 2] = 2000;
  return numbers;
}

/** The root mean square of the differences over that of the numbers. */
function errorOf(found: Float32Array, expected: Float32Array): number {
  const squares = (numbers: Float32Array) => numbers.reduce((sum, value) => sum + value ** 2, 0);
  return Math.sqrt(squares(expected.map((value, i) => value - found[i]!)) / squares(expected));
}

const NETS = {
  'dense layers': () => [layers.dense({units: 24, activation: 'relu', inputShape: [16]}), layers.dense({units: 6})],
  convolutions: () => [
    layers.conv2d({filters: 8, kernelSize: 3, activation: 'relu', inputShape: [6, 6, 2]}),
    layers.conv2d({filters: 8, kernelSize: 3}),
    layers.flatten(),
    layers.dense({units: 6}),
  ],
};

test.each(Object.entries(NETS))('an outlier ruins the scale, and a percentile leaves it out: %s', async (_, make) => {
  const model = withRandomWeights(tf.sequential({layers: make()}), 1);
  const shape = model.inputs[0]!.shape.slice(1) as number[];
  const calibration = calibrationOf(shape.reduce((all, size) => all * size));
  const x = tf.randomNormal([50, ...shape], 0, 1, 'float32', 2);
  const [expected] = predicted(model, [x]);
  const errorBy = async (args: object) => {
    const fast = await compile(model, {precision: 'int8', calibration, tf, ...args});
    return errorOf(((await fast.predict(x)) as tf.Tensor).dataSync<'float32'>(), expected!);
  };
  expect(await errorBy({})).toBeGreaterThan(0.5);
  expect(await errorBy({percentile: 100})).toBe(await errorBy({}));
  expect(await errorBy({percentile: 99.9})).toBeLessThan(0.06);
});

const drawn = fc.array(
  fc.oneof(
    fc.constant(0),
    fc.float({noNaN: true, noDefaultInfinity: true, min: Math.fround(-1e30), max: Math.fround(1e30)}),
  ),
  {minLength: 1, maxLength: 300},
);

test('on either side of zero, a range holds the percentile of the numbers, and little more', () => {
  const check = (list: number[], percentile: number) => {
    const finder = new RangeFinder(percentile);
    const numbers = Float32Array.from(list, value => (Math.abs(value) < 1.2e-38 ? 0 : value));
    finder.add(numbers.subarray(0, 7));
    finder.add(numbers.subarray(7));
    const {low, high} = finder.range;
    for (const [bound, sign] of [
      [high, 1],
      [low, -1],
    ] as const) {
      const positive = [...numbers].map(value => sign * value).filter(value => value > 0);
      const side = positive.sort((a, b) => a - b);
      const quantile = side[Math.ceil((percentile / 100) * side.length) - 1] ?? 0;
      const reach = Math.max(0, sign * bound);
      expect(reach).toBeGreaterThanOrEqual(quantile);
      expect(reach).toBeLessThanOrEqual(Math.min(1.01 * quantile, side.at(-1) ?? 0));
    }
  };
  fc.assert(fc.property(drawn, fc.double({min: 50, max: 99.99, noNaN: true}), check));
});

test('without a percentile, a range goes from the least to the greatest number', () => {
  const finder = new RangeFinder(100);
  finder.add(Float32Array.of(3, 1));
  finder.add(Float32Array.of(2, -7, 1e-40));
  expect(finder.range).toEqual({low: -7, high: 3});
});

test('a percentile that is none, or without calibration, is refused', async () => {
  const model = tf.sequential({layers: NETS['dense layers']()});
  const int8 = {precision: 'int8', calibration: new Float32Array(16)} as const;
  const range = 'Expected `percentile` to be a number in [50, 100], got ';
  await expect(compile(model, {...int8, percentile: 101})).rejects.toThrow(`${range}101`);
  await expect(compile(model, {...int8, percentile: 0.999})).rejects.toThrow(`${range}0.999`);
  await expect(compile(model, {percentile: 99})).rejects.toThrow('calibration');
});
