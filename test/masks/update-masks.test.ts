import * as tf from '@tensorflow/tfjs';
import {
  eachWeight,
  filters,
  globalRanking,
  GradualPruning,
  magnitude,
  prunable,
  slices,
  taylor,
  uniform,
  wanda,
  type GradualPruningArgs,
  type LayerScores,
  type Structure,
} from 'tfjs-pruning';
import {updateMasks} from 'tfjs-pruning/callbacks';
import {constantSparsity, oneShot} from 'tfjs-pruning/schedules';
import {chosenWeights} from '../../src/masks/placed-weights.js';
import {roundsToNone} from '../../src/masks/rounds-to-none.js';
import {score} from '../support/layouts.js';
import {wrapper, zerosIn} from '../support/masks.js';
import {distance, expectNoLeak} from '../support/tensors.js';

const VALUES = [5, -1, 4, -2, 3, -6, 0.5, 0.25];

function net(): tf.Sequential {
  const model = prunable(
    tf.sequential({layers: [tf.layers.dense({name: 'd', units: 2, useBias: false, inputShape: [4]})]}),
  );
  wrapper(model, 'd').maskedWeights[0]!.kernel.write(tf.tensor2d(VALUES, [4, 2]));
  model.compile({optimizer: tf.train.sgd(0), loss: 'meanSquaredError'});
  return model;
}

const weightOf = (model: tf.LayersModel) => wrapper(model, 'd').maskedWeights[0]!;
const maskOf = (model: tf.LayersModel) => [...weightOf(model).mask.read().dataSync()];

/** Two batches with a learning rate of 0: only pruning changes anything. */
async function fit(model: tf.LayersModel, args: Partial<GradualPruningArgs>): Promise<void> {
  const schedule = oneShot({targetSparsity: 0.5});
  const [x, y] = [tf.ones([4, 4]), tf.ones([4, 2])];
  try {
    await model.fit(x, y, {batchSize: 2, verbose: 0, callbacks: new GradualPruning({schedule, ...args})});
  } finally {
    tf.dispose([x, y]);
  }
}

test('what is gone stays gone, though a criterion would have it back', async () => {
  const model = net();
  await fit(model, {});
  const before = maskOf(model);
  expect(before).toEqual([1, 0, 1, 0, 1, 1, 0, 0]);
  // the smaller the better: all that is left would go before what is gone
  await fit(model, {criterion: {score: weight => tf.neg(tf.abs(weight))}, schedule: oneShot({targetSparsity: 0.75})});
  expect(maskOf(model)).toEqual([0, 0, 1, 0, 1, 0, 0, 0]);
});

test('what a criterion says of what is gone is passed over, also -Infinity', async () => {
  const model = net();
  const criterion = {score: (weight: tf.Tensor) => tf.log(tf.abs(weight))};
  await fit(model, {criterion});
  await fit(model, {criterion, schedule: oneShot({targetSparsity: 0.75})});
  expect(maskOf(model)).toEqual([1, 0, 0, 0, 0, 1, 0, 0]);
});

test.each<[string, number, string]>([
  ['a weight that is infinite', -Infinity, 'got Infinity at index 2 of 8'],
  ['a weight that is NaN', NaN, 'got NaN at index 2 of 8'],
])('%s is named as such, and nothing changes', async (_, value, message) => {
  const model = net();
  weightOf(model).kernel.write(tf.tensor2d(VALUES.with(2, value), [4, 2]));
  await expect(fit(model, {})).rejects.toThrow(message);
  expect(maskOf(model)).toEqual(Array(8).fill(1));
});

test('a criterion may return the kernel itself, or a tensor that it keeps', async () => {
  const model = net();
  const kept = tf.tensor2d([8, 7, 6, 5, 4, 3, 2, 1], [4, 2]);
  await fit(model, {criterion: {score: weight => weight}});
  expect(maskOf(model)).toEqual([1, 0, 1, 0, 1, 0, 1, 0]);
  expect([...weightOf(model).kernel.read().dataSync()].map(value => value + 0)).toEqual([5, 0, 4, 0, 3, 0, 0.5, 0]);
  const other = net();
  await expectNoLeak(() => fit(other, {criterion: {score: () => kept}}));
  expect(maskOf(other)).toEqual([1, 1, 1, 1, 0, 0, 0, 0]);
  expect([...kept.dataSync()]).toEqual([8, 7, 6, 5, 4, 3, 2, 1]);
});

test.each([
  ['Infinity', 1 / 0, {}],
  ['-Infinity', -1 / 0, {}],
  ['Infinity', 1 / 0, {regrowth: true}],
])('a score of %s for what is not masked is refused, with %p of %p', async (name, value, args) => {
  const model = net();
  const criterion = {score: () => tf.tensor2d([1, 2, 3, value, 5, 6, 7, 8], [4, 2])};
  await expect(fit(model, {...args, criterion})).rejects.toThrow(`to have finite scores, got ${name} at index 3 of 8`);
  expect(maskOf(model)).toEqual(Array(8).fill(1));
});

describe("called by a method of one's own", () => {
  const placed = (model: tf.LayersModel) => chosenWeights('test', model, undefined);

  test('masks, and says how many weights are zero', async () => {
    const model = net();
    expect(await updateMasks(placed(model), 0.5)).toEqual({weights: 8, zeros: 4});
    expect(maskOf(model)).toEqual([1, 0, 1, 0, 1, 1, 0, 0]);
    expect([...weightOf(model).kernel.read().dataSync()].map(value => value + 0)).toEqual([5, 0, 4, 0, 3, -6, 0, 0]);
  });

  test('with regrowth kernels stay, and what was masked competes again', async () => {
    const model = net();
    await updateMasks(placed(model), 0.5, {regrowth: true});
    expect([...weightOf(model).kernel.read().dataSync()]).toEqual(VALUES);
    weightOf(model).kernel.write(tf.tensor2d([1, 2, 3, 4, 5, 6, 7, 8], [4, 2]));
    expect([...weightOf(model).read().dataSync()].map(value => value + 0)).toEqual([1, 0, 3, 0, 5, 6, 0, 0]);
    await updateMasks(placed(model), 0.5, {regrowth: true});
    expect(maskOf(model)).toEqual([0, 0, 0, 0, 1, 1, 1, 1]);
    await updateMasks(placed(model), 0, {regrowth: true});
    expect(weightOf(model).read()).toBe(weightOf(model).kernel.read());
  });

  test('keepDense leaves kernels as they are', async () => {
    const model = net();
    await updateMasks(placed(model), 0.5, {keepDense: true});
    expect(maskOf(model)).toEqual([1, 0, 1, 0, 1, 1, 0, 0]);
    expect([...weightOf(model).kernel.read().dataSync()]).toEqual(VALUES);
  });

  test('the target may depend on the scores', async () => {
    const model = net();
    const target = (layers: readonly LayerScores[]) => layers[0]!.scores.filter(score => score < 1).length / 8;
    expect(await updateMasks(placed(model), target)).toEqual({weights: 8, zeros: 2});
  });

  test('a criterion of inputs goes by the data', async () => {
    const model = net();
    // |w| times the norm of the input: 10 1, 4 2, 3 6, 0.5 0.25
    const data = {xs: tf.tensor2d([2, 1, 1, 1], [1, 4])};
    await updateMasks(placed(model), 0.5, {criterion: wanda(), allocation: globalRanking()}, {data});
    expect(maskOf(model)).toEqual([1, 0, 1, 0, 1, 1, 0, 0]);
    const others = net();
    const seen = {data: {xs: tf.tensor2d([0.1, 5, 1, 100], [1, 4])}};
    // 0.5 0.1, 20 10, 3 6, 50 25
    await updateMasks(placed(others), 0.5, {criterion: wanda(), allocation: globalRanking()}, seen);
    expect(maskOf(others)).toEqual([0, 0, 1, 1, 0, 0, 1, 1]);
  });

  test('what contradicts itself, or is no sparsity, is refused', async () => {
    const model = net();
    await expect(updateMasks(placed(model), 0.5, {regrowth: true, keepDense: true})).rejects.toThrow(
      /updateMasks .*`keepDense`.* with `regrowth: true`: that changes masks alone/,
    );
    for (const sparsity of [1, -0.5, NaN]) {
      await expect(updateMasks(placed(model), sparsity)).rejects.toThrow(/Expected `sparsity` to be/);
    }
    expect(maskOf(model)).toEqual(Array(8).fill(1));
  });
});

test('a sparsity rounds to none if it asks for no more than is masked, whatever the criterion has seen', async () => {
  const model = net();
  const pruned = chosenWeights('test', model, undefined);
  const rule = (structure: Structure) => ({criterion: taylor(), structure, allocation: uniform()});
  const rows = slices(0);
  expect(await roundsToNone(pruned, 0.1, rule(rows))).toBe(true); // 0.4 of four rows
  expect(await roundsToNone(pruned, 0.2, rule(rows))).toBe(false);
  await fit(model, {structure: rows, schedule: oneShot({targetSparsity: 0.5})});
  expect(await roundsToNone(pruned, 0.5, rule(rows))).toBe(true);
  expect(await roundsToNone(pruned, 0.75, rule(rows))).toBe(false);
});

test('structures group weights: whole rows go, by the sums 6, 6, 9 and 0.75 of their magnitudes', async () => {
  const model = net();
  const rows = eachWeight({
    pool: (scores: Float32Array) => Float32Array.from({length: 4}, (_, row) => scores[2 * row]! + scores[2 * row + 1]!),
    spread: (kept: Uint8Array) => Uint8Array.from({length: 8}, (_, i) => kept[i >> 1]!),
  });
  await fit(model, {structure: rows});
  expect(maskOf(model)).toEqual([1, 1, 0, 0, 1, 1, 0, 0]);
});

test.each<[string, Partial<GradualPruningArgs>, RegExp]>([
  [
    'a criterion that scores in another shape',
    {criterion: {score: weight => tf.transpose(tf.abs(weight))}},
    /Expected the criterion to score "d\/kernel" in its shape \[4,2\], got \[2,4\]/,
  ],
  [
    'a structure that spreads to another size',
    {structure: eachWeight({pool: scores => scores, spread: () => new Uint8Array(3)})},
    /Expected the structure to spread 8 mask values for "d\/kernel" in a Uint8Array, got a Uint8Array of length 3/,
  ],
  [
    'a structure that spreads nothing',
    {structure: eachWeight({pool: scores => scores, spread: () => undefined as never})},
    /Expected the structure to spread 8 mask values for "d\/kernel" in a Uint8Array, got undefined/,
  ],
  [
    'an allocation that keeps nothing',
    {allocation: layers => layers.map(({scores}) => new Uint8Array(scores.length))},
    /Expected the allocation to keep something of "d\/kernel", but it would prune all of its 8 weights/,
  ],
  [
    'an allocation that says 2',
    {allocation: layers => layers.map(({scores}) => new Uint8Array(scores.length).fill(2))},
    /Expected the mask of "d\/kernel" to hold only 0 and 1, got 2 at index 0; its allocation or structure is wrong/,
  ],
  [
    'a criterion that scores with a promise',
    {criterion: {score: () => Promise.resolve(1) as never}},
    /Expected the criterion to score "d\/kernel" in a tensor, got a Promise/,
  ],
  [
    'an allocation that returns nothing',
    {allocation: () => undefined as never},
    /Expected the allocation to return an array of 1 masks, got undefined/,
  ],
  [
    'an allocation with too few groups',
    {allocation: () => [Uint8Array.of(1)], structure: filters()},
    /Expected the allocation to return a Uint8Array of length 2 for "d\/kernel", got a Uint8Array of length 1/,
  ],
  [
    'an allocation of plain arrays',
    {allocation: () => [[1, 0]] as never, structure: filters()},
    /Expected the allocation to return a Uint8Array of length 2 for "d\/kernel", got an Array of length 2/,
  ],
  [
    'a structure that pools in double precision',
    {structure: eachWeight({pool: scores => Float64Array.from(scores) as never, spread: kept => kept})},
    /Expected the structure to pool the scores of "d\/kernel" into a Float32Array, got a Float64Array/,
  ],
  [
    'a structure that returns no grouping',
    {structure: () => undefined as never},
    /Expected `structure\(\.\.\.\)` to be an object with pool\(\) and spread\(\), got undefined/,
  ],
  [
    'a structure that pools into a plain array',
    {structure: eachWeight({pool: scores => [...scores] as never, spread: kept => kept})},
    /Expected the structure to pool the scores of "d\/kernel" into a Float32Array, got an Array/,
  ],
])('%s is refused, and changes nothing', async (_, args, message) => {
  const model = net();
  await expect(fit(model, args)).rejects.toThrow(message);
  expect(maskOf(model)).toEqual(Array(8).fill(1));
  expect([...weightOf(model).kernel.read().dataSync()]).toEqual(VALUES);
});

test('an update that fails for one weight changes none', async () => {
  const model = prunable(
    tf.sequential({
      layers: [tf.layers.dense({name: 'a', units: 4, inputShape: [4]}), tf.layers.dense({name: 'd', units: 2})],
    }),
  );
  model.compile({optimizer: tf.train.sgd(0), loss: 'meanSquaredError'});
  const weights = ['a', 'd'].map(name => wrapper(model, name).maskedWeights[0]!);
  const before = weights.map(({kernel}) => tf.clone(kernel.read()));
  jest.spyOn(weights[1]!.kernel, 'read').mockImplementation(() => {
    throw new Error('out of memory');
  });
  await expect(fit(model, {})).rejects.toThrow('out of memory');
  jest.restoreAllMocks();
  expect(weights.map(zerosIn)).toEqual([0, 0]);
  expect(
    distance(
      weights.map(({kernel}) => kernel.read()),
      before,
    ),
  ).toBe(0);
});

test('an update that failed is made up for at the next fit', async () => {
  const model = net();
  let broken = true;
  const criterion = {score: (weight: tf.Tensor) => (broken ? tf.fill(weight.shape, NaN) : score(magnitude(), weight))};
  const pruning = new GradualPruning({schedule: oneShot({targetSparsity: 0.5, beginStep: 1}), criterion});
  const train = () => model.fit(tf.ones([4, 4]), tf.ones([4, 2]), {batchSize: 2, verbose: 0, callbacks: pruning});
  await expect(train()).rejects.toThrow(/got NaN/);
  broken = false;
  await train();
  expect(zerosIn(weightOf(model))).toBe(4);
});

test('frozen layers are left alone, also where the model around them is frozen', async () => {
  const base = tf.sequential({name: 'base', layers: [tf.layers.dense({name: 'b', units: 4, inputShape: [4]})]});
  const input = tf.input({shape: [4]});
  const head = tf.layers.dense({name: 'd', units: 2});
  const model = prunable(tf.model({inputs: input, outputs: head.apply(base.apply(input)) as tf.SymbolicTensor}));
  model.getLayer('base').trainable = false;
  model.compile({optimizer: 'sgd', loss: 'meanSquaredError'});
  await fit(model, {});
  const inner = model.getLayer('base') as tf.LayersModel;
  expect([zerosIn(wrapper(inner, 'b').maskedWeights[0]!), zerosIn(weightOf(model))]).toEqual([0, 4]);
});

test('a path chooses the same layer in fit as in prunable, though fit flattens the first model', async () => {
  const base = tf.sequential({name: 'base', layers: [tf.layers.dense({name: 'b', units: 4, inputShape: [4]})]});
  const model = prunable(tf.sequential({layers: [base, tf.layers.dense({name: 'd', units: 2})]}), {layers: 'base/b'});
  model.compile({optimizer: 'sgd', loss: 'meanSquaredError'});
  await fit(model, {layers: 'base/b'});
  expect(zerosIn(wrapper(model.layers[0] as tf.LayersModel, 'b').maskedWeights[0]!)).toBe(8);
});

test('an endless schedule updates as long as training goes on', async () => {
  const model = net();
  await fit(model, {schedule: constantSparsity({targetSparsity: 0.25, frequency: 1})});
  expect(zerosIn(weightOf(model))).toBe(2);
});
