import type {Criterion} from '../criteria/criterion.js';
import {observeBatches} from './observe-batches.js';
import type {ObservedData} from './observed-data.js';
import {Observer, observes} from './observer.js';
import type {Model} from '../tfjs-internals.js';
import type {PrunedWeight} from '../masks/pruned-weight.js';

/**
 * Does something with weights of which the criterion has observed the data; a criterion that observes nothing needs
 * none.
 *
 * @param owner who asks, for messages.
 * @throws TypeError where the criterion needs data and there is none, and what {@link observeBatches} throws.
 */
export async function withObserved<W extends PrunedWeight, T>(
  owner: string,
  model: Model,
  pruned: readonly W[],
  criterion: Criterion,
  {data, batchSize, loss}: ObservedData,
  action: (pruned: readonly W[]) => Promise<T>,
): Promise<T> {
  if (!observes(criterion)) return action(pruned);
  if (data === undefined) {
    throw new TypeError(
      `${owner} expects \`data\`, {xs, ys}, for a criterion that goes by ` +
        `${criterion.observe ? 'gradients' : 'the inputs that layers see'}, got undefined`,
    );
  }
  const weights = pruned.map(({weight}) => weight);
  const observer = new Observer(weights, criterion);
  try {
    await observeBatches(model, observer, {data, batchSize}, loss);
    return await action(pruned.map(one => ({...one, observed: observer.observed(one.weight)})));
  } finally {
    observer.dispose();
  }
}
