import * as tf from '@tensorflow/tfjs';
import {prunable} from 'tfjs-pruning';
import {rewireMasks} from '../../src/masks/rewire-masks.js';
import {setMask, wrapper} from '../support/masks.js';
import {expectNoLeak} from '../support/tensors.js';

const bits = (text: string) => Uint8Array.from(text, Number);
const values = (tensor: tf.Tensor) => [...tensor.dataSync()].map(value => value + 0);

function weightOf(kernel: number[], mask: string) {
  const layer = tf.layers.dense({name: 'a', units: 1, inputShape: [kernel.length], biasInitializer: 'ones'});
  const weight = wrapper(prunable(tf.sequential({layers: [layer]})), 'a').maskedWeights[0]!;
  setMask(weight, i => Number(mask[i]));
  weight.kernel.write(tf.tensor2d(kernel, [kernel.length, 1]));
  return weight;
}

function slotsFor(weight: ReturnType<typeof weightOf>, ...all: number[][]) {
  const slots = all.map((numbers, i) => ({
    name: `slot${i}`,
    variable: tf.variable(tf.tensor2d(numbers, [numbers.length, 1])),
    initial: i,
  }));
  return {slots, map: new Map([[weight.kernel, slots]])};
}

test('moves masks, and resets kernels and slots only of dropped and grown weights', () => {
  //                       survives, dropped, grown, dropped and grown, neither
  const weight = weightOf([5, 3, 0, 2, 0], '11010');
  const {slots, map} = slotsFor(weight, [1, 2, 3, 4, 5], [6, Infinity, 8, NaN, 9]);
  const rewiring = {weight, kept: bits('11010'), survivors: bits('10000'), grown: bits('00110')};
  expect(rewireMasks([rewiring], map)).toEqual({weights: 5, zeros: 2});
  expect(values(weight.mask.read())).toEqual([1, 0, 1, 1, 0]);
  expect(values(weight.kernel.read())).toEqual([5, 0, 0, 0, 0]);
  expect(slots.map(({variable}) => values(variable))).toEqual([
    [1, 0, 0, 0, 5],
    [6, 1, 1, 1, 9],
  ]);
});

test('what is masked then does not count, whatever is written behind it', () => {
  const weight = weightOf([5, 3, 0, 2, 0], '11010');
  rewireMasks([{weight, kept: bits('11010'), survivors: bits('10000'), grown: bits('00110')}], new Map());
  weight.kernel.write(tf.ones([5, 1]));
  expect(values(weight.read())).toEqual([1, 0, 1, 1, 0]);
});

test('grown weights begin where they are told, others do not move', () => {
  const weight = weightOf([5, 3, 0, 2, 0], '11010');
  const startValues = Float32Array.of(9, 9, 7, -8, 9);
  const rewiring = {weight, kept: bits('11010'), survivors: bits('10000'), grown: bits('00110'), startValues};
  expect(rewireMasks([rewiring], new Map())).toEqual({weights: 5, zeros: 2});
  expect(values(weight.kernel.read())).toEqual([5, 0, 7, -8, 0]);
});

test('touches nothing where nothing moves', () => {
  const weight = weightOf([5, 3, 0], '110');
  const before = [weight.kernel, weight.mask].map(variable => variable.read().dataId);
  const rewiring = {weight, kept: bits('110'), survivors: bits('110'), grown: bits('000')};
  expect(rewireMasks([rewiring], new Map())).toEqual({weights: 3, zeros: 1});
  expect([weight.kernel, weight.mask].map(variable => variable.read().dataId)).toEqual(before);
});

test('knows a mask that has become all ones as one, and leaks nothing', async () => {
  const weight = weightOf([5, 3, 0], '110');
  const rewiring = {weight, kept: bits('110'), survivors: bits('110'), grown: bits('001')};
  const {map} = slotsFor(weight, [1, 2, 3]);
  await expectNoLeak(() => {
    expect(rewireMasks([rewiring], map)).toEqual({weights: 3, zeros: 0});
  });
  expect(weight.read()).toBe(weight.kernel.read());
});

test('all or none: where one of several fails, all are as they were', () => {
  const [good, bad] = [weightOf([5, 3, 0], '110'), weightOf([5, 3, 0], '110')];
  const before = [good, bad].map(({mask, kernel}) => [values(mask.read()), values(kernel.read())]);
  const {map} = slotsFor(bad, [1, 2]); // of another shape
  const moved = {kept: bits('110'), survivors: bits('100'), grown: bits('001')};
  expect(() =>
    rewireMasks(
      [good, bad].map(weight => ({weight, ...moved})),
      map,
    ),
  ).toThrow();
  expect([good, bad].map(({mask, kernel}) => [values(mask.read()), values(kernel.read())])).toEqual(before);
});
