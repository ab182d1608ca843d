import * as tf from '@tensorflow/tfjs-core';
import {expectMaskRule, type MaskRuleArgs} from '../masks/mask-rule.js';
import {observes} from '../passes/observer.js';
import {expectWithinWeights, type WeightLayout} from '../structures/structure.js';
import type {Penalty} from './penalty.js';

/**
 * A penalty with a chosen coefficient for each weight: half the sum of squares, with gradient `coefficient * weight`.
 */
export function weightedDecay(choose: NonNullable<Penalty['choose']>, frequency = 1): Penalty {
  const decay = (weight: tf.Tensor, {name}: WeightLayout, coefficients?: tf.Tensor) => {
    if (coefficients) return tf.mul<tf.Scalar>(0.5, tf.sum(tf.mul(coefficients, tf.square(weight))));
    throw new TypeError(
      `Expected coefficients for "${name}", but none were chosen; ` +
        'use new ScheduledPenalty({penalty}) in the callbacks of fit',
    );
  };
  return Object.assign(decay, {choose, frequency});
}

/** One coefficient for kept weights, another one for pruned weights. A loop, since `map` of typed arrays is slow. */
export function coefficientsOf(mask: Uint8Array, kept: number, pruned: number): Float32Array {
  const coefficients = new Float32Array(mask.length);
  for (let i = 0; i < mask.length; i++) coefficients[i] = mask[i] === 1 ? kept : pruned;
  return coefficients;
}

/**
 * Expects a criterion that reads only the weights, a structure within each weight, and an allocation.
 *
 * @param owner the function that asks, for messages.
 */
export function expectWeightRule(owner: string, args: MaskRuleArgs): Required<MaskRuleArgs> {
  const rule = expectMaskRule(args);
  expectWithinWeights(owner, rule.structure);
  if (!observes(rule.criterion) && !rule.criterion.measure) return rule;
  throw new TypeError(
    `${owner} expects a criterion that reads only the weights, such as magnitude(), got one that ` +
      (rule.criterion.measure ? 'measures the whole model' : 'observes gradients or inputs'),
  );
}
