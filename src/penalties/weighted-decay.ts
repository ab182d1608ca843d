import * as tf from '@tensorflow/tfjs-core';
import {expectSees} from '../criteria/expect-criterion.js';
import {expectMaskRule, type MaskRuleArgs} from '../masks/mask-rule.js';
import {expectWithinWeights, type WeightStructure} from '../structures/each-weight.js';
import type {WeightLayout} from '../structures/structure.js';
import type {Penalty} from './penalty.js';

/**
 * A penalty that chooses a coefficient for each weight: half the sum of squares, so that the gradient is
 * `coefficient * weight`.
 */
export function weightedDecay(choose: NonNullable<Penalty['choose']>, chooseEvery = 1): Penalty {
  const decay = (weight: tf.Tensor, {name}: WeightLayout, coefficients?: tf.Tensor) => {
    if (coefficients) return tf.mul<tf.Scalar>(0.5, tf.sum(tf.mul(coefficients, tf.square(weight))));
    throw new TypeError(
      `Expected coefficients for "${name}", but nothing was chosen; use new ScheduledPenalty({penalty}) in the callbacks of fit`,
    );
  };
  return Object.assign(decay, {choose, chooseEvery});
}

/** A coefficient for what a mask keeps, another one for what it prunes. A loop: the mapping of typed arrays is slow. */
export function coefficientsOf(mask: Uint8Array, kept: number, pruned: number): Float32Array {
  const coefficients = new Float32Array(mask.length);
  for (let i = 0; i < mask.length; i++) coefficients[i] = mask[i] === 1 ? kept : pruned;
  return coefficients;
}

/** A rule by which masks are chosen that needs nothing but the weights, each for itself. */
export interface WeightRule extends Required<MaskRuleArgs> {
  readonly structure: WeightStructure;
}

/**
 * Expects a rule that needs nothing but the weights, and fills in the defaults.
 *
 * @param owner who asks, for messages.
 */
export function expectWeightRule(owner: string, args: MaskRuleArgs): WeightRule {
  const rule = expectMaskRule(args);
  expectSees(owner, rule.criterion);
  return {...rule, structure: expectWithinWeights(owner, rule.structure)};
}
