import * as tf from '@tensorflow/tfjs-core';
import {observes, type Criterion, type ModelCriterion, type ObservingCriterion} from '../criteria/criterion.js';
import type {MaskedWeight} from '../layers/masked-weight.js';
import {received} from '../options/expect.js';
import type {Model} from '../tfjs-internals.js';
import type {Data} from './data.js';
import type {Evidence, EvidenceSource} from './evidence.js';
import {observeBatches} from './observe-batches.js';
import type {ObservedData} from './observed-data.js';
import {Observer} from './observer.js';

/** What evidence is gathered about. */
interface Scene {
  readonly model: Model;
  readonly weights: readonly MaskedWeight[];
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
  if (source.gathered) return action(source.gathered);
  if (scene.weights.length === 0) return action(new Map());
  if (observes(criterion) && source.data) return withObserved(criterion, scene, {...source, data: source.data}, action);
  if (criterion.sees === 'model') return withMeasured(criterion, scene, action);
  return action(new Map());
}

async function withObserved<T>(
  criterion: ObservingCriterion,
  {model, weights}: Scene,
  {data, batchSize, loss}: ObservedData & {readonly data: Data},
  action: (evidence: Evidence) => Promise<T>,
): Promise<T> {
  const observer = new Observer(weights, criterion);
  try {
    await observeBatches(model, observer, {data, batchSize}, loss);
    return await action(observer.evidence);
  } finally {
    observer.dispose();
  }
}

async function withMeasured<T>(
  criterion: ModelCriterion,
  {model, weights}: Scene,
  action: (evidence: Evidence) => Promise<T>,
): Promise<T> {
  const measured = await criterion.measure(model, weights);
  try {
    return await action(evidenceOf(weights, measured));
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
