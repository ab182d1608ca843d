import * as tf from '@tensorflow/tfjs';
import {
  filters,
  magnitude,
  nOfM,
  prunable,
  pruneOnce,
  sensitivity,
  sensitivityScan,
  taylor,
  wanda,
  type Criterion,
  type SensitivityProgress,
  type SensitivityReport,
  type SensitivityScanArgs,
} from 'tfjs-pruning';
import {wrapper} from '../support/masks.js';
import {artifactsOf, expectNoLeak} from '../support/tensors.js';

/** y = x W1 W2 with W1 = diag(1, 2, 4, 8) and W2 all ones: each weight's loss can be told by hand. */
function net(): tf.Sequential {
  const model = prunable(
    tf.sequential({
      layers: [
        tf.layers.dense({name: 'a', units: 4, useBias: false, inputShape: [4]}),
        tf.layers.dense({name: 'b', units: 1, useBias: false}),
      ],
    }),
  );
  model.compile({optimizer: 'sgd', loss: 'meanSquaredError', metrics: ['mae']});
  weightOf(model, 'a').kernel.write(tf.diag(tf.tensor1d([1, 2, 4, 8])));
  weightOf(model, 'b').kernel.write(tf.tensor2d([1, 2, 3, 4], [4, 1]));
  return model;
}

const weightOf = (model: tf.LayersModel, name: string) => wrapper(model, name).maskedWeights[0]!;

/** One example, all ones: the model gives 1 + 4 + 12 + 32 = 49. */
const DATA = {xs: tf.ones([1, 4]), ys: tf.fill([1, 1], 49)};

async function bytesOf(model: tf.LayersModel): Promise<Buffer> {
  return Buffer.from((await artifactsOf(model)).weightData as ArrayBuffer);
}

test('loss and metrics of each layer pruned alone, by hand', async () => {
  const model = net();
  const progress: SensitivityProgress[] = [];
  const report = await sensitivityScan(model, {
    data: DATA,
    sparsities: [0.75, 0.25],
    onProgress: at => progress.push(at),
  });
  expect(report).toEqual({
    baseline: {loss: 0, metrics: {mae: 0}},
    layers: [
      {
        layer: 'a', // 12 of its 16 weights are zero already
        weights: ['a/kernel'],
        points: [
          {sparsity: 0.25, loss: 0, metrics: {mae: 0}},
          {sparsity: 0.75, loss: 0, metrics: {mae: 0}},
        ],
      },
      {
        layer: 'b', // 1 goes, then 1, 4 and 12
        weights: ['b/kernel'],
        points: [
          {sparsity: 0.25, loss: 1, metrics: {mae: 1}},
          {sparsity: 0.75, loss: 17 ** 2, metrics: {mae: 17}},
        ],
      },
    ],
  });
  expect(JSON.parse(JSON.stringify(report))).toEqual(report);
  expect(progress).toEqual([
    {done: 1, total: 4, label: 'a at 0.25', layer: 'a', sparsity: 0.25, loss: 0},
    {done: 2, total: 4, label: 'a at 0.75', layer: 'a', sparsity: 0.75, loss: 0},
    {done: 3, total: 4, label: 'b at 0.25', layer: 'b', sparsity: 0.25, loss: 1},
    {done: 4, total: 4, label: 'b at 0.75', layer: 'b', sparsity: 0.75, loss: 289},
  ]);
});

test('evaluates as tf.js does: over tensors, over batches and over a dataset', async () => {
  const model = net();
  const [xs, ys] = [tf.randomNormal([5, 4], 0, 1, 'float32', 1), tf.ones([5, 1])];
  const [loss, mae] = (model.evaluate(xs, ys, {batchSize: 2}) as tf.Scalar[]).map(scalar => scalar.dataSync()[0]!);
  const batches = [0, 2, 4].map(i => ({xs: tf.slice(xs, i, i < 4 ? 2 : 1), ys: tf.slice(ys, i, i < 4 ? 2 : 1)}));
  const dataset = tf.data.generator(() =>
    batches.map(batch => ({xs: tf.clone(batch.xs), ys: tf.clone(batch.ys)})).values(),
  );
  for (const args of [{data: {xs, ys}, batchSize: 2}, {data: {xs, ys}}, {data: batches}, {data: dataset}]) {
    const {baseline} = await sensitivityScan(model, {...args, layers: 'a', sparsities: [0.5]});
    expect(baseline.loss).toBeCloseTo(loss!, 3);
    expect(baseline.metrics['mae']).toBeCloseTo(mae!, 4);
  }
});

test('takes a structure, chosen layers, and a dataset', async () => {
  const model = net();
  const dataset = tf.data.array([{xs: [1, 1, 1, 1], ys: [49]}]).batch(1);
  const {layers} = await sensitivityScan(model, {data: dataset, structure: filters(), layers: 'a', sparsities: [0.5]});
  expect(layers.map(({layer, points}) => [layer, points[0]!.loss])).toEqual([['a', 5 ** 2]]);
});

/** The inputs 0, 1, 1, 0 make b see 0, 2, 4, 0: of its weights, 1 and 4 matter to no input. */
test.each<[string, Criterion]>([
  ['inputs', wanda()],
  ['gradients', taylor()],
])('a criterion of %s is shown the data, a batch at a time', async (_, criterion) => {
  const model = net();
  const xs = tf.tensor2d([0, 1, 1, 0, 0, 1, 1, 0, 0, 1, 1, 0], [3, 4]);
  const ys = tf.zeros([3, 1]);
  const args = {criterion, layers: 'b', sparsities: [0.5]};
  const dataset = tf.data.array([0, 1, 2].map(() => ({xs: [0, 1, 1, 0], ys: [0]}))).batch(2);
  let report: SensitivityReport | undefined;
  await expectNoLeak(async () => {
    report = await sensitivityScan(model, {...args, data: {xs, ys}, batchSize: 2});
  });
  expect(report!.layers[0]!.points[0]!.loss).toBe(report!.baseline.loss);
  expect(await sensitivityScan(model, {...args, data: dataset})).toEqual(report);
  // by magnitude, 1 and 2 fall: what is left of 2 * 2 + 4 * 3 = 16 is 12
  const [byMagnitude] = (await sensitivityScan(model, {...args, data: {xs, ys}, criterion: magnitude()})).layers;
  expect(byMagnitude!.points[0]!.loss).toBe(12 ** 2);
});

test('the model is afterwards what it was: the same bytes, masks, biases, and no tensor more', async () => {
  const model = prunable(
    tf.sequential({
      layers: [
        tf.layers.dense({name: 'a', units: 4, biasInitializer: 'ones', inputShape: [4]}),
        tf.layers.batchNormalization({betaInitializer: 'ones'}),
        tf.layers.dense({name: 'b', units: 1}),
      ],
    }),
  );
  model.compile({optimizer: 'sgd', loss: 'meanSquaredError'});
  await pruneOnce(model, {sparsity: 0.25, keepDense: true, layers: 'a'});
  const before = await bytesOf(model);
  await expectNoLeak(async () => {
    await sensitivityScan(model, {data: DATA, structure: filters(), sparsities: [0.5, 0.75]});
  });
  expect((await bytesOf(model)).equals(before)).toBe(true);
});

test('so it is where the scan fails on the way', async () => {
  const model = net();
  const before = await bytesOf(model);
  const failing: [Omit<SensitivityScanArgs, 'data'>, string][] = [
    [{structure: nOfM(1, 2)}, 'Expected a sparsity that the layers can take'],
    [
      {
        onProgress: () => {
          throw new Error('enough');
        },
      },
      'enough',
    ],
    [{criterion: {score: weight => tf.fill(weight.shape, NaN)}}, 'got NaN'],
  ];
  for (const [args, message] of failing) {
    await expectNoLeak(async () => {
      await expect(sensitivityScan(model, {...args, data: DATA})).rejects.toThrow(message);
    });
    expect((await bytesOf(model)).equals(before)).toBe(true);
  }
  const wrong = {xs: DATA.xs, ys: tf.ones([1, 3])};
  await expect(sensitivityScan(model, {data: wrong})).rejects.toThrow(/target|shape/i);
  expect((await bytesOf(model)).equals(before)).toBe(true);
});

test('its report shares out a sparsity', async () => {
  const model = net();
  const report = await sensitivityScan(model, {data: DATA, sparsities: [0.25, 0.5, 0.75]});
  await pruneOnce(model, {sparsity: 0.6, allocation: sensitivity(report)});
  // 12 of 20 groups: all that cost nothing are in a
  const zeros = ['a', 'b'].map(name => [...weightOf(model, name).mask.read().dataSync()].filter(x => x === 0).length);
  expect(zeros).toEqual([12, 0]);
});

test('refuses a model that is not compiled', async () => {
  const model = prunable(tf.sequential({name: 'raw', layers: [tf.layers.dense({units: 1, inputShape: [4]})]}));
  await expect(sensitivityScan(model, {data: DATA})).rejects.toThrow(
    new Error('sensitivityScan expects a compiled model, but "raw" is not; call its compile() first'),
  );
});

test.each<[unknown, object, string]>([
  [DATA, {sparsities: []}, 'Expected `sparsities` to be a non-empty array, got an empty one'],
  [DATA, {sparsities: 0.5}, 'got 0.5 (number)'],
  [
    DATA,
    {sparsities: [0]},
    'Expected `sparsities[0]` above 0, got 0; the report has the dense model as its `baseline`',
  ],
  [DATA, {sparsities: [0.5, 1]}, 'Expected `sparsities[1]` to be a number in [0, 1), got 1'],
  [DATA, {batchSize: 0}, 'Expected `batchSize` to be a whole number >= 1, got 0'],
  [DATA, {allocation: 1}, 'sensitivityScan has no option `allocation`'],
  [DATA, {layers: 'c'}, '"c" matches none; there are "a", "b"'],
  [{xs: DATA.xs}, {}, 'Expected `ys` of `data` to be tensors for "b", got undefined'],
  [{xs: [[1, 2]], ys: DATA.ys}, {}, 'Expected `xs` of `data` to hold a tensor for "a_input", got an Array'],
  [{xs: DATA.xs, ys: tf.ones([1, 3])}, {}, 'Expected `ys` of `data` to have the shape [batch,1] for "b", got [1,3]'],
  [[DATA], {batchSize: 1}, 'Expected `batchSize` only with tensors {xs, ys}'],
  [undefined, {}, 'got undefined'],
])('refuses %#', async (data, args, message) => {
  await expect(sensitivityScan(net(), {...args, data: data as never})).rejects.toThrow(message);
});
