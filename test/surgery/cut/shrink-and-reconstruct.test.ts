import * as tf from '@tensorflow/tfjs';
import {
  coupledChannels,
  hardConcrete,
  maskChannels,
  planChannelPruning,
  prunable,
  reconstruct,
  shrink,
  stripPruning,
} from 'tfjs-pruning';
import {ARCHITECTURES} from '../../support/architectures.js';
import {slotsOf} from '../../../src/optimizers/slots.js';
import {setMask, wrapper} from '../../support/masks.js';
import {distance, expectNoLeak, predict} from '../../support/tensors.js';

const {layers} = tf;
const random = (...shape: number[]) => tf.randomUniform(shape, -1, 1, 'float32', 7);
const seeded = (seed: number) => ({kernelInitializer: tf.initializers.glorotNormal({seed})});

/** A net whose second and third hidden neuron compute the same. */
function withTwins(): tf.Sequential {
  const model = tf.sequential({
    layers: [
      layers.dense({name: 'hidden', units: 4, inputShape: [3], activation: 'relu', ...seeded(1)}),
      layers.dense({name: 'head', units: 2, ...seeded(2)}),
    ],
  });
  const hidden = model.getLayer('hidden');
  const kernel = hidden.getWeights()[0]!;
  hidden.setWeights([tf.gather(kernel, [0, 1, 1, 3], 1), tf.tensor1d([0.1, 0.2, 0.2, 0.4])]);
  return model;
}

const xs = () => random(40, 3);
const PLAN = {remove: {hidden: [2]}};

test('a neuron takes over the work of its twin', async () => {
  const model = withTwins();
  const cut = await shrink(model, PLAN);
  const small = await shrink(model, PLAN, {reconstruct: {data: {xs: xs()}, ridge: 0}});
  expect(small.getLayer('hidden').getWeights()[0]!.shape).toEqual([3, 3]);
  const x = random(5, 3);
  expect(distance(predict(small, x), predict(model, x))).toBeLessThan(1e-4);
  expect(distance(predict(cut, x), predict(model, x))).toBeGreaterThan(0.1);
});

test.each(['plain', 'residualStages', 'invertedResiduals'] as const)(
  'is maskChannels, reconstruct and shrink: %s',
  async name => {
    const model = ARCHITECTURES[name]();
    const data = {xs: random(16, ...(model.inputs[0]!.shape.slice(1) as number[]))};
    const plan = await planChannelPruning(model, {multiplyAdds: 0.7});
    const masked = prunable(model);
    await maskChannels(masked, plan);
    await reconstruct(masked, {teacher: model, data});
    const expected = stripPruning(await shrink(masked));
    const small = await shrink(model, plan, {reconstruct: {data}});
    expect(small.countParams()).toBe(expected.countParams());
    expect(distance(predict(small, data.xs), predict(expected, data.xs))).toBeLessThan(1e-5);
  },
);

test('a compiled model stays compiled, with the optimizer as it was', async () => {
  const model = withTwins();
  model.compile({optimizer: 'adam', loss: 'meanSquaredError'});
  await model.fit(xs(), random(40, 2), {epochs: 1, verbose: 0});
  const small = await shrink(model, PLAN, {reconstruct: {data: {xs: xs()}}});
  const moments = (trained: tf.LayersModel, layer: string) =>
    slotsOf(trained)
      .get(trained.getLayer(layer).trainableWeights[0]!)!
      .map(({variable}) => [...variable.dataSync()]);
  const kept = moments(model, 'head').map(values => values.filter((_, i) => Math.floor(i / 2) !== 2));
  expect(moments(small, 'head')).toEqual(kept);
  await small.fit(xs(), random(40, 2), {epochs: 1, verbose: 0});
});

test('a wrapped model stays wrapped, and masks stay exact', async () => {
  const model = prunable(withTwins());
  setMask(wrapper(model, 'head').maskedWeights[0]!, i => [1, 1, 0, 1, 1, 1, 1, 0][i]!);
  const small = await shrink(model, PLAN, {reconstruct: {data: {xs: xs()}}});
  expect(small.getLayer('head').getClassName()).toBe('PrunableDense');
  const [kernel] = stripPruning(small).getLayer('head').getWeights();
  expect([...kernel!.dataSync()].map(value => value !== 0)).toEqual([true, true, false, true, true, false]);
});

test('gates are decided first', async () => {
  const model = prunable(withTwins(), {gate: hardConcrete(), structure: coupledChannels()});
  const small = await shrink(model, PLAN, {reconstruct: {data: {xs: xs()}, ridge: 0}});
  const x = random(5, 3);
  expect(distance(predict(small, x), predict(model, x))).toBeLessThan(1e-4);
});

describe('refused', () => {
  const data = {xs: tf.ones([4, 3])};

  test.each<[string, unknown[], RegExp]>([
    ['no plan', [undefined, {reconstruct: {data}}], /shrink expects no `reconstruct` without a plan/],
    ['an unknown option', [PLAN, {reconstrukt: {data}}], /reconstrukt/],
    ['true', [PLAN, {reconstruct: true}], /Expected `reconstruct` to be an object such as \{data: \{xs\}\}, got true/],
    ['a teacher', [PLAN, {reconstruct: {data, teacher: 1}}], /`reconstruct` of shrink expects no `teacher` since/],
    ['no data', [PLAN, {reconstruct: {}}], /data/],
    ['data of another shape', [PLAN, {reconstruct: {data: {xs: tf.ones([4, 5])}}}], /shape/],
  ])('%s', async (_, args, message) => {
    const model = withTwins();
    const before = predict(model, random(5, 3));
    const fails = () => expect(shrink(model, ...(args as [typeof PLAN]))).rejects.toThrow(message);
    await fails();
    await expectNoLeak(fails);
    expect(distance(predict(model, random(5, 3)), before)).toBe(0);
  });
});

test('leaks nothing', async () => {
  const model = withTwins();
  const data = {xs: xs()};
  const cutAndDispose = async () => void (await shrink(model, PLAN, {reconstruct: {data}})).dispose();
  await cutAndDispose();
  await expectNoLeak(cutAndDispose);
});
