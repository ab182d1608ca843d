import * as tf from '@tensorflow/tfjs-core';
import {expectMethods} from '../options/expect.js';
import type {Criterion} from './criterion.js';

/**
 * The opposite of a criterion: what it would keep longest goes first. A sanity check: a criterion that is worth its
 * cost does far better than its inverse.
 *
 *     score(w) = -score of the criterion
 *
 * Frankle et al. 2021, https://arxiv.org/abs/2009.08576
 *
 * @throws TypeError where the criterion is none; RangeError where it goes by the largest weight of a group (`magnitude`
 *     with norm Infinity): the largest of negated scores is another weight's.
 *
 * @example
 * await pruneOnce(model, {sparsity: 0.5, criterion: inverted(snip()), data: {xs, ys}});
 */
export function inverted(criterion: Criterion): Criterion {
  expectMethods('criterion', criterion, ['score']);
  if (criterion.reduction === 'max') {
    throw new RangeError(
      "Expected a criterion to invert that goes by a group's sum or mean, got one with reduction 'max'",
    );
  }
  const inverse: Criterion = {
    score: (...given) => {
      const scored = criterion.score(...given);
      return isTensor(scored) ? tf.neg(scored) : scored; // what is no tensor is told where scores are taken
    },
    remembers: criterion.remembers === true,
    reduction: criterion.reduction ?? 'mean',
    secondOrder: criterion.secondOrder === true,
    ...(criterion.name !== undefined && {name: `inverted ${criterion.name}`}),
    ...(criterion.tellsApart && {tellsApart: criterion.tellsApart}),
    needsBatchNormScale: criterion.needsBatchNormScale === true,
  };
  if (criterion.observe) inverse.observe = criterion.observe.bind(criterion);
  if (criterion.observeInput) inverse.observeInput = criterion.observeInput.bind(criterion);
  if (criterion.measure) inverse.measure = criterion.measure.bind(criterion);
  return inverse;
}

function isTensor(scored: unknown): scored is tf.Tensor {
  return scored instanceof tf.Tensor;
}
