import * as tf from '@tensorflow/tfjs';
import {prunable, taylor, wanda, type Data} from 'tfjs-pruning';
import {scoreOf as scoreBy, type ObservingCriterion} from '../../src/criteria/criterion.js';
import {observeBatches} from '../../src/passes/observe-batches.js';
import {Observer} from '../../src/passes/observer.js';
import {wrapper} from '../support/masks.js';
import {expectNoLeak} from '../support/tensors.js';

const W = [1, 2, -1, 0.5, 0, 3, -2, 1, 1, 4, -1, 0.25];
const X = [1, 2, 0, -1, 3, 0, 1, 0.5, 0, 0, 2, -1];
const Y = [1, 0, -1, 2, 1, 0, 0, 0, 1];
/**
 * By PyTorch, in double precision: the sum over the three examples, each a batch of its own, of `W * gradient`,
 * absolute.
 */
const TAYLOR = [0, 26, 0.083333, 2, 0, 23, 20, 7.666667, 0.25, 30.666667, 2.166667, 1.239583];

function net(loss: string | undefined = 'meanSquaredError'): tf.Sequential {
  const model = prunable(
    tf.sequential({layers: [tf.layers.dense({name: 'd', units: 3, useBias: false, inputShape: [4]})]}),
  );
  wrapper(model, 'd').maskedWeights[0]!.kernel.write(tf.tensor2d(W, [4, 3]));
  if (loss) model.compile({optimizer: 'sgd', loss});
  return model;
}

const example = (i: number) => ({
  xs: tf.tensor2d(X.slice(4 * i, 4 * i + 4), [1, 4]),
  ys: tf.tensor2d(Y.slice(3 * i, 3 * i + 3), [1, 3]),
});
const examples = () => [0, 1, 2].map(example);

/** What the criterion's score is after it has seen the data; everything that is made here is disposed. */
async function scoreOf(
  model: tf.LayersModel,
  criterion: ObservingCriterion,
  data: Data,
  loss?: tf.ModelCompileArgs['loss'],
  {name = 'd', batchSize}: {name?: string; batchSize?: number} = {},
): Promise<number[]> {
  const [weight] = wrapper(model, name).maskedWeights;
  const observer = new Observer([weight!], criterion);
  try {
    await observeBatches(model, observer, {data, batchSize}, loss);
    return tf.tidy(() => [
      ...scoreBy(criterion, weight!.kernel.read(), observer.evidence.get(weight!), weight!).dataSync(),
    ]);
  } finally {
    observer.dispose();
  }
}

const expectClose = (actual: number[], expected: number[]) =>
  actual.forEach((value, i) => expect(value).toBeCloseTo(expected[i]!, 4));

function* oneByOne() {
  for (let i = 0; i < 3; i++) {
    const batch = example(i);
    yield batch;
    tf.dispose(batch);
  }
}

async function* overTheWire() {
  for (const batch of oneByOne()) {
    await tf.nextFrame();
    yield batch;
  }
}

test.each<[string, () => Data]>([
  ['an array', examples],
  ['a generator', oneByOne],
  ['an asynchronous generator', overTheWire],
  ['a dataset', () => tf.data.generator(oneByOneForever)],
])('%s gives the scores that PyTorch gives, and leaks nothing', async (_, data) => {
  const model = net();
  const given = data();
  await expectNoLeak(async () => expectClose(await scoreOf(model, taylor(), given), TAYLOR));
});

/** A dataset disposes what it is given. */
function* oneByOneForever() {
  for (const batch of examples()) yield batch;
}

test('tensors are cut into batches', async () => {
  const data = {xs: tf.tensor2d(X, [3, 4]), ys: tf.tensor2d(Y, [3, 3])};
  const model = net();
  await expectNoLeak(async () => expectClose(await scoreOf(model, taylor(), data, undefined, {batchSize: 1}), TAYLOR));
  const pairs = [0, 2].map(i => ({xs: tf.slice(data.xs, i, i ? 1 : 2), ys: tf.slice(data.ys, i, i ? 1 : 2)}));
  expect(await scoreOf(net(), taylor(), data, undefined, {batchSize: 2})).toEqual(
    await scoreOf(net(), taylor(), pairs),
  );
});

test('a given loss takes precedence over the compiled one, and works for a model that is not compiled', async () => {
  const compiled = net('meanAbsoluteError');
  const before = [compiled.loss, compiled.layers[0]!.outboundNodes.length];
  expectClose(await scoreOf(compiled, taylor(), examples(), 'meanSquaredError'), TAYLOR);
  expect([compiled.loss, compiled.layers[0]!.outboundNodes.length]).toEqual(before);
  const meanSquare = (targets: tf.Tensor, outputs: tf.Tensor) => tf.losses.meanSquaredError(targets, outputs);
  const plain = net('');
  await expectNoLeak(async () => {
    const data = examples();
    expectClose(await scoreOf(plain, taylor(), data, meanSquare), TAYLOR);
    tf.dispose(data);
  });
  await expect(scoreOf(plain, taylor(), examples())).rejects.toThrow(/to have a loss; compile it, or pass `loss`/);
});

test('what observes inputs alone needs neither loss nor targets', async () => {
  const data = [{xs: tf.tensor2d(X, [3, 4])}];
  const scores = await scoreOf(net(''), wanda(), data);
  expectClose(scores.slice(0, 3), [3.16228, 6.32456, 3.16228]);
});

test('nothing of the model changes, and it computes as in predict', async () => {
  const model = prunable(
    tf.sequential({
      layers: [
        tf.layers.dense({name: 'd', units: 3, inputShape: [4]}),
        tf.layers.dropout({rate: 0.9}),
        tf.layers.batchNormalization(),
      ],
    }),
  );
  model.compile({optimizer: 'adam', loss: 'meanSquaredError'});
  const values = () => model.getWeights().map(weight => [...weight.dataSync()]);
  const before = values();
  const first = await scoreOf(model, taylor(), examples());
  expect(await scoreOf(model, taylor(), examples())).toEqual(first);
  expect(first.filter(value => value === 0).length).toBeLessThan(3);
  expect(values()).toEqual(before);
});

describe('several inputs and outputs', () => {
  function twoByTwo(): tf.LayersModel {
    const inputs = ['a', 'b'].map(name => tf.input({name, shape: [2]}));
    const sum = tf.layers.add().apply(inputs) as tf.SymbolicTensor;
    const outputs = ['d', 'e'].map(
      name => tf.layers.dense({name, units: 1, useBias: false}).apply(sum) as tf.SymbolicTensor,
    );
    const model = prunable(tf.model({inputs, outputs}));
    model.compile({optimizer: 'sgd', loss: {d: 'meanSquaredError', e: 'meanAbsoluteError'}});
    for (const name of ['d', 'e']) wrapper(model, name).maskedWeights[0]!.kernel.write(tf.tensor2d([1, -2], [2, 1]));
    return model;
  }
  const [a, b] = [() => tf.tensor2d([[1, 2]]), () => tf.tensor2d([[0, 1]])];
  // the sum of the inputs is [1, 3], both outputs are 1 - 6 = -5; of target 0 the squared error's gradient is
  // -10 [1, 3], of target 1 the absolute one's -[1, 3]; times [1, -2]
  const EXPECTED: [string, number[]][] = [
    ['d', [10, 60]],
    ['e', [1, 6]],
  ];

  test.each(EXPECTED)('by lists and by names, each output by its own loss: %s', async (name, expected) => {
    const [zero, one] = [tf.tensor2d([[0]]), tf.tensor1d([1])];
    const lists = [{xs: [a(), b()], ys: [zero, one]}];
    const names = [{xs: {b: b(), a: a()}, ys: {e: one, d: zero}}];
    for (const data of [lists, names])
      expect(await scoreOf(twoByTwo(), taylor(), data, undefined, {name})).toEqual(expected);
  });

  test.each<[string, () => Data, RegExp]>([
    ['too few', () => [{xs: [a()], ys: [a(), b()]}], /`xs` of batch 0 to be 2 tensors \("a", "b"\), got 1/],
    ['other names', () => [{xs: {a: a(), c: b()}}], /`xs` of batch 0 to be named "a", "b", got "c"/],
    ['a missing name', () => [{xs: {a: a()}}], /`xs` of batch 0 to hold a tensor for "b", got undefined/],
    [
      'sizes that differ',
      () => [{xs: [a(), tf.ones([2, 2])], ys: [tf.ones([1, 1]), tf.ones([1, 1])]}],
      /the same number of examples, at least one, got 1, 2, 1, 1/,
    ],
  ])('%s are refused', async (_, data, message) => {
    await expect(scoreOf(twoByTwo(), taylor(), data())).rejects.toThrow(message);
  });
});

test('stateful layers begin at rest, and have their states back', async () => {
  const lstm = tf.layers.lstm({name: 'd', units: 2, stateful: true, batchInputShape: [1, 3, 4]});
  const model = prunable(tf.sequential({layers: [lstm]}));
  model.compile({optimizer: 'sgd', loss: 'meanSquaredError'});
  const data = [0, 1].map(i => ({xs: tf.randomNormal([1, 3, 4], 0, 1, 'float32', i + 1), ys: tf.ones([1, 2])}));
  const next = () => [...(model.predict(data[1]!.xs) as tf.Tensor).dataSync()];
  model.predict(data[0]!.xs);
  const [second, third] = [next(), next()];
  model.resetStates();
  const scores = await scoreOf(model, taylor(), data);
  model.predict(data[0]!.xs);
  expect(await scoreOf(model, taylor(), data)).toEqual(scores);
  expect(next()).toEqual(second);
  await expect(scoreOf(model, taylor(), [...data, {xs: tf.ones([2, 3, 4])}].values())).rejects.toThrow();
  expect(next()).toEqual(third);
});

test('targets of a sparse loss are the numbers of classes', async () => {
  const xs = tf.tensor2d(X, [3, 4]);
  const data = (ys: tf.Tensor) => scoreOf(net(), taylor(), [{xs, ys}], 'sparseCategoricalCrossentropy');
  const scores = await data(tf.tensor1d([0, 2, 1]));
  expect(await data(tf.tensor2d([[0], [2], [1]]))).toEqual(scores);
  await expect(data(tf.ones([3, 3]))).rejects.toThrow(
    /`ys` of batch 0 to have the shape \[batch,1\] for "d", got \[3,3\]/,
  );
});

describe('bad data is refused before the first pass', () => {
  test.each<[string, () => unknown, RegExp]>([
    ['no batches', () => [], /Expected `data` to hold at least one batch, got none/],
    ['an empty generator', () => new Set(), /Expected `data` to hold at least one batch, got none/],
    [
      'an object without inputs',
      () => ({x: X}),
      /`data` to be tensors \{xs, ys\}, a list of such batches or a dataset of them, got an Object$/,
    ],
    ['a bare tensor', () => tf.ones([1, 4]), /got a Tensor; pass inputs as \{xs: tensor\}/],
    ['nothing', () => undefined, /`data` to be tensors \{xs, ys\}/],
    [
      'tensors without examples',
      () => ({xs: tf.zeros([0, 4]), ys: tf.zeros([0, 3])}),
      /`data` .* at least one, got 0, 0/,
    ],
    ['tensors of another shape', () => ({xs: tf.ones([2, 5])}), /`xs` of `data` to have the shape \[batch,4\]/],
    ['tensors without targets', () => ({xs: tf.ones([2, 4])}), /`ys` of `data` to be tensors for "d", got undefined/],
    ['a batch that is none', () => [tf.ones([1, 4])], /batch 0 of `data` to be an object \{xs, ys\}, got a Tensor/],
    ['no targets', () => [{xs: tf.ones([1, 4])}], /`ys` of batch 0 to be tensors for "d", got undefined/],
    [
      'arrays',
      () => [{xs: [[1, 2, 3, 4]], ys: tf.ones([1, 3])}],
      /`xs` of batch 0 to hold a tensor for "d_input", got an Array/,
    ],
    [
      'inputs of another shape, in the second batch',
      () => [example(0), {xs: tf.ones([1, 5]), ys: tf.ones([1, 3])}],
      /`xs` of batch 1 to have the shape \[batch,4\] for "d_input", got \[1,5\]/,
    ],
    [
      'targets of another shape',
      () => [{xs: tf.ones([2, 4]), ys: tf.ones([2, 1])}],
      /`ys` of batch 0 to have the shape \[batch,3\] for "d", got \[2,1\]/,
    ],
    ['an empty batch', () => [{xs: tf.zeros([0, 4]), ys: tf.zeros([0, 3])}], /at least one, got 0, 0/],
  ])('%s', async (_, data, message) => {
    const model = net();
    const given = data() as Data;
    const call = jest.spyOn(wrapper(model, 'd'), 'call');
    await expectNoLeak(async () => {
      await expect(scoreOf(model, taylor(), given)).rejects.toThrow(message);
    });
    expect(call).not.toHaveBeenCalled();
  });

  test('a dataset whose second batch does not fit leaves nothing behind', async () => {
    const model = net();
    await expectNoLeak(async () => {
      const dataset = tf.data.generator(function* () {
        yield example(0);
        yield {xs: tf.ones([1, 5]), ys: tf.ones([1, 3])};
      } as never);
      await expect(scoreOf(model, taylor(), dataset)).rejects.toThrow(/`xs` of batch 1 to have the shape/);
    });
    await expect(scoreOf({} as never, taylor(), [])).rejects.toThrow();
  });
});
