import * as tf from '@tensorflow/tfjs-core';
import type {Dataset} from './data.js';

/** A dataset without its first batches, which are read and disposed. */
export function skipBatches(dataset: Dataset, count: number): Dataset {
  const iterator = async () => {
    const batches = await dataset.iterator();
    let left = count;
    const next = async () => {
      for (; left > 0; left--) tf.dispose((await batches.next()).value as tf.TensorContainer);
      return batches.next();
    };
    return {next};
  };
  return Object.create(dataset, {iterator: {value: iterator}}) as Dataset;
}
