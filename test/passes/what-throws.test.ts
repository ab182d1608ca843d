import * as tf from '@tensorflow/tfjs';
import {
  addPenalty,
  attentionScores,
  grasp,
  lassoScores,
  planChannelPruning,
  prunable,
  PruneAtInitialization,
  pruneOnce,
  recalibrateBatchNorm,
  sensitivityScan,
  snip,
  synFlow,
  taylor,
  wanda,
  type Batch,
  type Progress,
} from 'tfjs-pruning';
import {expectNoLeak} from '../support/tensors.js';

const init = (seed: number) => tf.initializers.glorotUniform({seed});
let [x, y] = [] as unknown as [tf.Tensor2D, tf.Tensor2D];
beforeAll(() => {
  x = tf.randomNormal([12, 6], 0, 1, 'float32', 1);
  y = tf.oneHot(tf.tensor1d([0, 1, 2, 0, 1, 2, 0, 1, 2, 0, 1, 2], 'int32'), 3) as tf.Tensor2D;
});

function boom(): never {
  throw new Error('mine');
}

const meanSquares = (a: tf.Tensor, b: tf.Tensor) => tf.mean(tf.square(tf.sub(a, b)));

/** A loss that throws at a call. */
function throwingAt(call: number): (a: tf.Tensor, b: tf.Tensor) => tf.Tensor {
  let calls = 0;
  return (a, b) => (++calls === call ? boom() : meanSquares(a, b));
}

function build(loss: string | typeof meanSquares = 'categoricalCrossentropy', wrap = true): tf.LayersModel {
  const plain = tf.sequential({
    layers: [
      tf.layers.dense({name: 'd', units: 8, activation: 'relu', inputShape: [6], kernelInitializer: init(1)}),
      tf.layers.batchNormalization({name: 'bn'}),
      tf.layers.dense({name: 'o', units: 3, activation: 'softmax', kernelInitializer: init(2)}),
    ],
  });
  const model = wrap ? prunable(plain) : plain;
  model.compile({optimizer: 'sgd', loss, metrics: ['accuracy']});
  return model;
}

const batches = (): Batch[] => [
  {xs: x, ys: y},
  {xs: x, ys: y},
];
function* breaking(): Generator<Batch> {
  yield {xs: x, ys: y};
  boom();
}
const breakingDataset = () =>
  tf.data.generator(function* () {
    yield {xs: x.clone(), ys: y.clone()};
    boom();
  }) as unknown as Iterable<Batch>;

/** The layer's own computation throws, in a model that is used by nobody else. */
function withBrokenLayer(model: tf.LayersModel): tf.LayersModel {
  (model.getLayer('o') as unknown as {layer: {call: unknown}}).layer.call = boom;
  return model;
}

const sparsity = 0.3;
const attention = {layers: 'd'};
const CASES: Record<string, [model: () => tf.LayersModel, act: (model: tf.LayersModel) => unknown]> = {
  'pruneOnce, loss': [build, m => pruneOnce(m, {sparsity, criterion: snip(), data: batches(), loss: boom})],
  'pruneOnce, loss at the second batch': [
    build,
    m => pruneOnce(m, {sparsity, criterion: taylor(), data: batches(), loss: throwingAt(2)}),
  ],
  'pruneOnce, loss at displaced kernels': [
    build,
    m => pruneOnce(m, {sparsity, criterion: grasp(), data: batches(), loss: throwingAt(2)}),
  ],
  'pruneOnce, the compiled loss': [
    () => build(boom),
    m => pruneOnce(m, {sparsity, criterion: snip(), data: batches()}),
  ],
  'pruneOnce, data': [build, m => pruneOnce(m, {sparsity, criterion: snip(), data: breaking()})],
  'pruneOnce, data for inputs': [build, m => pruneOnce(m, {sparsity, criterion: wanda(), data: breaking()})],
  'pruneOnce, a dataset': [build, m => pruneOnce(m, {sparsity, criterion: snip(), data: breakingDataset()})],
  'pruneOnce, a criterion that observes': [
    build,
    m =>
      pruneOnce(m, {sparsity, criterion: {sees: 'gradients', observe: boom, score: weight => weight}, data: batches()}),
  ],
  'pruneOnce, a layer under synFlow': [
    () => withBrokenLayer(build()),
    m => pruneOnce(m, {sparsity, criterion: synFlow()}),
  ],
  'planChannelPruning, loss': [
    build,
    m => planChannelPruning(m, {sparsity, criterion: snip(), data: batches(), loss: boom}),
  ],
  'planChannelPruning of a plain model, loss': [
    () => build(boom, false),
    m => planChannelPruning(m, {sparsity, criterion: snip(), data: batches()}),
  ],
  'planChannelPruning, data': [build, m => planChannelPruning(m, {sparsity, criterion: taylor(), data: breaking()})],
  'planChannelPruning, latencyOf': [build, m => planChannelPruning(m, {latency: 0.5, latencyOf: boom})],
  'sensitivityScan, loss': [() => build(throwingAt(4)), m => sensitivityScan(m, {data: {xs: x, ys: y}})],
  'sensitivityScan, loss before anything is pruned': [
    () => build(throwingAt(2)),
    m => sensitivityScan(m, {data: {xs: x, ys: y}, criterion: snip()}),
  ],
  'sensitivityScan, a dataset': [build, m => sensitivityScan(m, {data: breakingDataset()})],
  'sensitivityScan, onProgress': [build, m => sensitivityScan(m, {data: {xs: x, ys: y}, onProgress: boom})],
  'PruneAtInitialization, loss': [
    build,
    m => fitWith(m, new PruneAtInitialization({sparsity, data: batches(), loss: throwingAt(2)})),
  ],
  'PruneAtInitialization, data': [build, m => fitWith(m, new PruneAtInitialization({sparsity, data: breaking()}))],
  'attentionScores, loss': [build, m => attentionScores(m, {...attention, data: batches(), loss: boom})],
  'attentionScores, loss at the second epoch': [
    build,
    m => attentionScores(m, {...attention, data: batches(), loss: throwingAt(3)}),
  ],
  'attentionScores, data': [build, m => attentionScores(m, {...attention, data: {[Symbol.iterator]: breaking}})],
  'attentionScores, a dataset': [build, m => attentionScores(m, {...attention, data: breakingDataset()})],
  'attentionScores, a layer': [
    () => withBrokenLayer(build()),
    m => attentionScores(m, {...attention, data: batches()}),
  ],
  'attentionScores, onProgress at the end': [
    build,
    m => {
      const onProgress = ({done, total}: Progress) => void (done === total && boom());
      return attentionScores(m, {...attention, data: batches(), onProgress});
    },
  ],
  'lassoScores, data': [build, m => lassoScores(m, {data: breaking()})],
  'lassoScores, a dataset': [build, m => lassoScores(m, {data: breakingDataset()})],
  'lassoScores, a layer': [() => withBrokenLayer(build()), m => lassoScores(m, {data: batches()})],
  'lassoScores, onProgress at the end': [
    build,
    m => {
      const onProgress = ({done, total}: Progress) => void (done === total && boom());
      return lassoScores(m, {data: batches(), onProgress});
    },
  ],
  'recalibrateBatchNorm, data': [build, m => recalibrateBatchNorm(m, {data: breaking()})],
  'recalibrateBatchNorm, a dataset': [build, m => recalibrateBatchNorm(m, {data: breakingDataset()})],
  'recalibrateBatchNorm, a layer': [() => withBrokenLayer(build()), m => recalibrateBatchNorm(m, {data: batches()})],
  'addPenalty, the penalty where it is differentiated': [
    build,
    m => {
      let calls = 0;
      addPenalty(m, weight => (++calls === 2 ? boom() : tf.sum(tf.abs(weight))));
    },
  ],
};

const fitWith = (model: tf.LayersModel, callback: PruneAtInitialization) =>
  model.fit(x, y, {epochs: 1, verbose: 0, callbacks: callback});

test.each(Object.entries(CASES))(
  '%s that throws leaves no tensor behind, and the model as it was',
  async (_, [make, act]) => {
    const model = make();
    const values = () => model.getWeights().map(weight => weight.dataSync());
    const before = values();
    await expectNoLeak(async () => {
      await expect(Promise.resolve().then(() => act(model))).rejects.toThrow('mine');
    });
    expect(values()).toEqual(before);
    expect(tf.engine().state.gradientDepth).toBe(0);
  },
);

test('a loss of no tensor, or of none that goes by the weights, is told', async () => {
  const model = build();
  const args = {sparsity, criterion: snip(), data: batches()};
  await expectNoLeak(async () => {
    const number = () => 5 as unknown as tf.Tensor;
    await expect(pruneOnce(model, {...args, loss: number})).rejects.toThrow(
      '`loss` to return a tensor, got 5 (number)',
    );
    await expect(pruneOnce(model, {...args, loss: 5 as never})).rejects.toThrow(
      '`loss` to be a name or function that compile takes, or one for each output, got 5 (number)',
    );
    await expect(pruneOnce(model, {...args, loss: () => tf.scalar(1)})).rejects.toThrow('Cannot compute gradient');
  });
});

test('afterwards the model prunes and trains as ever', async () => {
  const [broken, whole] = [build(), build()];
  const args = {sparsity: 0.5, criterion: snip(), data: batches()};
  await expect(pruneOnce(broken, {...args, loss: boom})).rejects.toThrow('mine');
  for (const model of [broken, whole]) {
    await pruneOnce(model, args);
    await model.fit(x, y, {epochs: 2, shuffle: false, verbose: 0});
  }
  expect(broken.getWeights().map(weight => weight.dataSync())).toEqual(
    whole.getWeights().map(weight => weight.dataSync()),
  );
});
