import * as tf from '@tensorflow/tfjs';
import {
  addPenalty,
  applyMasks,
  filters,
  GradualPruning,
  l1,
  maskChannels,
  planChannelPruning,
  ProximalPenalty,
  prunable,
  pruneByThreshold,
  pruneOnce,
  readMasks,
  reinitialize,
  restoreDense,
  RigL,
  ScheduledPenalty,
  sensitivityScan,
  shiftConvolutions,
  shrink,
  shuffleMasks,
  sparsityReport,
  SparsityLogger,
  StaticSparse,
  stripPruning,
  TargetedDropout,
} from 'tfjs-pruning';
import {constantSparsity, oneShot} from 'tfjs-pruning/schedules';
import {wrapper} from '../support/masks.js';
import {artifactsOf, expectNoLeak} from '../support/tensors.js';

/** A net of two layers, the mask of the second with something else than 0 and 1 at index 7. */
function net(value: number): tf.LayersModel {
  const layers = [
    tf.layers.conv2d({name: 'a', filters: 3, kernelSize: 1, inputShape: [2, 2, 2]}),
    tf.layers.flatten(),
    tf.layers.dense({name: 'b', units: 2}),
  ];
  const model = prunable(tf.sequential({layers}));
  model.compile({optimizer: 'sgd', loss: 'meanSquaredError'});
  const values = Float32Array.from({length: 24}, (_, i) => (i === 7 ? value : 1));
  tf.tidy(() =>
    model.setWeights(
      model.getWeights().map(old => (old.size === 24 && isMask(old) ? tf.tensor(values, [12, 2]) : old)),
    ),
  );
  return model;
}

const isMask = (weight: tf.Tensor) => tf.tidy(() => tf.all(tf.equal(weight, 1)).dataSync()[0] === 1);
const EXPECTED =
  /mask of "b\/kernel" to hold only 0 and 1, got .* at index 7; .*averag.*Average.*stripPruning.*prunable.*maskZeros/;

async function fit(model: tf.LayersModel, callback: tf.Callback): Promise<void> {
  const [x, y] = [tf.ones([4, 2, 2, 2]), tf.ones([4, 2])];
  try {
    await model.fit(x, y, {verbose: 0, callbacks: callback});
  } finally {
    tf.dispose([x, y]);
  }
}

const schedule = oneShot({targetSparsity: 0.5, beginStep: 0});
const READERS: Record<string, (model: tf.LayersModel) => unknown> = {
  stripPruning,
  shrink: model => shrink(model),
  'shrink by a plan': model => shrink(model, {remove: {a: [0]}}),
  shiftConvolutions: model => shiftConvolutions(model),
  sparsityReport,
  readMasks,
  restoreDense: model => restoreDense(model),
  shuffleMasks: model => shuffleMasks(model),
  reinitialize: model => reinitialize(model),
  pruneOnce: model => pruneOnce(model, {sparsity: 0.5}),
  pruneByThreshold: model => pruneByThreshold(model, {below: 0.1}),
  sensitivityScan: model => sensitivityScan(model, {data: {xs: tf.ones([4, 2, 2, 2]), ys: tf.ones([4, 2])}}),
  planChannelPruning: model => planChannelPruning(model, {sparsity: 0.5}),
  maskChannels: model => maskChannels(model, {remove: {}}),
  addPenalty: model => addPenalty(model, l1({strength: 0.1})),
  GradualPruning: model => fit(model, new GradualPruning({schedule})),
  'GradualPruning of filters': model => fit(model, new GradualPruning({schedule, structure: filters()})),
  'GradualPruning with regrowth': model => fit(model, new GradualPruning({schedule, regrowth: true})),
  RigL: model => fit(model, new RigL({sparsity: 0.5, frequency: 1, endStep: 10})),
  TargetedDropout: model => fit(model, new TargetedDropout({schedule})),
  SparsityLogger: model => fit(model, new SparsityLogger({print: null})),
  ScheduledPenalty: model => fit(model, new ScheduledPenalty({penalty: l1({strength: 0.1})})),
  ProximalPenalty: model => fit(model, new ProximalPenalty({penalty: l1({strength: 0.1})})),
};

describe.each(Object.entries(READERS))('%s', (_, read) => {
  test.each([0.5, NaN, -1, 2])('refuses a mask with %d in it, and leaves the model as it was', async value => {
    const model = net(value);
    const before = model.getWeights().map(weight => [...weight.dataSync()]);
    await expect(Promise.resolve(model).then(read)).rejects.toThrow(EXPECTED);
    expect(model.getWeights().map(weight => [...weight.dataSync()])).toEqual(before);
  });
});

test('a mask that another callback averages while training is refused before it scales the kernel', async () => {
  const model = net(1);
  const {mask, kernel} = wrapper(model, 'b').maskedWeights[0]!;
  let before: number[] = [];
  const averaging = new tf.CustomCallback({
    onEpochEnd: () => {
      mask.write(tf.fill([12, 2], 0.5));
      before = [...kernel.read().dataSync()];
      return Promise.resolve();
    },
  });
  const [x, y] = [tf.ones([4, 2, 2, 2]), tf.ones([4, 2])];
  const callbacks = [new StaticSparse({sparsity: 0.5}), averaging];
  await expect(model.fit(x, y, {epochs: 2, verbose: 0, callbacks})).rejects.toThrow(/mask of "b\/kernel" .*got 0.5/);
  const largest = (values: Iterable<number>) => Math.max(...[...values].map(Math.abs));
  expect(largest(kernel.read().dataSync())).toBeGreaterThan(0.75 * largest(before));
});

test('without a leak', async () => {
  const model = net(0.5);
  await expectNoLeak(async () => {
    expect(() => stripPruning(model)).toThrow(EXPECTED);
    for (const read of [shrink, sparsityReport, readMasks]) await expect(read(model)).rejects.toThrow(EXPECTED);
  });
});

test('a mask out of a file that a tool has quantized', async () => {
  const model = await tf.loadLayersModel(tf.io.fromMemory(await artifactsOf(net(0.996))));
  expect(() => stripPruning(model)).toThrow(/mask of "b\/kernel" .*got 0.99\d* at index 7; .*quantized.*damaged/);
});

test('a mask that was right is looked at again when it was changed, and only then', async () => {
  const model = net(1);
  const mask = wrapper(model, 'b').maskedWeights[0]!.mask;
  await sparsityReport(model);
  const download = jest.spyOn(mask.read(), 'dataSync');
  await sparsityReport(model);
  expect(download).not.toHaveBeenCalled();
  mask.write(tf.fill([12, 2], 0.5));
  await expect(sparsityReport(model)).rejects.toThrow(/got 0.5 at index 0/);
  expect(download).toHaveBeenCalledTimes(1);
});

test('a mask that goes bad between two updates of a fit is noticed by the second', async () => {
  const model = net(1);
  const {mask} = wrapper(model, 'b').maskedWeights[0]!;
  const average = new tf.CustomCallback({onBatchEnd: () => void mask.write(tf.tidy(() => tf.mul(mask.read(), 0.5)))});
  const pruning = new GradualPruning({schedule: constantSparsity({targetSparsity: 0.5, frequency: 1})});
  const [x, y] = [tf.ones([4, 2, 2, 2]), tf.ones([4, 2])];
  const callbacks = [pruning, average as unknown as tf.Callback];
  await expect(model.fit(x, y, {batchSize: 1, verbose: 0, callbacks})).rejects.toThrow(/mask of "b\/kernel" .*got 0.5/);
});

test('other masks put it right, and so does what the error says: an average of what stripPruning gives', async () => {
  const model = net(0.5);
  await applyMasks(model, {'b/kernel': tf.ones([12, 2])});
  expect((await sparsityReport(model)).total.zeros).toBe(0);

  const [a, b] = [net(1), net(1)];
  for (const each of [a, b]) await pruneOnce(each, {sparsity: 0.5});
  const average = stripPruning(a);
  const others = stripPruning(b).getWeights();
  average.setWeights(average.getWeights().map((weight, i) => tf.div(tf.add(weight, others[i]!), 2)));
  const zeros = (w: tf.Tensor) => [...w.dataSync()].map(value => value === 0);
  const kernel = average.getWeights()[2]!;
  const both = stripPruning(a).getWeights()[2]!;
  expect(zeros(kernel)).toEqual(zeros(tf.add(tf.abs(both), tf.abs(others[2]!))));
  expect((await sparsityReport(prunable(average))).total.zeros).toBe((await sparsityReport(average)).total.zeros);
});
