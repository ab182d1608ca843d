import {observes, type Criterion, type ObservingCriterion} from '../criteria/criterion.js';
import type {Data} from './data.js';
import type {Evidence, EvidenceSource} from './evidence.js';
import {observeBatches} from './observe-batches.js';
import type {ObservedData} from './observed-data.js';
import {Observer} from './observer.js';
import {withMeasured, type Scene} from './with-measured.js';

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
