import * as tf from '@tensorflow/tfjs-core';
import {expectNoArguments} from '../options/expect.js';
import {shareOfLarger} from '../math/share-of-larger.js';
import {dataNow} from '../tfjs-internals.js';
import type {WeightCriterion} from './criterion.js';

/**
 * The magnitude of a weight relative to all weights of its layer that are no smaller. Scores are comparable between
 * layers, so that one ranking over all of them also decides how sparse each layer gets.
 *
 *     score(w) = w^2 / sum of v^2 over the layer's weights v with |v| >= |w|
 *
 * Within a layer the order is that of the magnitudes. The largest weight scores 1, so no layer is pruned away. Equal
 * weights score the same (the paper orders them by index). Computed in double precision, from values that are
 * downloaded synchronously: webgpu can't do that everywhere.
 * Lee et al. 2021, https://arxiv.org/abs/2010.07611
 *
 * @example
 * new GradualPruning({schedule, criterion: lamp(), allocation: globalRanking()});
 */
export function lamp(...none: []): WeightCriterion {
  expectNoArguments('lamp', none);
  return {score: weight => tf.tensor(shareOfLarger(dataNow(weight) as Float32Array), weight.shape)};
}
