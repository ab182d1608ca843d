import * as tf from '@tensorflow/tfjs-core';
import type {MaskedWeight} from '../layers/masked-weight.js';
import {assign} from '../tfjs-internals.js';
import {unchanged} from '../layers/unchanged.js';

/** How far all kernels together are displaced: small relative to the curvature, large relative to float32 rounding. */
const DISTANCE = 1e-2;

/** The gradient of each weight. */
export type Gradients = ReadonlyMap<MaskedWeight, tf.Tensor>;

/**
 * The Hessian of a loss times its own gradient, over all weights jointly, by central differences:
 *
 *     H g = |g| (g(w + d u) - g(w - d u)) / 2d    with u = g / |g|, d = 0.01
 *
 * tf.js can't differentiate twice: convolutions have no second derivative, and those of tanh and sigmoid are wrong.
 *
 * @param gradients g, at the current kernels. Masked weights are not displaced: g counts as 0 there.
 * @param gradientsAgain returns the gradients of the same loss at the then current kernels; called in a tidy.
 */
export function hessianTimesGradient(
  gradients: Gradients,
  gradientsAgain: () => Gradients,
): Map<MaskedWeight, tf.Tensor> {
  const weights = [...gradients.keys()];
  const kernels = weights.map(({kernel}) => kernel);
  const directions = weights.map(weight => tf.mul(gradients.get(weight)!, weight.mask.read()));
  const norm = tf.sqrt(tf.addN(directions.map(direction => tf.sum(tf.square(direction)))));
  const gradientsAt = (distance: number) => {
    const displace = ({kernel}: MaskedWeight, i: number) =>
      assign(kernel, tf.add(kernel.read(), tf.mul(tf.divNoNan(directions[i]!, norm), distance)));
    return unchanged(kernels, () => {
      weights.forEach(displace);
      const there = gradientsAgain();
      return weights.map(weight => there.get(weight)!);
    });
  };
  const [ahead, behind] = [gradientsAt(DISTANCE), gradientsAt(-DISTANCE)];
  const slope = (i: number) => tf.div(tf.sub(ahead[i]!, behind[i]!), 2 * DISTANCE);
  return new Map(weights.map((weight, i) => [weight, tf.mul(slope(i), norm)]));
}
