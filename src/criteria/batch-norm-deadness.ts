import * as tf from '@tensorflow/tfjs-core';
import {expectNoArguments} from '../options/expect.js';
import type {BatchNormVectors} from '../structures/structure.js';
import {alongAxes} from './along-axes.js';
import type {WeightCriterion} from './criterion.js';

/**
 * How likely a rectifier behind the batch normalization of an output lets anything through: an output that is mostly
 * zero matters little, however large its scale.
 *
 *     score(w) = Phi(beta / |gamma|)    of the output that w belongs to
 *
 * A normalized value is taken to follow the standard normal distribution, so Phi is the probability that scale and
 * shift leave it above 0; 1 minus it is the probability that the output is dead. Without a scale of any size the output
 * is constant, and scores 1 if its shift is above 0, else 0. A batch normalization without shifts scores 1/2. Use it
 * where a ReLU follows directly: for other activations it says nothing.
 *
 * All weights of an output score the same: use it with `filters()`, `coupledChannels()` or in a plan. Coupled channels
 * score the mean over the batch normalizations that {@link batchNormScale} looks at. Kang & Han 2020,
 * https://arxiv.org/abs/2007.03938
 *
 * @throws RangeError, at an update, if no batch normalization with a scale follows a layer alone, or coupled channels
 *     pass through none; choose other layers by `layers`. A plan skips such channels if there are others, and says so.
 *
 * @example
 * await pruneOnce(model, {sparsity: 0.3, criterion: batchNormDeadness(), structure: filters(), layers: /^conv/});
 */
export function batchNormDeadness(...none: []): WeightCriterion {
  expectNoArguments('batchNormDeadness', none);
  return {
    tellsApart: 'outputs',
    needsBatchNormScale: true,
    score(weight, {layout, ofBatchNorms}) {
      const alive = ofBatchNorms?.(probabilityAlive);
      if (alive) return tf.add(tf.zerosLike(weight), alongAxes(alive, layout.outputAxes, layout));
      throw new RangeError(
        `batchNormDeadness() expects a batch normalization with a scale that follows the layer of "${layout.name}" ` +
          'alone, but there is none; choose other layers by `layers`',
      );
    },
  };
}

function probabilityAlive({scale, shift}: BatchNormVectors): tf.Tensor {
  const size = tf.abs(scale);
  const constant = tf.where(tf.greater(shift, 0), tf.onesLike(shift), tf.zerosLike(shift));
  return tf.where(tf.greater(size, 0), normalDistribution(tf.divNoNan(shift, size)), constant);
}

/** The coefficients of the approximation, of the highest power first, and the factor of its argument. */
const [COEFFICIENTS, FACTOR] = [[1.061405429, -1.453152027, 1.421413741, -0.284496736, 0.254829592], 0.3275911];

/**
 * The standard normal distribution function, to within 1e-7 and with small values that differ. Abramowitz & Stegun
 * 1964, 7.1.26, as some backends of tf.js have no `erf`.
 */
function normalDistribution(x: tf.Tensor): tf.Tensor {
  const far = tf.div(tf.abs(x), Math.SQRT2);
  const t = tf.div(1, tf.add(1, tf.mul(FACTOR, far)));
  const polynomial = COEFFICIENTS.reduce<tf.Tensor>((sum, c) => tf.mul(tf.add(sum, c), t), tf.zerosLike(t));
  const tail = tf.mul(tf.mul(0.5, polynomial), tf.exp(tf.neg(tf.square(far))));
  return tf.where(tf.less(x, 0), tail, tf.sub(1, tail));
}
