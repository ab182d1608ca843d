import * as tf from '@tensorflow/tfjs';
import {
  filters,
  geometricMedian,
  globalRanking,
  nOfM,
  prunable,
  pruneOnce,
  restoreDense,
  slices,
  taylor,
  wanda,
  type PruneOnceArgs,
} from 'tfjs-pruning';
import {wrapper, zerosIn} from '../support/masks.js';
import {expectNoLeak} from '../support/tensors.js';

const A = [0.3, -0.1, 0.7, -0.2, 0.5, -0.9, 0.05, 0.4, -0.6, 0.8];
const B = [-4, 1, -3, 2, -6, 5];
const C = [-0.02, 0.01, -3];

/** Layers a, b, c beside each other, each of one input, with these kernels. */
function net(kernels: Record<string, readonly number[]> = {a: A, b: B, c: C}): tf.LayersModel {
  const input = tf.input({shape: [1]});
  const outputs = Object.entries(kernels).map(
    ([name, values]) => tf.layers.dense({name, units: values.length}).apply(input) as tf.SymbolicTensor,
  );
  const model = prunable(tf.model({inputs: input, outputs}));
  for (const [name, values] of Object.entries(kernels)) {
    weightOf(model, name).kernel.write(tf.tensor2d([...values], [1, values.length]));
    wrapper(model, name).layer.weights[1]!.write(tf.ones([values.length]));
  }
  return model;
}

const weightOf = (model: tf.LayersModel, name: string) => wrapper(model, name).maskedWeights[0]!;
const maskOf = (model: tf.LayersModel, name: string) => [...weightOf(model, name).mask.read().dataSync()];
const masksOf = (model: tf.LayersModel) => model.layers.slice(1).map(({name}) => maskOf(model, name));
const kernelOf = (model: tf.LayersModel, name: string) => [...weightOf(model, name).kernel.read().dataSync()];
const ALL_OF_B = [1, 1, 1, 1, 1, 1];

test('by default prunes each layer by magnitude, and says how many weights are zero', async () => {
  const model = net();
  expect(await pruneOnce(model, {sparsity: 0.5})).toEqual({weights: 19, zeros: 10, sparsity: 10 / 19});
  expect(masksOf(model)).toEqual([
    [0, 0, 1, 0, 1, 1, 0, 0, 1, 1],
    [1, 0, 0, 0, 1, 1],
    [0, 0, 1],
  ]);
  expect(kernelOf(model, 'b').map(value => value + 0)).toEqual([-4, 0, 0, 0, -6, 5]);
});

// torch 2.15: prune.l1_unstructured(m, 'weight', amount=amount), one after the other
test('amounts follow one another as in torch: fractions of what remains, then a count', async () => {
  const model = net();
  for (const [amount, expected] of [
    [0.25, [1, 0, 1, 1, 1, 1, 0, 1, 1, 1]],
    [0.25, [0, 0, 1, 0, 1, 1, 0, 1, 1, 1]],
    [0.5, [0, 0, 1, 0, 0, 1, 0, 0, 0, 1]],
    [1, [0, 0, 0, 0, 0, 1, 0, 0, 0, 1]],
  ] as const) {
    await pruneOnce(model, {amount, layers: 'a'});
    expect(maskOf(model, 'a')).toEqual(expected);
  }
  expect(masksOf(model).slice(1)).toEqual([ALL_OF_B, [1, 1, 1]]);
});

// torch 2.15: prune._compute_nparams_toprune(amount, n)
test.each([
  [5, 0.1, 0],
  [5, 0.25, 1],
  [5, 0.5, 2],
  [5, 0.3, 2],
  [10, 0.25, 2],
  [10, 0.05, 0],
  [7, 0.5, 4],
  [13, 0.25, 3],
  [13, 0.5, 6],
  [13, 0.05, 1],
  [50, 0.25, 12],
  [50, 0.05, 2],
  [50, 0.9, 45],
  [50, 3, 3],
])('of %d weights, an amount of %d is %d', async (n, amount, expected) => {
  const model = net({a: Array.from({length: n}, (_, i) => i + 1)});
  expect((await pruneOnce(model, {amount})).zeros).toBe(expected);
  // the same after something has gone, of what remains
  const larger = net({a: Array.from({length: n + 3}, (_, i) => i + 1)});
  await pruneOnce(larger, {amount: 3});
  expect((await pruneOnce(larger, {amount})).zeros).toBe(3 + expected);
});

// torch 2.15: prune.global_unstructured([(m, 'weight') for m in (A, B, C)], prune.L1Unstructured, amount)
test.each<[PruneOnceArgs[], number[][]]>([
  [[{amount: 0.25}], [[1, 0, 1, 0, 1, 1, 0, 1, 1, 1], ALL_OF_B, [0, 0, 1]]],
  [[{amount: 7}], [[0, 0, 1, 0, 1, 1, 0, 0, 1, 1], ALL_OF_B, [0, 0, 1]]],
  [
    [{amount: 0.3}, {amount: 0.3}],
    [[0, 0, 0, 0, 0, 1, 0, 0, 0, 1], ALL_OF_B, [0, 0, 1]],
  ],
])('%j over all layers is what torch.nn.utils.prune.global_unstructured does', async (steps, expected) => {
  const model = net();
  for (const args of steps) await pruneOnce(model, {...args, allocation: globalRanking()});
  expect(masksOf(model)).toEqual(expected);
});

// torch 2.15: W[out, in]; prune.ln_structured(m, 'weight', amount=0.5, n=n, dim=dim), the mask transposed
test.each<[norm: 1 | 2, structure: PruneOnceArgs['structure'], rows: string[]]>([
  [1, filters({reduction: 'sum'}), ['1001', '1001', '1001']],
  [2, filters({reduction: 'sum'}), ['1010', '1010', '1010']],
  [1, slices(0), ['1111', '0000', '0000']],
])('with norm %d, groups fall as by torch.nn.utils.prune.ln_structured', async (norm, structure, rows) => {
  const model = prunable(tf.sequential({layers: [tf.layers.dense({name: 'd', units: 4, inputShape: [3]})]}));
  const outputs = [
    [1, -2, 3],
    [0.5, 0.5, -0.5],
    [-4, 0, 1],
    [2, 2, -2],
  ];
  weightOf(model, 'd').kernel.write(tf.transpose(tf.tensor2d(outputs)));
  await pruneOnce(model, {amount: 0.5, structure: structure!, criterion: {score: w => tf.pow(tf.abs(w), norm)}});
  expect(
    Array.from({length: 3}, (_, i) =>
      maskOf(model, 'd')
        .slice(4 * i, 4 * i + 4)
        .join(''),
    ),
  ).toEqual(rows);
});

/** An allocation that lets so many groups go of each layer, the first ones, whatever it is asked for. */
const firstOf =
  (...counts: number[]): NonNullable<PruneOnceArgs['allocation']> =>
  layers =>
    layers.map(({scores}, i) => Uint8Array.from(scores, (_, group) => (group < counts[i]! ? 0 : 1)));

// of 19 weights in 3 layers a half is 10 (9.5, to even)
test.each<[amount: number, falling: number[], error: string | undefined]>([
  [0.5, [5, 3, 2], undefined],
  [0.5, [7, 4, 2], undefined], // 13: as many too many as there are layers
  [0.5, [8, 4, 2], '4 groups too many'],
  [0.5, [4, 2, 1], undefined], // 7
  [0.5, [3, 2, 1], '4 groups too few'],
  [10, [5, 3, 2], undefined],
  [1, [1, 0, 0], undefined],
  [1, [1, 1, 0], '1 group too many'],
  [10, [6, 3, 2], '1 group too many'],
  [10, [4, 3, 2], '1 group too few'],
])('amount %d, where an allocation lets %j go', async (amount, falling, error) => {
  const model = net();
  const run = pruneOnce(model, {amount, allocation: firstOf(...falling)});
  if (error === undefined) {
    expect((await run).zeros).toBe(falling.reduce((sum, count) => sum + count, 0));
  } else {
    await expect(run).rejects.toThrow(error);
    expect(masksOf(model).flat()).toEqual(Array(19).fill(1));
  }
});

test('says that an amount rounds to none of what remains, and nothing where it does not', async () => {
  const warn = jest.spyOn(console, 'warn').mockImplementation();
  try {
    const model = net({a: A});
    await pruneOnce(model, {amount: 4});
    expect(warn.mock.calls).toEqual([]);
    await pruneOnce(model, {amount: 0.05});
    expect(warn.mock.calls).toEqual([['pruneOnce: nothing is pruned: 0.05 of 6 groups rounds to none.']]);
  } finally {
    warn.mockRestore();
  }
});

test('an allocation that prunes what the structure must keep gets an error with the maximum', async () => {
  const model = prunable(
    tf.sequential({layers: [tf.layers.dense({name: 'd', units: 1, useBias: false, inputShape: [8]})]}),
  );
  weightOf(model, 'd').kernel.write(tf.tensor2d([1, 2, 3, 4, 8, 7, 6, 5], [8, 1]));
  const prune = (bits: string) =>
    pruneOnce(model, {sparsity: 0.5, structure: nOfM(2, 4), allocation: () => [Uint8Array.from(bits, Number)]});
  await expect(prune('00110010')).rejects.toThrow(
    'Expected a sparsity that the structure can reach, got 0.5: it prunes at most 0.5 of "d/kernel"',
  );
  expect(maskOf(model, 'd')).toEqual(Array(8).fill(1));
  await prune('00111101');
  expect(maskOf(model, 'd')).toEqual([0, 0, 1, 1, 1, 1, 0, 1]);
});

test('whole units lose their biases', async () => {
  const model = net({a: A});
  await pruneOnce(model, {amount: 3, structure: filters()});
  const bias = wrapper(model, 'a').layer.weights[1]!.read().dataSync();
  expect([...bias]).toEqual([1, 0, 1, 0, 1, 1, 0, 1, 1, 1]);
});

test('keepDense leaves what is masked in the kernels, and prunes on from there', async () => {
  const model = net();
  await pruneOnce(model, {sparsity: 0.5, keepDense: true, structure: filters()});
  await pruneOnce(model, {amount: 2, layers: 'a', keepDense: true});
  expect(maskOf(model, 'a')).toEqual([0, 0, 1, 0, 0, 1, 0, 0, 0, 1]);
  expect(kernelOf(model, 'a')).toEqual([...Float32Array.from(A)]);
  expect([...wrapper(model, 'a').layer.weights[1]!.read().dataSync()]).toEqual(Array(10).fill(1));
  const [a] = model.predict(tf.ones([1, 1])) as tf.Tensor[];
  expect([...a!.dataSync()]).toEqual(
    [...Float32Array.from([1, 1, 1.7, 1, 1, 0.1, 1, 1, 1, 1.8])].map(x => expect.closeTo(x, 5) as number),
  );
  await restoreDense(model);
  expect(masksOf(model).flat()).toEqual(Array(19).fill(1));
});

test('what keepDense keeps is gone for a criterion, as if it were zero', async () => {
  const masks = async (keepDense: boolean) => {
    const model = net({a: [0, 1, 1.1, 5, 20]});
    for (const amount of [1, 1, 1])
      await pruneOnce(model, {amount, criterion: geometricMedian(), structure: filters(), keepDense});
    return maskOf(model, 'a');
  };
  expect(await masks(true)).toEqual(await masks(false));
});

test('leaves no tensors behind', async () => {
  const model = net();
  await pruneOnce(model, {sparsity: 0.25});
  await expectNoLeak(async () => {
    await pruneOnce(model, {sparsity: 0.5, structure: filters(), keepDense: true});
    await pruneOnce(model, {amount: 1, allocation: globalRanking()});
  });
});

/** Four inputs, three outputs; the scores are by PyTorch, in observe-batches.test.ts. */
function observedNet(): tf.LayersModel {
  const model = prunable(
    tf.sequential({layers: [tf.layers.dense({name: 'd', units: 3, useBias: false, inputShape: [4]})]}),
  );
  weightOf(model, 'd').kernel.write(tf.tensor2d([1, 2, -1, 0.5, 0, 3, -2, 1, 1, 4, -1, 0.25], [4, 3]));
  return model;
}

const BATCHES = [0, 1, 2].map(i => ({
  xs: tf.tensor2d([1, 2, 0, -1, 3, 0, 1, 0.5, 0, 0, 2, -1].slice(4 * i, 4 * i + 4), [1, 4]),
  ys: tf.tensor2d([1, 0, -1, 2, 1, 0, 0, 0, 1].slice(3 * i, 3 * i + 3), [1, 3]),
}));

test('a criterion of gradients goes by the data', async () => {
  const model = observedNet();
  await expectNoLeak(async () => {
    await pruneOnce(model, {amount: 6, criterion: taylor(), data: BATCHES, loss: 'meanSquaredError'});
  });
  // 0, 26, 0.083, 2, 0, 23, 20, 7.67, 0.25, 30.67, 2.17, 1.24
  expect(maskOf(model, 'd')).toEqual([0, 1, 0, 0, 0, 1, 1, 1, 0, 1, 1, 0]);
});

test('a criterion of inputs needs neither loss nor targets', async () => {
  const model = observedNet();
  await pruneOnce(model, {amount: 6, criterion: wanda(), data: BATCHES.map(({xs}) => ({xs}))});
  // |w| * |X|: 3.16, 6.32, 3.16, 1, 0, 6, 4.47, 2.24, 2.24, 6, 1.5, 0.38
  expect(maskOf(model, 'd')).toEqual([1, 1, 1, 0, 0, 1, 1, 0, 0, 1, 0, 0]);
});

test.each<[string, Partial<PruneOnceArgs>, ErrorConstructor, string]>([
  ['no data', {}, TypeError, 'pruneOnce expects `data`, {xs, ys}, for a criterion of gradients, got undefined'],
  [
    'no batches',
    {data: [], loss: 'meanSquaredError'},
    RangeError,
    'Expected `data` to hold at least one batch, got none',
  ],
  ['no loss', {data: BATCHES}, Error, 'to have a loss; compile it, or pass `loss`'],
  [
    'inputs of another shape',
    {data: [BATCHES[0]!, {xs: tf.zeros([1, 5]), ys: tf.zeros([1, 3])}], loss: 'meanSquaredError'},
    RangeError,
    'Expected `xs` of batch 1 to have the shape [batch,4] for "d_input", got [1,5]',
  ],
  ['data of another kind', {data: {} as never, loss: 'meanSquaredError'}, TypeError, 'Expected `data` to be'],
  ['a batch size for batches', {data: BATCHES, batchSize: 2}, TypeError, 'Expected `batchSize` only with tensors'],
])('a criterion of gradients with %s is refused, and changes nothing', async (_, args, error, message) => {
  const model = observedNet();
  await expectNoLeak(async () => {
    const pruning = pruneOnce(model, {sparsity: 0.5, criterion: taylor(), ...args});
    await expect(pruning).rejects.toThrow(error);
    await expect(pruning).rejects.toThrow(message);
  });
  expect(maskOf(model, 'd')).toEqual(Array(12).fill(1));
});

test('leaves frozen layers alone unless they are named', async () => {
  const model = net();
  model.getLayer('a').trainable = false;
  await pruneOnce(model, {sparsity: 0.5});
  expect(['a', 'b', 'c'].map(name => zerosIn(weightOf(model, name)))).toEqual([0, 3, 2]);
  await pruneOnce(model, {sparsity: 0.5, layers: 'a'});
  expect(zerosIn(weightOf(model, 'a'))).toBe(5);
});

test('a fraction of what remains is refused if layers pruned before would change it', async () => {
  const model = net();
  await pruneOnce(model, {sparsity: 0.9, layers: 'a'});
  await expect(pruneOnce(model, {amount: 0.1})).rejects.toThrow(
    new RangeError(
      'Expected an allocation that can prune `amount` 0.1, but it goes layer by layer and would prune 4 groups ' +
        'too many; ' +
        'use globalRanking(), or choose one layer',
    ),
  );
  expect(await pruneOnce(model, {amount: 0.1, allocation: globalRanking()})).toMatchObject({zeros: 10});
});

const AMOUNT = 'Expected `amount` to be a whole number of groups >= 1, or a fraction in (0, 1) of what remains';

test.each<[object, ErrorConstructor, string]>([
  [{}, TypeError, 'pruneOnce expects exactly one of `sparsity`, `amount`, got none'],
  [
    {sparsity: 0.5, amount: 1},
    TypeError,
    'pruneOnce expects exactly one of `sparsity`, `amount`, got `sparsity`, `amount`',
  ],
  [{sparsity: 1}, RangeError, 'Expected `sparsity` to be a number in [0, 1), got 1'],
  [{amount: 0}, RangeError, `${AMOUNT}, got 0`],
  [{amount: -2}, RangeError, `${AMOUNT}, got -2`],
  [{amount: 1.5}, RangeError, `${AMOUNT}, got 1.5`],
  [{amount: NaN}, RangeError, `${AMOUNT}, got NaN`],
  [{amount: '3'}, TypeError, `${AMOUNT}, got "3" (string)`],
  [{amount: 19}, RangeError, `${AMOUNT}, got 19, but only 19 groups remain; at least one must be left`],
  [
    {amount: 5},
    RangeError,
    'Expected an allocation that can prune `amount` 5, but it goes layer by layer and would prune 1 group too many; ' +
      'use globalRanking(), or choose one layer',
  ],
  [{sparsity: 0.5, keepDense: 1}, TypeError, 'Expected `keepDense` to be true or false, got 1 (number)'],
  [{sparsity: 0.5, schedule: {}}, TypeError, 'pruneOnce has no option `schedule`; its options are sparsity, amount, '],
  [{sparsity: 0.5, criterion: 'l1'}, TypeError, 'Expected `criterion` to be an object with score(), got "l1" (string)'],
  [
    {sparsity: 0.5, allocation: 'global'},
    TypeError,
    'Expected `allocation` to be a function such as uniform(), got "global"',
  ],
  [{sparsity: 0.5, layers: 'd'}, RangeError, 'but "d" matches none; there are "a", "b", "c"'],
  [{sparsity: 0.75, structure: nOfM(1, 2)}, RangeError, 'nOfM(1, 2) expects a number of inputs that 2 divides'],
  [
    {sparsity: 0.9, allocation: globalRanking({minKept: 2})},
    RangeError,
    '17 of 19 groups would be zero, but only 13 can be, 4 too few',
  ],
])('refuses %j, and changes nothing', async (args, error, message) => {
  const model = net();
  const pruning = pruneOnce(model, args);
  await expect(pruning).rejects.toThrow(error);
  await expect(pruning).rejects.toThrow(message);
  expect(masksOf(model).flat()).toEqual(Array(19).fill(1));
  expect(kernelOf(model, 'a')).toEqual([...Float32Array.from(A)]);
});

test('a plain model, or none, is told what to do', async () => {
  const plain = tf.sequential({name: 'plain', layers: [tf.layers.dense({units: 1, inputShape: [2]})]});
  await expect(pruneOnce(plain, {sparsity: 0.5})).rejects.toThrow(
    new TypeError('pruneOnce expects a model with wrapped layers, but "plain" has none; use prunable(model) instead'),
  );
  await expect(pruneOnce({} as never, {sparsity: 0.5})).rejects.toThrow(
    'pruneOnce expects a tf.Sequential or tf.LayersModel, got an Object',
  );
});
