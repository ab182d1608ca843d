import * as tf from '@tensorflow/tfjs';
import {GradualPruning} from '../../callbacks/gradual-pruning.js';
import {constantSparsity} from '../../schedules/constant-sparsity.js';
import {prunable} from '../../src/layers/prunable.js';
import {coupledChannels} from '../../src/units/coupled-channels.js';
import {maskChannels} from '../../src/surgery/mask-channels.js';
import {shrink} from '../../src/surgery/cut/shrink.js';
import {planChannelPruning} from '../../src/surgery/plan/plan-channel-pruning.js';
import {ARCHITECTURES} from '../support/architectures.js';
import {wrapper} from '../support/masks.js';
import {withRandomWeights} from '../support/random-weights.js';
import {expectSameOutputs, randomInputs} from '../support/surgery-oracle.js';
import {distance, expectNoLeak, predict} from '../support/tensors.js';

/** A block whose output is added to its input. */
function residual(): tf.LayersModel {
  let seed = 0;
  const conv = (filters: number, name: string, more = {}) =>
    tf.layers.conv2d({
      filters,
      kernelSize: 3,
      padding: 'same',
      name,
      kernelInitializer: tf.initializers.heNormal({seed: ++seed}),
      biasInitializer: tf.initializers.randomUniform({seed: ++seed, minval: -1, maxval: 1}),
      ...more,
    });
  const input = tf.input({shape: [6, 6, 2]});
  const stem = conv(4, 'stem').apply(input) as tf.SymbolicTensor;
  const bn = tf.layers.batchNormalization({name: 'bn', betaInitializer: 'ones'});
  const branch = bn.apply(conv(6, 'a', {activation: 'relu'}).apply(stem)) as tf.SymbolicTensor;
  const sum = tf.layers.add().apply([stem, conv(4, 'b').apply(branch) as tf.SymbolicTensor]);
  const pooled = tf.layers.globalAveragePooling2d({}).apply(sum);
  const head = tf.layers.dense({units: 2, name: 'head', kernelInitializer: tf.initializers.heNormal({seed: 99})});
  return prunable(tf.model({inputs: input, outputs: head.apply(pooled) as tf.SymbolicTensor}));
}

const PLAN = {remove: {stem: [1], b: [1], a: [0, 5]}};
const values = (model: tf.LayersModel, layer: string, field: string) =>
  model
    .getLayer(layer)
    .weights.find(({originalName}) => originalName.endsWith(field))!
    .read();

test('masks what makes the channels and what takes them in, and zeroes what belongs to them', async () => {
  const model = residual();
  await maskChannels(model, PLAN);
  const masked = (layer: string, axis: number) => [
    ...tf.max(values(model, layer, 'kernel_mask'), [0, 1, axis]).dataSync(),
  ];
  expect(masked('stem', 2)).toEqual([1, 0, 1, 1]);
  expect(masked('b', 2)).toEqual([1, 0, 1, 1]);
  expect(masked('a', 2)).toEqual([0, 1, 1, 1, 1, 0]);
  expect(masked('a', 3)).toEqual([1, 0, 1, 1]);
  expect([...values(model, 'a', 'bias').dataSync()].map(value => value === 0)).toEqual([
    true,
    false,
    false,
    false,
    false,
    true,
  ]);
  expect([...values(model, 'bn', 'beta').dataSync()]).toEqual([0, 1, 1, 1, 1, 0]);
});

test('what is masked stays out, whatever is written behind the masks', async () => {
  const model = residual();
  await maskChannels(model, PLAN);
  const [weight] = wrapper(model, 'a').maskedWeights;
  weight!.kernel.write(tf.ones(weight!.kernel.shape as number[]));
  expect([...tf.sum(weight!.read(), [0, 1]).dataSync()]).toEqual(
    [0, 1, 2, 3].flatMap(input => [0, 1, 1, 1, 1, 0].map(kept => (input === 1 ? 0 : 9 * kept))),
  );
});

test('what is trained with the masks and shrunk has the sizes of the plan, and the same outputs', async () => {
  const model = residual();
  const plan = await planChannelPruning(model, {multiplyAdds: 0.5});
  await maskChannels(model, plan);
  model.compile({optimizer: tf.train.adam(0.01), loss: 'meanSquaredError'});
  const x = tf.randomNormal([16, 6, 6, 2], 0, 1, 'float32', 5);
  const y = tf.randomNormal([16, 2], 0, 1, 'float32', 6);
  const keepMasks = new GradualPruning({structure: coupledChannels(), schedule: constantSparsity({targetSparsity: 0})});
  await model.fit(x, y, {epochs: 2, batchSize: 8, verbose: 0, callbacks: [keepMasks]});
  const small = await shrink(model);
  expect(distance(predict(model, x), predict(small, x))).toBeLessThan(1e-5);
  const direct = await shrink(model, plan);
  expect(small.getWeights().map(({shape}) => shape)).toEqual(direct.getWeights().map(({shape}) => shape));
});

test.each(Object.entries(ARCHITECTURES))('%s: the same outputs by masks and by surgery', async (_name, make) => {
  const model = make();
  const plan = await planChannelPruning(model, {sparsity: 0.4});
  const wrapped = prunable(model);
  await maskChannels(wrapped, plan);
  expectSameOutputs(wrapped, await shrink(wrapped), randomInputs(model));
});

test('a branch that a plan takes away as a whole keeps a channel behind masks, and its biases', async () => {
  const input = tf.input({shape: [3]});
  const dense = (units: number, name: string) => tf.layers.dense({units, name});
  const trunk = dense(4, 'trunk').apply(input) as tf.SymbolicTensor;
  const branch = dense(4, 'b').apply(dense(5, 'a').apply(trunk)) as tf.SymbolicTensor;
  const output = dense(1, 'head').apply(tf.layers.add().apply([trunk, branch])) as tf.SymbolicTensor;
  const plain = withRandomWeights(tf.model({inputs: input, outputs: output}));
  const plan = {remove: {a: [0, 1, 2, 3, 4]}};
  expect((await shrink(plain, plan)).layers.map(({name}) => name)).not.toContain('b');
  const model = prunable(plain);
  await maskChannels(model, plan);
  const small = await shrink(model);
  expect(small.getLayer('a').outputShape).toEqual([null, 1]);
  expectSameOutputs(model, small, randomInputs(model));
  const half = prunable(plain, {layers: 'head'});
  await expect(maskChannels(half, plan)).rejects.toThrow(/^maskChannels finds nothing to prune: kernels of "trunk"/);
});

test('a failure changes nothing, and nothing leaks', async () => {
  const model = residual();
  await expectNoLeak(() => maskChannels(model, PLAN));
  const half = prunable(ARCHITECTURES.plain());
  await expect(maskChannels(half, {remove: {nowhere: [0]}})).rejects.toThrow(/no layer "nowhere" in it makes channels/);
  await expect(maskChannels(half, {} as never)).rejects.toThrow(/maskChannels expects a plan of planChannelPruning/);
  const input = tf.input({shape: [3]});
  const sum = tf.layers
    .add()
    .apply(['p', 'q'].map(name => tf.layers.dense({units: 4, name}).apply(input) as tf.SymbolicTensor));
  const output = tf.layers.dense({units: 1, name: 'r'}).apply(sum) as tf.SymbolicTensor;
  const partly = prunable(tf.model({inputs: input, outputs: output}), {layers: ['p', 'r']});
  await expect(maskChannels(partly, {remove: {p: [0], q: [0]}})).rejects.toThrow(/"q"/);
});

test('of a plan for layers that are not all wrapped nothing is masked, while others could be', async () => {
  const input = tf.input({shape: [3]});
  const dense = (units: number, name: string, x: tf.SymbolicTensor) =>
    tf.layers.dense({units, name}).apply(x) as tf.SymbolicTensor;
  const sum = tf.layers.add().apply([dense(4, 'p', input), dense(4, 'q', input)]) as tf.SymbolicTensor;
  const outputs = dense(1, 'o', dense(5, 'r', sum));
  const model = prunable(tf.model({inputs: input, outputs}), {layers: ['p', 'r', 'o']});
  const before = model.getWeights().map(weight => weight.dataSync());
  await expectNoLeak(async () => {
    await expect(maskChannels(model, {remove: {p: [0], q: [0], r: [1]}})).rejects.toThrow(
      'maskChannels expects all layers that make channels of the plan to be wrapped, but not all of "p", "q" are; ' +
        'wrap them with prunable',
    );
  });
  expect(model.getWeights().map(weight => weight.dataSync())).toEqual(before);
  await maskChannels(model, {remove: {r: [1]}}); // all of what makes these is wrapped
  expect([...tf.max(values(model, 'r', 'kernel_mask'), 0).dataSync()]).toEqual([1, 0, 1, 1, 1]);
  const taken = [...values(model, 'o', 'kernel_mask').dataSync()];
  expect(taken).toEqual([1, 0, 1, 1, 1]);
});

test('a plan that leaves a layer nothing is refused', async () => {
  const model = residual();
  const before = model.getWeights().map(weight => weight.dataSync());
  const all = {remove: {stem: [0, 1, 2, 3], b: [0, 1, 2, 3]}};
  await expect(maskChannels(model, all)).rejects.toThrow(/leaves each layer a channel/);
  expect(model.getWeights().map(weight => weight.dataSync())).toEqual(before);
});
