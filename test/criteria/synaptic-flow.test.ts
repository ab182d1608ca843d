import * as tf from '@tensorflow/tfjs';
import {prunable} from 'tfjs-pruning';
import {withLinearOutputs} from '../../src/criteria/linear-outputs.js';
import {synapticFlow} from '../../src/criteria/synaptic-flow.js';
import {wrapper} from '../support/masks.js';
import {expectNoLeak} from '../support/tensors.js';

/** Layers beside each other, each of one input and one output, with these kernels. */
function beside(kernels: readonly number[]): tf.LayersModel {
  const input = tf.input({shape: [1]});
  const outputs = kernels.map(
    (_, i) => tf.layers.dense({name: `d${i}`, units: 1, useBias: false}).apply(input) as tf.SymbolicTensor,
  );
  const model = prunable(tf.model({inputs: input, outputs}));
  kernels.forEach((kernel, i) => wrapper(model, `d${i}`).maskedWeights[0]!.kernel.write(tf.tensor2d([[kernel]])));
  return model;
}

async function flowsOf(kernels: readonly number[]): Promise<number[]> {
  const model = beside(kernels);
  const weights = kernels.map((_, i) => wrapper(model, `d${i}`).maskedWeights[0]!);
  const flows = await synapticFlow(model, weights);
  const values = flows.map(flow => flow.dataSync()[0]!);
  tf.dispose(flows);
  return values;
}

test('the flow through a weight of one layer is its size', async () => {
  expect(await flowsOf([2, -3])).toEqual([2, 3]);
});

test('where a weight gets none at any scale, the others have the flow of the first scale', async () => {
  expect(await flowsOf([-2, 0])).toEqual([2, 0]);
});

test('flows that are very large or very small are brought to the middle of what float32 holds', async () => {
  expect(await flowsOf([2 ** 70])).toEqual([1]);
  expect(await flowsOf([2 ** -70])).toEqual([1]);
  expect(await flowsOf([2 ** 50])).toEqual([2 ** 50]);
});

test('a model that lets nothing through is refused, with what came out', async () => {
  await expect(flowsOf([0, 0])).rejects.toThrow(/that float32 can hold, got 0 in total/);
});

describe('a model with linear outputs', () => {
  const kernel = tf.tensor2d([[1, -2]]);
  const model = tf.sequential({
    layers: [
      tf.layers.dense({units: 2, useBias: false, activation: 'tanh', inputShape: [1], weights: [kernel]}),
      tf.layers.dense({
        units: 2,
        useBias: false,
        weights: [
          tf.tensor2d([
            [1, 0],
            [0, 1],
          ]),
        ],
        activation: 'sigmoid',
      }),
    ],
  });
  const x = tf.tensor2d([[0.5]]);
  const run = (each: tf.LayersModel) => tf.tidy(() => [...(each.predict(x) as tf.Tensor).dataSync()]);
  const softmaxed = tf.sequential({
    layers: [tf.layers.dense({units: 2, useBias: false, inputShape: [1], weights: [kernel]}), tf.layers.softmax()],
  });

  test('skips what saturates there, but not before, and is as it was afterwards', () => {
    const before = run(model);
    const [a, b] = withLinearOutputs(model, () => run(model));
    expect(a).toBeCloseTo(Math.tanh(0.5), 5);
    expect(b).toBeCloseTo(Math.tanh(-1), 5);
    expect(run(model)).toEqual(before);
  });

  test('skips a layer that is a softmax, which is one again afterwards, even if the action throws', async () => {
    const before = run(softmaxed);
    expect(before[0]).toBeCloseTo(1 / (1 + Math.exp(-1.5)), 5);
    await expectNoLeak(() => {
      expect(withLinearOutputs(softmaxed, () => run(softmaxed))).toEqual([0.5, -1]);
      expect(run(softmaxed)).toEqual(before);
      const fail = () => {
        throw new Error('stop');
      };
      expect(() => withLinearOutputs(softmaxed, fail)).toThrow('stop');
    });
    expect(run(softmaxed)).toEqual(before);
  });
});
