import * as tf from '@tensorflow/tfjs';
import {seededBatches, type SeededBatches} from 'tfjs-pruning';
import {expectNoLeak} from '../support/tensors.js';

/** One pass: the first number of each example, batch by batch. */
async function pass(batches: SeededBatches): Promise<number[][]> {
  const iterator = await batches.iterator();
  const seen: number[][] = [];
  for (let item = await iterator.next(); item.done !== true; item = await iterator.next()) {
    const {xs, ys} = item.value as {xs: tf.Tensor; ys: tf.Tensor};
    expect([...ys.dataSync()]).toEqual([...xs.dataSync()].map(value => value * 10));
    expect([xs.rank, ys.rank]).toEqual([2, 2]);
    seen.push([...xs.dataSync()]);
    tf.dispose([xs, ys]);
  }
  return seen;
}

const numbers = (count: number) => Float32Array.from({length: count}, (_, i) => i);
const column = (count: number, factor = 1) =>
  tf.tensor2d(
    numbers(count).map(value => value * factor),
    [count, 1],
  );

test('has all examples in each pass, in batches of which the last may be smaller', async () => {
  const batches = seededBatches(column(10), column(10, 10), {batchSize: 4, seed: 1});
  expect(batches.size).toBe(3);
  for (let epoch = 0; epoch < 3; epoch++) {
    const seen = await pass(batches);
    expect(seen.map(batch => batch.length)).toEqual([4, 4, 2]);
    expect(seen.flat().sort((a, b) => a - b)).toEqual([...numbers(10)]);
  }
});

test('has an order that follows from the seed and the epoch alone', async () => {
  const make = (seed: number) => seededBatches(column(50), column(50, 10), {batchSize: 50, seed});
  const passes = async (batches: SeededBatches, count: number) => {
    const orders: string[] = [];
    for (let i = 0; i < count; i++) orders.push((await pass(batches)).flat().join());
    return orders;
  };
  const orders = await passes(make(1), 4);
  expect(new Set([...orders, ...(await passes(make(2), 4))]).size).toBe(8);
  const later = make(1);
  later.goOnAt(2);
  await later.iterator(); // a pass that is not made, as fitDataset asks for one
  expect(await passes(later, 2)).toEqual(orders.slice(2));
});

test('shuffles as Fisher and Yates do: no place is preferred', async () => {
  const counts = [0, 0, 0, 0];
  const batches = seededBatches(column(4), column(4, 10), {batchSize: 4});
  for (let epoch = 0; epoch < 400; epoch++) counts[(await pass(batches))[0]!.indexOf(0)]!++;
  for (const count of counts) expect(Math.abs(count - 100)).toBeLessThan(30);
});

test('keeps the order of the data where it is told to', async () => {
  const batches = seededBatches(column(5), column(5, 10), {batchSize: 2, shuffle: false});
  for (let epoch = 0; epoch < 2; epoch++) expect(await pass(batches)).toEqual([[0, 1], [2, 3], [4]]);
});

test('takes vectors, typed arrays and tensors, as columns', async () => {
  const vector = tf.tensor1d([...numbers(4)]);
  for (const x of [vector, numbers(4), Int32Array.from(numbers(4)), Uint8Array.from(numbers(4))]) {
    expect(await pass(seededBatches(x, column(4, 10), {batchSize: 2, shuffle: false}))).toEqual([
      [0, 1],
      [2, 3],
    ]);
  }
  const iterator = await seededBatches(Int32Array.of(7), numbers(1)).iterator();
  const {xs, ys} = (await iterator.next()).value as {xs: tf.Tensor; ys: tf.Tensor};
  expect([xs.dtype, ys.dtype]).toEqual(['int32', 'float32']);
});

test('trains models of several inputs and outputs in fitDataset, and leaves no tensor', async () => {
  const [a, b] = [tf.input({name: 'a', shape: [1]}), tf.input({name: 'b', shape: [1]})];
  const sum = tf.layers.add().apply([a, b]) as tf.SymbolicTensor;
  const outputs = ['p', 'q'].map(name => tf.layers.dense({name, units: 1}).apply(sum) as tf.SymbolicTensor);
  const model = tf.model({inputs: [a, b], outputs});
  model.compile({optimizer: 'sgd', loss: 'meanSquaredError'});
  const [x, y] = [column(10), column(10, 2)];
  await model.fitDataset(seededBatches([x, y], [x, y]), {epochs: 1, verbose: 0});
  await expectNoLeak(async () => {
    await model.fitDataset(seededBatches([x, y], [x, y], {batchSize: 4}), {epochs: 2, verbose: 0});
    const named = seededBatches({b: y, a: x}, {q: y, p: numbers(10)}, {batchSize: 4});
    const {history} = await model.fitDataset(named, {epochs: 2, verbose: 0});
    expect(history['p_loss']).toHaveLength(2);
  });
});

test.each<[string, () => unknown, RegExp]>([
  [
    'a plain array',
    () => seededBatches([[1], [2]] as never, numbers(2)),
    /`x\[0\]` to be a tensor .*got an Array; make a tensor/,
  ],
  [
    'a typed array that tf.js has no dtype for, whose fractions would go',
    () => seededBatches(Float64Array.of(0.5, 0.25) as never, numbers(2)),
    /`x` to be a tensor or a typed array \(Float32Array, .*got a Float64Array; make a tensor/,
  ],
  [
    'such an array among others',
    () => seededBatches(numbers(2), {q: new Float64Array(2) as never}),
    /`y\["q"\]` .*got a Float64Array/,
  ],
  [
    'nothing',
    () => seededBatches(undefined as never, numbers(2)),
    /`x` to be a tensor or a typed array.*got undefined/,
  ],
  ['an empty list', () => seededBatches([], numbers(2)), /`x` to be a tensor/],
  ['no tensor by a name', () => seededBatches(numbers(2), {q: 3 as never}), /`y\["q"\]` .*got 3 \(number\)/],
  ['a scalar', () => seededBatches(tf.scalar(1), numbers(1)), /`x` to hold one example per row, got a scalar/],
  ['no examples', () => seededBatches(numbers(0), numbers(0)), /as many targets as examples, at least one, got 0, 0/],
  ['other counts', () => seededBatches(numbers(3), [numbers(3), numbers(2)]), /got 3, 3, 2/],
  [
    'batches of none',
    () => seededBatches(numbers(1), numbers(1), {batchSize: 0}),
    /`batchSize` to be a whole number >= 1/,
  ],
  [
    'a seed of no use',
    () => seededBatches(numbers(1), numbers(1), {seed: 1, shuffle: false}),
    /^seededBatches expects no `seed` with `shuffle: false`: all epochs are alike; leave it out$/,
  ],
  ['a seed that is none', () => seededBatches(numbers(1), numbers(1), {seed: 0.5}), /`seed`/],
  [
    'shuffle that is none',
    () => seededBatches(numbers(1), numbers(1), {shuffle: 1 as never}),
    /`shuffle` to be true or/,
  ],
  ['an unknown option', () => seededBatches(numbers(1), numbers(1), {sed: 1} as never), /has no option `sed`/],
])('refuses %s', (_, make, message) => expect(make).toThrow(message));
