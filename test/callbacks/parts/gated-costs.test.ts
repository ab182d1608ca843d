import * as tf from '@tensorflow/tfjs';
import {bernoulli, filters, prunable} from 'tfjs-pruning';
import {gatedCosts} from '../../../callbacks/parts/gated-costs.js';

const conv = {name: 'conv', filters: 2, kernelSize: 3, inputShape: [6, 6, 1]};

/** 18 weights at 16 positions with gates, 6 weights without. */
function gated(inputShape: (number | null)[] = conv.inputShape): tf.LayersModel {
  const layers = [
    tf.layers.conv2d({...conv, inputShape}),
    tf.layers.globalAveragePooling2d({}),
    tf.layers.dense({name: 'out', units: 3}),
  ];
  return prunable(tf.sequential({layers}), {gate: bernoulli(), structure: filters(), layers: 'conv'});
}

test.each([
  ['weights', 18, 0],
  ['parameters', 18, 6],
  ['multiplyAdds', 18 * 16, 6],
] as const)('in %s, a kernel costs %d and the rest of the model %d', (quantity, cost, fixed) => {
  const {kernels, ...costs} = gatedCosts(gated(), quantity);
  expect(costs.fixed).toBe(fixed);
  expect(kernels.map(kernel => kernel.cost)).toEqual([cost]);
});

test('multiply-adds of open sizes are refused, numbers of parameters are not', () => {
  const open = gated([null, null, 1]);
  expect(gatedCosts(open, 'parameters').fixed).toBe(6);
  expect(() => gatedCosts(open, 'multiplyAdds')).toThrow(/to be known, but its inputs leave sizes open/);
});
