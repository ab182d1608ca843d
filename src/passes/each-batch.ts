import * as tf from '@tensorflow/tfjs-core';
import {isList, received} from '../options/expect.js';
import {layersWithin} from '../layers/prunable-weights.js';
import {lossFunctionsOf, rested, slotNames, type LossFunction, type Model} from '../tfjs-internals.js';
import {listTensors, type Slot, type Tensors} from './batch.js';

/** One batch of data: of a model with several inputs or outputs, lists in their order or objects by their names. */
export interface Batch {
  readonly xs: Tensors;
  /** Not needed where nothing but inputs is observed. */
  readonly ys?: Tensors;
}

/** Batches in an array, in anything that can be iterated over, or in a dataset of tf.data. */
export type Batches =
  Iterable<Batch> | AsyncIterable<Batch> | {iterator(): Promise<{next(): Promise<IteratorResult<unknown>>}>};

/** A batch in the order and the shapes of a model's inputs and outputs; no targets where none are asked for. */
export interface FittingBatch {
  readonly xs: tf.Tensor[];
  readonly ys: tf.Tensor[];
}

/**
 * Does something with each batch, in a tidy. Stateful layers begin at rest, and have their states back afterwards.
 * Tensors in arrays and other iterables stay the caller's; those that a dataset makes are disposed, as `fitDataset`
 * does.
 *
 * @param losses of the model's outputs, where targets are needed, too.
 * @throws TypeError where `data` are no batches; RangeError where there are none, or one does not fit the model: of an
 *     array before the first one is used, else as it comes.
 */
export async function eachBatch(
  model: Model,
  data: Batches,
  action: (batch: FittingBatch) => void,
  losses: readonly LossFunction[] = [],
): Promise<void> {
  const slots = slotsOf(model, losses);
  const isDataset = 'iterator' in expectBatches(data);
  if (Array.isArray(data)) tf.tidy(() => (data as Batch[]).forEach((batch, i) => void fitting(batch, i, slots)));
  let count = 0;
  const putBack = rested(layersWithin(model));
  try {
    for await (const batch of isDataset ? itemsOf(data) : (data as Iterable<Batch>)) {
      try {
        tf.tidy(() => action(fitting(batch, count, slots)));
      } finally {
        if (isDataset) tf.dispose(batch as unknown as tf.TensorContainer);
      }
      count++;
    }
  } finally {
    putBack();
  }
  if (count === 0) throw noBatches();
}

/** Expects batches: an array is looked through, of all else what it gives is checked as it comes. */
export function expectBatches(data: Batches): Batches & object {
  const isObject = typeof data === 'object' && (data as object | null) !== null && !(data instanceof Map);
  if (!isObject || !(Symbol.iterator in data || Symbol.asyncIterator in data || 'iterator' in data)) {
    throw new TypeError(
      `Expected \`data\` to be an array of batches {xs, ys} or a dataset of them, got ${received(data)}`,
    );
  }
  if (!isList(data)) return data;
  [...(data as Iterable<Batch>)].forEach(expectBatch);
  if ((data as readonly Batch[]).length === 0) throw noBatches();
  return data;
}

function expectBatch(batch: Batch, index: number): void {
  if (typeof batch === 'object' && (batch as object | null) !== null && 'xs' in batch) return;
  throw new TypeError(`Expected batch ${index} of \`data\` to be an object {xs, ys}, got ${received(batch)}`);
}

function noBatches(): RangeError {
  return new RangeError('Expected `data` to hold at least one batch, got none');
}

async function* itemsOf(dataset: Batches): AsyncGenerator<Batch> {
  const iterator = await (dataset as Extract<Batches, {iterator: unknown}>).iterator();
  for (let item = await iterator.next(); item.done !== true; item = await iterator.next()) yield item.value as Batch;
}

/** Where a batch's tensors go. */
interface Slots {
  readonly xs: readonly Slot[];
  readonly ys: readonly Slot[];
}

function slotsOf(model: Model, losses: readonly LossFunction[]): Slots {
  const {inputNames, outputNames} = slotNames(model);
  const byNumber = losses.length > 0 && lossFunctionsOf(model, 'sparseCategoricalCrossentropy')![0];
  return {
    xs: model.inputs.map(({shape}, i) => ({name: inputNames[i]!, shapes: [shape]})),
    ys: losses.map((loss, i) => {
      const {shape} = model.outputs[i]!;
      const classes = shape.slice(0, -1);
      return {name: outputNames[i]!, shapes: loss === byNumber ? [[...classes, 1], classes] : [shape]};
    }),
  };
}

/** A batch's tensors in the model's order, in the shapes that its inputs and outputs have. */
function fitting(batch: Batch, index: number, slots: Slots): FittingBatch {
  expectBatch(batch, index);
  const xs = listTensors(`\`xs\` of batch ${index}`, batch.xs, slots.xs);
  const ys = slots.ys.length > 0 ? listTensors(`\`ys\` of batch ${index}`, batch.ys, slots.ys) : [];
  const sizes = [...xs, ...ys].map(({shape}) => shape[0]);
  if (sizes.every(size => size === sizes[0] && size > 0)) return {xs, ys};
  throw new RangeError(
    `Expected the tensors of batch ${index} to hold the same number of examples, at least one, got ${sizes.join(', ')}`,
  );
}
