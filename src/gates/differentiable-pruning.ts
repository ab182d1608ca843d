import * as tf from '@tensorflow/tfjs-core';
import {positive} from '../options/option.js';
import {read} from '../options/read.js';
import type {Args} from '../options/table.js';
import {declareGate} from './declare-gate.js';
import {pointwise} from './pointwise.js';
import {rankedThreshold} from './ranked-threshold.js';
import {sigmoidSlope} from './scaled-sigmoid.js';

const OPTIONS = {
  /** How soft the mask is around the threshold, in squares of weights, > 0. Defaults to 1e-5. */
  temperature: positive(1e-5),
};

/** Options of {@link differentiablePruning}. */
export type DifferentiablePruningArgs = Args<typeof OPTIONS>;

/**
 * A soft mask around the quantile of the magnitudes, without parameters (PDP): gradients reach the weights through it,
 * so that those at the border move away from it. The fraction of closed groups is that of the target, exactly. Cho et
 * al. 2023, https://arxiv.org/abs/2305.11203
 *
 *     training: z = sigmoid((w^2 - t^2) / temperature),  t between the magnitudes on either side of the sparsity
 *     else:     z = 1 if |w| > t, else 0
 *
 * @throws TypeError or RangeError if an option is unknown or wrong.
 *
 * @example
 * const model = prunable(net, {gate: differentiablePruning()});
 * await model.fit(x, y, {epochs: 20, callbacks: [new LearnedMasks({target: 0.9})]});
 */
export const differentiablePruning = declareGate('DifferentiablePruning', (args: DifferentiablePruningArgs) => {
  const {temperature} = read('differentiablePruning', args, OPTIONS);
  return (groups, addVariable) => {
    const threshold = rankedThreshold(groups, addVariable);
    const norms = () => groups.norms();
    return {
      followsSparsity: true,
      beforeStep: ({sparsity}) => threshold.update(norms, sparsity!),
      ranks: norms,
      values: ({training}) =>
        pointwise([norms()], n => {
          const t = threshold.read();
          const soft = () => tf.sigmoid(tf.div(tf.sub(tf.square(n), tf.mul(t, tf.abs(t))), temperature));
          const value = training ? soft() : tf.step(tf.sub(n, t));
          return {value, slopes: () => [tf.mul(sigmoidSlope(training ? value : soft(), 2 / temperature), n)]};
        }),
    };
  };
});
