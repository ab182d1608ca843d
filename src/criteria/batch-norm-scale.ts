import * as tf from '@tensorflow/tfjs-core';
import {expectNoArguments} from '../options/expect.js';
import {alongAxes} from './along-axes.js';
import type {WeightCriterion} from './criterion.js';

/**
 * The scale of an output in the batch normalization after its layer: an output that is scaled down matters little.
 *
 *     score(w) = |gamma of the output that w belongs to|
 *
 * All weights of an output score the same: use it with `filters()`, `coupledChannels()` or in a plan, best after
 * training with an L1 penalty on the scales. Coupled channels score the mean of the scales of batch normalizations that
 * follow one of the layers that make them or pass them on, and that layer alone. If there are none, all scales they
 * pass through count, such as their part of one after a concatenation. Network slimming, Liu et al. 2017,
 * https://arxiv.org/abs/1708.06519
 *
 * @throws RangeError, at an update, if no batch normalization with a scale follows a layer alone, or coupled channels
 *     pass through none; choose other layers by `layers`. A plan skips such channels if there are others, and says so.
 *
 * @example
 * new GradualPruning({schedule, criterion: batchNormScale(), structure: filters(), layers: /^conv/});
 */
export function batchNormScale(...none: []): WeightCriterion {
  expectNoArguments('batchNormScale', none);
  return {
    tellsApart: 'outputs',
    needsBatchNormScale: true,
    score(weight, {layout, batchNormScale: scale}) {
      if (scale) return tf.add(tf.zerosLike(weight), alongAxes(tf.abs(scale), layout.outputAxes, layout));
      throw new RangeError(
        `batchNormScale() expects a batch normalization with a scale that follows the layer of "${layout.name}" ` +
          'alone, but there is none; choose other layers by `layers`',
      );
    },
  };
}
