import * as tf from '@tensorflow/tfjs-core';
import {expectSees} from '../criteria/expect-criterion.js';
import type {MaskRule} from '../masks/mask-rule.js';
import {expectWithinWeights, type WeightStructure} from '../structures/each-weight.js';
import type {WeightLayout} from '../structures/structure.js';
import type {Penalty} from './penalty.js';

/**
 * A penalty with a chosen coefficient for each weight: half the sum of squares, with gradient `coefficient * weight`.
 */
export function weightedDecay(choose: NonNullable<Penalty['choose']>, frequency = 1): Penalty {
  const decay = (weight: tf.Tensor, {name}: WeightLayout, coefficients?: tf.Tensor) => {
    if (coefficients) return tf.mul<tf.Scalar>(0.5, tf.sum(tf.mul(coefficients, tf.square(weight))));
    throw new TypeError(
      `Expected coefficients for "${name}", but nothing was chosen; use new ScheduledPenalty({penalty}) in the ` +
        'callbacks of fit',
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

/** A rule for choosing masks that needs nothing but the weights, each on its own. */
export interface WeightRule extends MaskRule {
  readonly structure: WeightStructure;
}

/**
 * Expects a rule that needs nothing but the weights, each on its own.
 *
 * @param owner the function that asks, for messages.
 */
export function expectWeightRule(owner: string, {criterion, structure, allocation}: MaskRule): WeightRule {
  expectSees(owner, criterion);
  return {criterion, structure: expectWithinWeights(owner, structure), allocation};
}
