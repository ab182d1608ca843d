import * as tf from '@tensorflow/tfjs-core';
import {isList} from '../options/expect.js';
import type {LongWork} from '../display/long-work.js';
import {batchSizeOf, isDataset, isTensors, type Batch, type DataArgs} from './data.js';

/** What is called after each batch, with the number of batches so far. */
export type AfterBatch = (count: number) => void | Promise<void>;

/**
 * How many steps of work the batches of data are: 0 if nobody knows their number, as of a generator.
 *
 * A dataset may say its number of batches in `size`, as those of tf.data do.
 */
export function batchSteps(args: DataArgs): number {
  const {data} = args;
  if (isTensors(data)) return Math.ceil(exampleCount(data) / batchSizeOf(args));
  if (isList(data)) return (data as readonly Batch[]).length;
  const size = isDataset(data) ? data.size : 0;
  return Number.isSafeInteger(size) ? Math.max(0, size!) : 0;
}

/**
 * Reports each batch as a step of the work, by default the first ones of it. Batches beyond the steps, as of data that
 * do not know their number, are counted in the label alone.
 *
 * @param from how many steps come before; `label` stands before the number of the batch.
 */
export function reportBatches(work: LongWork, steps: number, {from = 0, label = ''} = {}): AfterBatch {
  return count =>
    work.reach(
      from + Math.min(count, steps),
      label + (count > steps ? `batch ${count}` : `batch ${count} of ${steps}`),
    );
}

/** Tensors that are malformed are refused when they are read. */
function exampleCount({xs}: Batch): number {
  const named = Object(xs) as Readonly<Record<string, Partial<tf.Tensor> | undefined>>;
  const [first] = xs instanceof tf.Tensor ? [xs] : Object.values(named);
  return first?.shape?.[0] ?? 0;
}
