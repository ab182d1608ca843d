import * as tf from '@tensorflow/tfjs-core';
import {valuesOf} from '../../src/masks/zero-count.js';
import {learningRateOf} from '../../src/optimizers/learning-rate.js';
import type {PenalizedWeight} from '../../src/penalties/penalty.js';
import {fieldsOf} from '../../src/tfjs-internals.js';

/** The gradients of a penalty, one for each weight, where all weights are multiplied by a factor. */
export type Gradients = (weights: readonly PenalizedWeight[], factor: number) => tf.Tensor[];

/** A step may be this fraction of the threshold. */
const PART = 0.5;

/**
 * The largest strength at which small weights do not jump over zero and out of the threshold at the other side:
 *
 *     strength * learning rate / (1 - momentum) * gradient <= threshold / 2
 *
 * Beyond it fewer weights are small the stronger the penalty, and a controller would run away.
 *
 * @param optimizer whose {@link stepsGrow}.
 * @param size of the gradient of the penalty alone.
 */
export function strengthLimit(optimizer: tf.Optimizer, size: number, threshold: number): number {
  const {momentum = 0} = fieldsOf(optimizer) as {momentum?: number};
  return (PART * threshold * (1 - momentum)) / (learningRateOf(optimizer) * size);
}

/** Whether the steps of an optimizer grow with the gradient. */
export function stepsGrow(optimizer: tf.Optimizer): boolean {
  return ['SGD', 'Momentum'].includes(optimizer.getClassName());
}

/** Whether a penalty pulls less on smaller weights, as `l2` does. Then it must grow to hold them. */
export function fades(size: number, sizeAtHalf: number): boolean {
  return sizeAtHalf < 0.75 * size;
}

/**
 * The root of the mean square of gradients.
 *
 * @param masks 0 = counts.
 */
export async function pullSize(gradients: readonly tf.Tensor[], masks: readonly Uint8Array[]): Promise<number> {
  let [squares, count] = [0, 0];
  for (const [i, gradient] of gradients.entries()) {
    const values = await valuesOf(gradient);
    masks[i]!.forEach((kept, at) => {
      if (kept !== 0) return;
      squares += values[at]! ** 2;
      count++;
    });
  }
  return Math.sqrt(squares / Math.max(1, count));
}
