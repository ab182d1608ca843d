import * as tf from '@tensorflow/tfjs-core';

/** A dataset, as far as `fitDataset` needs one. */
interface Batches {
  iterator(): Promise<{next(): Promise<IteratorResult<tf.TensorContainer, unknown>>}>;
}

/** A dataset without its first batches, which are taken from it all the same. */
export function behindBatches(dataset: Batches, count: number): Batches {
  const iterator = async () => {
    const batches = await dataset.iterator();
    let left = count;
    const next = async () => {
      for (; left > 0; left--) tf.dispose((await batches.next()).value as tf.TensorContainer);
      return batches.next();
    };
    return {next};
  };
  return Object.create(dataset, {iterator: {value: iterator}}) as Batches;
}
