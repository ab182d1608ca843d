import type {Optimizer, SGDOptimizer} from '@tensorflow/tfjs-core';
import {expectNumber, received} from '../options/expect.js';
import {fieldsOf} from '../tfjs-internals.js';

/**
 * The step size of an optimizer, which tf.js has only private.
 *
 * @throws TypeError where the optimizer, one of your own, has no number in its field `learningRate`.
 */
export function learningRateOf(optimizer: Optimizer): number {
  const {learningRate} = fieldsOf(optimizer);
  if (typeof learningRate === 'number') return learningRate;
  throw new TypeError(
    `Expected optimizer "${optimizer.getClassName()}" to have a number in its field \`learningRate\`, got ${received(learningRate)}`,
  );
}

/**
 * Sets the step size of an optimizer, from its next step on.
 *
 * @param rate a number >= 0; 0 lets the weights stand still.
 * @throws TypeError or RangeError where the rate is none, or the optimizer, one of your own, has none that can be set.
 */
export function setLearningRate(optimizer: Optimizer, rate: number): void {
  expectNumber('learningRate', rate, {min: 0});
  learningRateOf(optimizer);
  const {setLearningRate: set} = optimizer as Partial<SGDOptimizer>;
  // SGD and momentum keep the rate in a scalar besides; all others read the field at each step.
  if (set) set.call(optimizer, rate);
  else fieldsOf(optimizer)['learningRate'] = rate;
}
