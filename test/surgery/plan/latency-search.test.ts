import * as tf from '@tensorflow/tfjs';
import {planChannelPruning, shrink} from 'tfjs-pruning';
import {withRandomWeights} from '../../support/random-weights.js';

beforeEach(() => void jest.spyOn(console, 'warn').mockImplementation());
afterEach(() => jest.restoreAllMocks());

const wide = () =>
  withRandomWeights(
    tf.sequential({
      layers: [tf.layers.dense({units: 3000, inputShape: [1]}), tf.layers.dense({units: 1})],
    }),
  );

test('measures eight models, and is within 1/128 of what is needed', async () => {
  const model = wide();
  const measured: number[] = [];
  const latencyOf = (one: tf.LayersModel) => {
    measured.push(one.countParams());
    return one.countParams();
  };
  const plan = await planChannelPruning(model, {latency: 0.4, latencyOf});
  expect(measured).toHaveLength(2 * 8);
  const small = await shrink(model, plan);
  const needed = await planChannelPruning(model, {parameters: 0.4});
  expect(small.countParams() / model.countParams()).toBeLessThanOrEqual(0.4);
  expect(plan.after.channels).toBeLessThanOrEqual(needed.after.channels);
  expect(plan.after.channels).toBeGreaterThan(needed.after.channels - 3000 / 128);
  expect(plan.shortfall).toBeUndefined();
  expect(await planChannelPruning(model, {latency: 0.4, latencyOf})).toEqual(plan);
});

test('measures one model if the target is out of reach, and says by how much', async () => {
  let measured = 0;
  const latencyOf = (one: tf.LayersModel) => (measured++, 1000 + one.countParams());
  const plan = await planChannelPruning(wide(), {latency: 0.05, latencyOf});
  expect(measured).toBe(2);
  expect(plan.after.channels).toBe(2); // one each
  expect(plan.shortfall).toBe('10.0% of the latency is left instead of 5.0%: no group can lose more');
});

test('measures nine models if layers have sparsities of their own', async () => {
  let measured = 0;
  const layers = [3000, 5, 1].map((units, i) =>
    tf.layers.dense({name: `d${i}`, units, ...(i === 0 && {inputShape: [1]})}),
  );
  await planChannelPruning(withRandomWeights(tf.sequential({layers})), {
    latency: 0.4,
    latencyOf: one => (measured++, one.countParams()),
    perLayer: {d1: 0.2},
  });
  expect(measured).toBe(2 * 9);
});
