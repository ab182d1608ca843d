import * as tf from '@tensorflow/tfjs-core';
import {observes, type Criterion, type ObservingCriterion} from '../criteria/criterion.js';
import type {MaskedWeight} from '../layers/masked-weight.js';
import {received} from '../options/expect.js';
import type {Model} from '../tfjs-internals.js';
import type {AfterBatch} from './batch-steps.js';
import type {Data} from './data.js';
import type {Evidence, EvidenceSource} from './evidence.js';
import {observeBatches} from './observe-batches.js';
import type {ObservedData} from './observed-data.js';
import {Observer} from './observer.js';

/** What evidence is gathered about. */
export interface Scene {
  readonly model: Model;
  readonly weights: readonly MaskedWeight[];
  /** Is awaited after each batch of data that is observed. */
  readonly afterBatch?: AfterBatch | undefined;
}

/**
 * Gathers the evidence of a criterion and runs an action with it: nothing for a criterion of the weights alone, what it
 * observes over the data, or what it measures.
 *
 * @throws what {@link observeBatches} throws; TypeError if the criterion measures something malformed.
 */
export async function withEvidence<T>(
  criterion: Criterion,
  scene: Scene,
  source: EvidenceSource,
  action: (evidence: Evidence) => Promise<T>,
): Promise<T> {
  const {gathered, data} = source;
  const isShown = !gathered && scene.weights.length > 0 && data !== undefined;
  if (isShown && observes(criterion)) return withObserved(criterion, scene, {...source, data}, action);
  return withMeasured(criterion, scene, gathered, action);
}

/** The same without data: what is already gathered, what a criterion measures, or nothing. */
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

async function withObserved<T>(
  criterion: ObservingCriterion,
  {model, weights, afterBatch}: Scene,
  {data, batchSize, loss}: ObservedData & {readonly data: Data},
  action: (evidence: Evidence) => Promise<T>,
): Promise<T> {
  const observer = new Observer(weights, criterion);
  try {
    await observeBatches(model, observer, {data, batchSize}, loss, afterBatch);
    return await action(observer.evidence);
  } finally {
    observer.dispose();
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
