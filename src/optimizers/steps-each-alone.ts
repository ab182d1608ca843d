import * as tf from '@tensorflow/tfjs-core';
import {isPatched} from './put-before.js';

const KNOWN = new Set<unknown>([
  tf.SGDOptimizer,
  tf.MomentumOptimizer,
  tf.AdagradOptimizer,
  tf.AdadeltaOptimizer,
  tf.AdamOptimizer,
  tf.AdamaxOptimizer,
  tf.RMSPropOptimizer,
]);

/** Says of a class of optimizers that it steps each element of a weight by that element's gradient alone. */
export function noteStepsEachAlone(optimizerClass: unknown): void {
  KNOWN.add(optimizerClass);
}

/**
 * Whether an optimizer is known to step each element of a weight by that element's gradient alone, as all of tf.js do.
 * One of a user's own, or one that is patched, may look at all gradients at once: to clip them by their norm, for one.
 */
export function stepsEachAlone(optimizer: tf.Optimizer | undefined): boolean {
  if (!optimizer || !KNOWN.has(optimizer.constructor)) return false;
  if (Object.hasOwn(optimizer, 'computeGradients')) return false;
  return !isPatched(optimizer, 'minimize') && !isPatched(optimizer, 'applyGradients');
}
