import * as tf from '@tensorflow/tfjs-core';
import mapValues from 'lodash/mapValues.js';
import pick from 'lodash/pick.js';
import type {Criterion} from './criterion.js';
import {expectCriterion} from './expect-criterion.js';

const INHERITED = ['sees', 'remembers', 'tellsApart', 'needsBatchNormScale', 'observe', 'measure'];

/**
 * The opposite of a criterion: the weights that it would keep longest are removed first. A sanity check: a criterion
 * worth its cost does far better than its inverse.
 *
 *     score(w) = -score of the criterion
 *
 * Frankle et al. 2021, https://arxiv.org/abs/2009.08576
 *
 * @throws TypeError if `criterion` is not a criterion; RangeError if it scores a group by its largest weight
 *     (`magnitude` with norm Infinity): the largest negated score belongs to another weight.
 *
 * @example
 * await pruneOnce(model, {sparsity: 0.5, criterion: inverted(snip()), data: {xs, ys}});
 */
export function inverted<C extends Criterion>(criterion: C): C {
  const {name, reduction = 'mean'} = expectCriterion('criterion', criterion);
  if (reduction === 'max') {
    throw new RangeError(
      "Expected a criterion to invert that scores a group by its sum or mean, got one with reduction 'max'",
    );
  }
  const inherited = mapValues(pick(criterion, INHERITED), value => {
    return typeof value === 'function' ? (value as () => void).bind(criterion) : value;
  });
  const score = criterion.score.bind(criterion) as (...given: unknown[]) => unknown;
  const inverse = (...given: unknown[]) => {
    const scores = score(...given);
    return scores instanceof tf.Tensor ? tf.neg(scores) : scores; // other values are refused where scores are used
  };
  return {...inherited, reduction, ...(name !== undefined && {name: `inverted ${name}`}), score: inverse} as never;
}
