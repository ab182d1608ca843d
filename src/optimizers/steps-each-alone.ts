import * as tf from '@tensorflow/tfjs-core';
import {isPatched} from './put-before.js';

const OF_TFJS = new Set<unknown>([
  tf.SGDOptimizer,
  tf.MomentumOptimizer,
  tf.AdagradOptimizer,
  tf.AdadeltaOptimizer,
  tf.AdamOptimizer,
  tf.AdamaxOptimizer,
  tf.RMSPropOptimizer,
]);

// Shared by all copies of this library in a process: a page may load our files one by one.
const MARK = Symbol.for('tfjs-pruning.steps-each-alone');

/** Registers an optimizer class that steps each element of a weight by the gradient of that element alone. */
export function noteStepsEachAlone(optimizerClass: object): void {
  Object.defineProperty(optimizerClass, MARK, {value: true});
}

/**
 * Whether an optimizer is known to step each element of a weight by the gradient of that element alone, as all of tf.js
 * do. A user's own optimizer, or a patched one, may use all gradients at once, such as clipping them by their norm.
 */
export function stepsEachAlone(optimizer: tf.Optimizer | undefined): boolean {
  if (!optimizer || !isKnown(optimizer.constructor)) return false;
  if (Object.hasOwn(optimizer, 'computeGradients')) return false;
  return !isPatched(optimizer, 'minimize') && !isPatched(optimizer, 'applyGradients');
}

/** A class that extends a known one may do anything. */
function isKnown(optimizerClass: object): boolean {
  return OF_TFJS.has(optimizerClass) || Object.hasOwn(optimizerClass, MARK);
}
