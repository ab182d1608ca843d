import type * as tf from '@tensorflow/tfjs-core';
import type {GradientCriterion} from '../criteria/criterion.js';
import {BackwardPass} from '../layers/backward-pass.js';
import type {MaskedWeight} from '../layers/masked-weight.js';
import type {Watch} from './watch.js';

/** Sees the gradient of each backward pass, wherever it is run. */
export function watchGradients(criterion: GradientCriterion): Watch {
  const seen = new BackwardPass();
  return {
    isBackward: true,
    start: weight => seen.watch(weight),
    run: pass => pass(),
    observed: () => observedIn(seen, criterion),
    clear: () => seen.clear(),
  };
}

/** What a criterion observes at the end of a backward pass. */
export function observedIn(pass: BackwardPass, criterion: GradientCriterion): Map<MaskedWeight, tf.Tensor> {
  const observe = (weight: MaskedWeight) => {
    const {kernel, gradient} = pass.of(weight)!;
    return [weight, criterion.observe(kernel, gradient)] as const;
  };
  return new Map(pass.weights.map(observe));
}
