import * as tf from '@tensorflow/tfjs';
import type {MaskedWeight} from 'tfjs-pruning';
import {Sums} from '../../src/passes/sums.js';
import {expectNoLeak} from '../support/tensors.js';

const [a, b] = ['a', 'b'].map(name => ({name}) as MaskedWeight) as [MaskedWeight, MaskedWeight];
const values = (sums: Sums) => [a, b].map(weight => [...(sums.all.get(weight)?.dataSync() ?? [])]);

test('add up for each weight, on and off the backend', async () => {
  await expectNoLeak(async () => {
    const sums = new Sums();
    const addTo = (weight: MaskedWeight, value: number) => tf.tidy(() => sums.add(weight, tf.tensor1d([value])));
    addTo(a, 1);
    addTo(a, 2);
    expect(values(sums)).toEqual([[3], []]);
    await sums.rest();
    addTo(b, 5);
    expect(values(sums)).toEqual([[3], [5]]);
    sums.restNow();
    addTo(a, 4);
    const copies = sums.copies([b, a]);
    sums.clear();
    expect(copies.map(copy => [...copy!.dataSync()])).toEqual([[5], [7]]);
    expect(values(sums)).toEqual([[], []]);
    expect(sums.copies([a])).toEqual([undefined]);
    tf.dispose(copies as tf.Tensor[]);
  });
});

test('at rest hold no tensor, and a sum that is set takes the place of another', async () => {
  const sums = new Sums();
  await expectNoLeak(async () => {
    tf.tidy(() => sums.add(a, tf.tensor1d([1, 2])));
    await sums.rest();
    sums.set(a, {values: Float32Array.of(8, 9), shape: [2], dtype: 'float32'});
  });
  expect(values(sums)).toEqual([[8, 9], []]);
  sums.clear();
});

test('refuse what can not be added', () => {
  const sums = new Sums();
  tf.tidy(() => sums.add(a, tf.zeros([2])));
  expect(() => sums.add(a, tf.zeros([3]))).toThrow('observe tensors of one shape of "a", got [3] after [2]');
  expect(() => sums.add(b, 3 as never)).toThrow('observe a tensor of "b", got 3 (number)');
  sums.clear();
});
