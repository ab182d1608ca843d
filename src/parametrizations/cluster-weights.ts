import * as tf from '@tensorflow/tfjs-core';
import * as tfl from '@tensorflow/tfjs-layers';
import {FIRST_CENTROIDS, firstCentroids} from '../math/first-centroids.js';
import {kMeans} from '../math/k-means.js';
import {integer, oneOf} from '../options/option.js';
import {read} from '../options/read.js';
import type {Args} from '../options/table.js';
import {assign, dataNow} from '../tfjs-internals.js';
import {declareParametrization} from './declare-parametrization.js';
import {nearestCentroids, sumsByPlace} from './nearest-centroids.js';

const OPTIONS = {
  /**
   * How many values a weight may have besides zero, from 2 to 255. `compressed` keeps the codebook of a weight with at
   * most 32 values in all, or a quarter of its numbers.
   */
  clusters: integer({min: 2, max: 255}),
  /**
   * Where the centroids are before k-means: 'linear', equally far from each other between the least and the largest
   * weight; 'density', at quantiles; 'random', at weights that are drawn; 'kMeansPlusPlus', at weights drawn far from
   * each other. Defaults to 'linear'.
   */
  initialization: oneOf(FIRST_CENTROIDS, 'linear'),
  /** What the gradient of a centroid is of those of its weights. Defaults to 'sum'. */
  gradient: oneOf(['sum', 'mean'], 'sum'),
  /** A whole number >= 0; each seed draws other weights. Defaults to 0. */
  seed: integer({}, 0),
};

/** Options of {@link clusterWeights}. */
export type ClusterWeightsArgs = Args<typeof OPTIONS>;

/**
 * Trains with few values a weight (weight sharing): a layer computes with the nearest of some centroids, which are
 * trained. Han et al. 2016, Deep Compression, https://arxiv.org/abs/1510.00149
 *
 *     weight = c[k],  k = argmin |w - c[k]|     0 if w = 0
 *     dL/dc[k] = sum of dL/dweight over the weights that share c[k]
 *
 * Zero is a value of its own, so masks and zeros are kept, and no weight becomes zero. The gradient also passes
 * straight through to the weights, so that they can change to another centroid.
 *
 * The centroids begin with the k-means of the weights that the layer has when it is wrapped: wrap a model that is
 * trained and pruned. `stripPruning` leaves the weights at their centroids, and `compressed` of `tfjs-pruning/wire`
 * finds the codebook: nothing more is lost.
 *
 * To have the centroids on a grid of 8 bits, quantize them, too, with one scale for the whole weight, as below; only a
 * centroid next to zero may become zero then.
 *
 * A weight that stops being finite in training is NaN for its layer, and all are if a centroid does.
 *
 * @throws TypeError or RangeError if an option is unknown or wrong; from `prunable`, RangeError if a weight is not
 *     finite, and Error on a backend that can't read tensors at once.
 *
 * @example
 * const model = prunable(stripPruning(pruned), {parametrizations: [clusterWeights({clusters: 16})]});
 * await maskZeros(model);
 * model.compile({optimizer: 'adam', loss: 'categoricalCrossentropy'});
 * await model.fit(x, y, {epochs: 5});
 *
 * @example
 * const parametrizations = [clusterWeights({clusters: 16}), quantizationAware({bits: 8, perChannel: false})];
 */
export const clusterWeights = declareParametrization('ClusterWeights', (args: ClusterWeightsArgs) => {
  const {clusters: count, initialization, gradient, seed} = read('clusterWeights', args, OPTIONS);
  return ({name}, addVariable) => {
    const codebook = addVariable('centroids', {axes: [], count, initializer: tfl.initializers.zeros()});
    const centroids = () => tf.reshape<tf.Rank.R1>(codebook.read(), [count]);
    return {
      apply: weight => clustered(weight, centroids(), gradient === 'mean'),
      start(weight) {
        const kept = Float32Array.from(dataNow(weight)).filter(value => value !== 0);
        if (kept.length === 0) return;
        const wrong = kept.find(value => !Number.isFinite(value));
        if (wrong !== undefined) {
          throw new RangeError(
            `clusterWeights expects finite weights in "${name}", got ${wrong}; has training diverged?`,
          );
        }
        const first = firstCentroids(initialization, kept.sort(), count, `${seed} ${name}`);
        assign(codebook, tf.tensor(Float32Array.from(kMeans(kept, first)), codebook.shape as number[]));
      },
    };
  };
});

/** The nearest centroids. @param isMean whether a centroid gets the mean of gradients in place of their sum. */
function clustered(weight: tf.Tensor, centroids: tf.Tensor1D, isMean: boolean): tf.Tensor {
  return tf.customGrad((w, c, save) => {
    const [values, codebook] = [w as tf.Tensor, c as tf.Tensor1D];
    const kept = tf.step(tf.abs(values));
    const places = nearestCentroids(values, codebook);
    (save as tf.GradSaveFunc)([kept, places]);
    return {
      value: tf.add(tf.mul(tf.gather(codebook, places), kept), nanIn(values, codebook)),
      gradFunc: (dy, [kept, places]) => [dy, tf.tidy(() => pull(tf.mul(dy, kept!), kept!, places!))],
    };

    function pull(gradient: tf.Tensor, kept: tf.Tensor, places: tf.Tensor): tf.Tensor {
      const sums = sumsByPlace(gradient, places, codebook.size);
      return isMean ? tf.divNoNan(sums, sumsByPlace(kept, places, codebook.size)) : sums;
    }
  })(weight, centroids);
}

/** NaN where a weight is not finite, or everywhere if a centroid is not; else 0. The places alone would hide it. */
function nanIn(weight: tf.Tensor, centroids: tf.Tensor1D): tf.Tensor {
  return tf.add(tf.mul(weight, 0), tf.sum(tf.mul(centroids, 0)));
}
