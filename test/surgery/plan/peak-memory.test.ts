import * as tf from '@tensorflow/tfjs';
import {modelCost, planChannelPruning, shrink, type ChannelTarget} from 'tfjs-pruning';
import {ARCHITECTURES} from '../../support/architectures.js';
import {withRandomWeights} from '../../support/random-weights.js';
import {expectNoLeak} from '../../support/tensors.js';

beforeEach(() => void jest.spyOn(console, 'warn').mockImplementation());
afterEach(() => jest.restoreAllMocks());

const conv = (name: string, filters: number, more = {}) =>
  tf.layers.conv2d({name, filters, kernelSize: 1, useBias: false, ...more});

/** The map of "wide" is the largest by far. */
const funnel = () =>
  withRandomWeights(
    tf.sequential({
      layers: [
        conv('wide', 4, {inputShape: [8, 8, 1]}),
        conv('narrow', 4, {strides: 8}),
        tf.layers.flatten(),
        tf.layers.dense({name: 'head', units: 2}),
      ],
    }),
  );

test('the layer whose map is the peak loses channels, by hand', async () => {
  // Input 64; with "wide" of n channels and "narrow" of 4, both alive at once: 64 + 64 n + 4 values.
  const model = funnel();
  expect(modelCost(model).total.peakActivationBytes).toBe(4 * (64 + 256 + 4));
  const plan = await planChannelPruning(model, {peakMemory: 0.62, keepOutputs: 'narrow'});
  const small = await shrink(model, plan);
  expect(plan.groups.map(({after}) => after)).toEqual([2, 4, 2]); // (64 + 128 + 4) / 324 = 0.605
  expect(modelCost(small).total.peakActivationBytes).toBe(4 * (64 + 128 + 4));
  expect(plan.target).toEqual({peakMemory: 0.62});
});

const peak = (model: tf.LayersModel) => modelCost(model).total.peakActivationBytes;

test.each(['plain', 'residualStages', 'denseConcatenation', 'invertedResiduals', 'separable'] as const)(
  'what is planned is what the smaller model needs: %s',
  async name => {
    const model = ARCHITECTURES[name]();
    await expectNoLeak(async () => {
      for (const minKept of [0, 1]) {
        const plan = await planChannelPruning(model, {peakMemory: 0.8, minKept});
        const small = await shrink(model, plan);
        if (plan.shortfall === undefined) expect(peak(small) / peak(model)).toBeLessThanOrEqual(0.8);
        small.dispose();
      }
    });
  },
);

test('a shortfall says how much is left', async () => {
  const plan = await planChannelPruning(funnel(), {peakMemory: 0.1});
  // 64 of the input, 64 of one channel, 1 of one channel
  expect(plan.shortfall).toBe('39.8% of the peak memory is left instead of 10.0%: no group can lose more');
});

test('with open sizes it needs `inputShapes`', async () => {
  const open = withRandomWeights(
    tf.sequential({
      layers: [conv('a', 4, {inputShape: [null, null, 1]}), conv('b', 4), tf.layers.globalAveragePooling2d({})],
    }),
  );
  await expect(planChannelPruning(open, {peakMemory: 0.5})).rejects.toThrow(
    'Expected a model whose peak memory is known, but the size of an input is not fixed; give `inputShapes`',
  );
  const plan = await planChannelPruning(open, {peakMemory: 0.9, inputShapes: [[4, 4, 1]]});
  const small = await shrink(open, plan);
  const [left, all] = [small, open].map(each => modelCost(each, {inputShapes: [[4, 4, 1]]}).total.peakActivationBytes);
  expect(left! / all!).toBeLessThanOrEqual(0.9);
});

describe('several targets are all met', () => {
  test.each<[ChannelTarget, string]>([
    [{multiplyAdds: 0.9, parameters: 0.4}, 'parameters'],
    [{multiplyAdds: 0.3, parameters: 0.9}, 'multiplyAdds'],
    [{sparsity: 0.5, multiplyAdds: 0.9}, 'sparsity'],
    [{peakMemory: 0.7, multiplyAdds: 0.9}, 'peakMemory'],
    [{latency: 0.5, multiplyAdds: 0.9}, 'latency'],
  ])('%p is held by the %s', async (target, tightest) => {
    const model = ARCHITECTURES.plain();
    const latencyOf = (one: tf.LayersModel) => one.countParams();
    const measured = target.latency === undefined ? {} : {latencyOf};
    const both = await planChannelPruning(model, {...target, ...measured});
    const alone = await planChannelPruning(model, {
      [tightest]: target[tightest as keyof ChannelTarget],
      ...measured,
    });
    expect(both).toEqual({...alone, target});
  });

  test('a shortfall names each that is missed', async () => {
    const plan = await planChannelPruning(funnel(), {peakMemory: 0.1, parameters: 0.01});
    expect(plan.shortfall).toBe(
      '20.0% of the parameters are left instead of 1.0% and 39.8% of the peak memory is left instead of 10.0%: ' +
        'no group can lose more',
    );
  });
});
