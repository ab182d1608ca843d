import * as tf from '@tensorflow/tfjs-core';
import type {Criterion} from '../criteria/criterion.js';
import type {MaskedWeight} from '../layers/masked-weight.js';
import {received} from '../options/expect.js';
import type {Model} from '../tfjs-internals.js';
import type {AfterBatch} from './batch-steps.js';
import type {Evidence} from './evidence.js';

/** What evidence is gathered about. */
export interface Scene {
  readonly model: Model;
  readonly weights: readonly MaskedWeight[];
  /** Is awaited after each batch of data that is observed. */
  readonly afterBatch?: AfterBatch | undefined;
}

/**
 * Runs an action with what is already gathered, what a criterion measures, or nothing.
 *
 * @throws TypeError if the criterion measures something malformed.
 */
export async function withMeasured<T>(
  criterion: Criterion,
  scene: Scene,
  gathered: Evidence | undefined,
  action: (evidence: Evidence) => Promise<T>,
): Promise<T> {
  if (gathered || criterion.sees !== 'model' || scene.weights.length === 0) return action(gathered ?? new Map());
  const measured = await criterion.measure(scene.model, scene.weights);
  try {
    return await action(evidenceOf(scene.weights, measured));
  } finally {
    tf.dispose(measured);
  }
}

function evidenceOf(weights: readonly MaskedWeight[], measured: readonly tf.Tensor[]): Evidence {
  return new Map(
    weights.map((weight, i) => {
      const tensor: unknown = (measured as readonly tf.Tensor[] | undefined)?.[i];
      if (tensor instanceof tf.Tensor) return [weight, tensor];
      throw new TypeError(
        `Expected the criterion to measure a tensor for each of ${weights.length} weights, got ${received(tensor)} ` +
          `for "${weight.name}"`,
      );
    }),
  );
}
