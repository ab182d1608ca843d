import * as tf from '@tensorflow/tfjs-core';
import {expectMaskRule, type MaskRuleArgs} from '../mask-rule.js';
import {observes} from '../observer.js';

/** Half the sum of squares, each by a coefficient of its own, so that the gradient is `coefficient * weight`. */
export function weightedDecay(weight: tf.Tensor, _layout: unknown, coefficients?: tf.Tensor): tf.Scalar {
  if (coefficients) return tf.mul(0.5, tf.sum(tf.mul(coefficients, tf.square(weight))));
  throw new TypeError(
    'This penalty has not chosen its weights; use new ScheduledPenalty({penalty}) in the callbacks of fit',
  );
}

/** A coefficient for what a mask keeps, another one for what it prunes. A loop: the mapping of typed arrays is slow. */
export function coefficientsOf(mask: Uint8Array, kept: number, pruned: number): Float32Array {
  const coefficients = new Float32Array(mask.length);
  for (let i = 0; i < mask.length; i++) coefficients[i] = mask[i] === 1 ? kept : pruned;
  return coefficients;
}

/**
 * Expects plugs of the right kind, of which the criterion goes by the weights alone.
 *
 * @param owner who asks, for messages.
 */
export function expectWeightRule(owner: string, args: MaskRuleArgs): Required<MaskRuleArgs> {
  const rule = expectMaskRule(args);
  if (!observes(rule.criterion)) return rule;
  throw new TypeError(
    `${owner} expects a criterion that goes by the weights alone, such as magnitude(), got one that observes gradients or inputs`,
  );
}
