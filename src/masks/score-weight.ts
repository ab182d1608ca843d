import * as tf from '@tensorflow/tfjs-core';
import {received} from '../options/expect.js';
import type {WeightLayout} from '../structures/structure.js';
import {valuesOf} from './zero-count.js';

/** A weight and its scores. */
export interface WeightScores {
  readonly layout: WeightLayout;
  /** The current mask, undefined if nothing is masked. */
  readonly mask: Float32Array | undefined;
  /** One for each value of the weight; masked values score -Infinity, so that they are pruned first. */
  readonly scores: Float32Array;
}

/**
 * Scores a weight.
 *
 * @param mask the current mask, undefined if nothing is masked.
 * @throws TypeError or RangeError if the criterion returns no tensor of the weight's shape, or the score of an unmasked
 *     value is infinite.
 */
export async function scoreWeight(
  layout: WeightLayout,
  mask: Float32Array | undefined,
  score: () => tf.Tensor,
): Promise<WeightScores> {
  const scores = await scoresOf(layout, score);
  const areFinite = mask !== undefined && putMaskedLast(scores, mask);
  if (!areFinite) expectFinite(layout.name, scores, mask);
  return {layout, mask, scores};
}

/** A criterion's scores, downloaded. */
async function scoresOf({name, shape}: WeightLayout, score: () => tf.Tensor): Promise<Float32Array> {
  const scores = tf.tidy(() => {
    const scored = score();
    // The sum is a tensor of ours: a criterion may return one that it keeps, or the kernel itself.
    if ((scored as unknown) instanceof tf.Tensor) return tf.add(scored, 0);
    throw new TypeError(`Expected the criterion to score "${name}" in a tensor, got ${received(scored)}`);
  });
  const values = await valuesOf(scores);
  scores.dispose();
  if (tf.util.arraysEqual(scores.shape, [...shape])) return values;
  throw new RangeError(
    `Expected the criterion to score "${name}" in its shape [${shape.join()}], got [${scores.shape.join()}]`,
  );
}

/**
 * Gives masked values the lowest score.
 *
 * @returns whether all scores were finite, checked in the same pass, as there may be millions.
 */
function putMaskedLast(scores: Float32Array, mask: Float32Array): boolean {
  const lowest = -Infinity;
  let difference = 0; // NaN as soon as one is not finite
  for (let i = 0; i < scores.length; i++) {
    difference += scores[i]! - scores[i]!;
    if (mask[i] === 0) scores[i] = lowest;
  }
  return difference === 0;
}

/**
 * Expects scores of single weights to be finite: -Infinity is for masked values, Infinity for those that a structure
 * keeps. NaN is left to {@link expectScores}.
 *
 * @param mask the current mask, undefined if nothing is masked.
 * @throws RangeError, with the weight's name, if one is not.
 */
export function expectFinite(name: string, scores: Float32Array, mask?: Float32Array): void {
  for (let i = 0; i < scores.length; i++) {
    const score = scores[i]!;
    if ((score !== Infinity && score !== -Infinity) || mask?.[i] === 0) continue;
    throw new RangeError(
      `Expected the weights of "${name}" to have finite scores, got ${score} at index ${i} of ${scores.length}; a ` +
        'weight or gradient has overflowed, or the criterion is wrong. To protect weights, give them large scores, ' +
        'or leave their layers out by `layers`. Nothing was changed',
    );
  }
}
