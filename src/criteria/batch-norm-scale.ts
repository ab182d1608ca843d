import * as tf from '@tensorflow/tfjs-core';
import {expectNoArguments} from '../options/expect.js';
import {alongAxes} from './along-axes.js';
import type {Criterion} from './criterion.js';

/**
 * The scale of an output in the batch normalization behind the layer: what it makes small matters little.
 *
 *     score(w) = |gamma of the output that w is a part of|
 *
 * All weights of an output score the same, so it is for whole units: use it with `filters()`, `coupledChannels()` or in
 * a plan, best after training with an L1 penalty on the scales. Coupled channels go by the mean of those scales that
 * stand alone behind one of the layers that make them or pass them on; where there are none, of all on their way, such
 * as their part of one behind a concatenation. Network slimming, Liu et al. 2017, https://arxiv.org/abs/1708.06519
 *
 * @throws RangeError, at an update, where no batch normalization with a scale stands alone behind a layer, or on the
 *     way of coupled channels; choose others by `layers`. A plan leaves such channels alone, where there are others,
 *     and says so.
 *
 * @example
 * new GradualPruning({schedule, criterion: batchNormScale(), structure: filters(), layers: /^conv/});
 */
export function batchNormScale(...none: []): Criterion {
  expectNoArguments('batchNormScale', none);
  return {
    tellsApart: 'outputs',
    needsBatchNormScale: true,
    score(weight, _observed, {layout, batchNormScale: scale}) {
      if (scale) return tf.add(tf.zerosLike(weight), alongAxes(tf.abs(scale), layout.outputAxes, layout));
      throw new RangeError(
        `batchNormScale() expects a batch normalization with a scale alone behind the layer of "${layout.name}", ` +
          'but there is none; choose other layers by `layers`',
      );
    },
  };
}
