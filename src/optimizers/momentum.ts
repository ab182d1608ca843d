import * as tf from '@tensorflow/tfjs-core';
import type {Slot} from './slots.js';

/** As in the sparse-momentum authors' code (for Adam). */
const EPSILON = 1e-8;

/**
 * The direction in which an optimizer pulls a weight: its momentum; for Adam the mean gradient relative to its size,
 * `m / (sqrt(v) + 1e-8)` (for Adamax `m / (v + 1e-8)`).
 *
 * @returns a tensor of the weight's shape, or undefined if the optimizer stores no direction.
 */
export function momentumOf(optimizer: tf.Optimizer, slots: readonly Slot[]): tf.Tensor | undefined {
  const slot = (name: string) => slots.find(each => each.name === name)?.variable;
  const [momentum, m, v] = [slot('momentum'), slot('m'), slot('v')];
  if (momentum) return tf.clone(momentum);
  if (!m || !v) return undefined;
  return tf.tidy(() => tf.div(m, tf.add(optimizer.getClassName() === 'Adamax' ? v : tf.sqrt(v), EPSILON)));
}

/**
 * Whether an optimizer of tf.js never stores a direction; for a user's own optimizer this is unknown before its first
 * step.
 */
export function hasNoMomentum(optimizer: tf.Optimizer): boolean {
  return ['SGD', 'Adagrad', 'Adadelta'].includes(optimizer.getClassName());
}
