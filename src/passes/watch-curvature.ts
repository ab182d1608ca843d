import * as tf from '@tensorflow/tfjs-core';
import type {GradientCriterion} from '../criteria/criterion.js';
import {hessianTimesGradient} from '../criteria/hessian-times-gradient.js';
import {BackwardPass} from '../layers/backward-pass.js';
import {observedIn} from './watch-gradients.js';
import type {Watch} from './watch.js';

/**
 * Sees the Hessian times the gradient of each batch. It runs the pass over the batch three times, twice with displaced
 * kernels. All three must be alike, without dropout or noise.
 */
export function watchCurvature(criterion: GradientCriterion): Watch {
  const [gradients, products] = [new BackwardPass(), new BackwardPass()];
  return {
    isBackward: true,
    start: weight => gradients.watch(weight),
    run: pass => {
      pass();
      tf.tidy(() => {
        const found = hessianTimesGradient(gradients.takeGradients(), () => {
          pass();
          return gradients.takeGradients();
        });
        for (const [weight, product] of found) products.add(weight, product);
      });
    },
    observed: () => {
      if (gradients.weights.length === 0) return observedIn(products, criterion);
      throw new TypeError(
        'A criterion that sees curvature, such as grasp(), must run the passes itself, three times on each ' +
          'batch; use it in PruneAtInitialization, or in pruneOnce with `data`',
      );
    },
    clear: () => [gradients, products].forEach(each => each.clear()),
  };
}
