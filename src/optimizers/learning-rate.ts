import type {Optimizer, SGDOptimizer} from '@tensorflow/tfjs-core';
import {expectNumber, received} from '../options/expect.js';
import {fieldsOf} from '../tfjs-internals.js';

/**
 * The learning rate of an optimizer, which is private in tf.js.
 *
 * @throws TypeError if an optimizer of your own has no number in its field `learningRate`.
 */
export function learningRateOf(optimizer: Optimizer): number {
  const {learningRate} = fieldsOf(optimizer);
  if (typeof learningRate === 'number') return learningRate;
  throw new TypeError(
    `Expected optimizer "${optimizer.getClassName()}" to have a number in its field \`learningRate\`, ` +
      `got ${received(learningRate)}`,
  );
}

/**
 * Sets the learning rate of an optimizer from its next step on.
 *
 * @param rate a number >= 0; 0 freezes the weights.
 * @throws TypeError or RangeError if the rate is not such a number, or an optimizer of your own has no rate to set.
 */
export function setLearningRate(optimizer: Optimizer, rate: number): void {
  expectNumber('learningRate', rate, {min: 0});
  learningRateOf(optimizer);
  const {setLearningRate: set} = optimizer as Partial<SGDOptimizer>;
  // SGD and momentum also keep the rate in a scalar; all others read the field at each step
  if (set) set.call(optimizer, rate);
  else fieldsOf(optimizer)['learningRate'] = rate;
}
