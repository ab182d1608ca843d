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

/** Registers an optimizer class that steps each element of a weight by the gradient of that element alone. */
export function noteStepsEachAlone(optimizerClass: unknown): void {
  KNOWN.add(optimizerClass);
}

/**
 * Whether an optimizer is known to step each element of a weight by the gradient of that element alone, as all of tf.js
 * do. A user's own optimizer, or a patched one, may use all gradients at once, such as clipping them by their norm.
 */
export function stepsEachAlone(optimizer: tf.Optimizer | undefined): boolean {
  if (!optimizer || !KNOWN.has(optimizer.constructor)) return false;
  if (Object.hasOwn(optimizer, 'computeGradients')) return false;
  return !isPatched(optimizer, 'minimize') && !isPatched(optimizer, 'applyGradients');
}
