import * as tf from '@tensorflow/tfjs-core';
import {expectMaskRule, type MaskRuleArgs} from '../masks/mask-rule.js';
import {observes} from '../passes/observer.js';
import {expectWithinWeights, type WeightLayout} from '../structures/structure.js';
import type {Penalty} from './penalty.js';

/**
 * A penalty that chooses a coefficient for each weight: half the sum of squares, so that the gradient is
 * `coefficient * weight`.
 */
export function weightedDecay(choose: NonNullable<Penalty['choose']>, frequency = 1): Penalty {
  const decay = (weight: tf.Tensor, {name}: WeightLayout, coefficients?: tf.Tensor) => {
    if (coefficients) return tf.mul<tf.Scalar>(0.5, tf.sum(tf.mul(coefficients, tf.square(weight))));
    throw new TypeError(
      `Expected coefficients for "${name}", but nothing was chosen; use new ScheduledPenalty({penalty}) in the callbacks of fit`,
    );
  };
  return Object.assign(decay, {choose, frequency});
}

/** A coefficient for what a mask keeps, another one for what it prunes. A loop: the mapping of typed arrays is slow. */
export function coefficientsOf(mask: Uint8Array, kept: number, pruned: number): Float32Array {
  const coefficients = new Float32Array(mask.length);
  for (let i = 0; i < mask.length; i++) coefficients[i] = mask[i] === 1 ? kept : pruned;
  return coefficients;
}

/**
 * Expects plugs of the right kind, of which the criterion goes by the weights alone, and the structure by each weight.
 *
 * @param owner who asks, for messages.
 */
export function expectWeightRule(owner: string, args: MaskRuleArgs): Required<MaskRuleArgs> {
  const rule = expectMaskRule(args);
  expectWithinWeights(owner, rule.structure);
  if (!observes(rule.criterion) && !rule.criterion.measure) return rule;
  throw new TypeError(
    `${owner} expects a criterion that goes by the weights alone, such as magnitude(), got one that ` +
      (rule.criterion.measure ? 'measures the whole model' : 'observes gradients or inputs'),
  );
}
