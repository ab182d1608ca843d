import * as tf from '@tensorflow/tfjs-core';
import {listTensors, type Slot, type Tensors} from './batch.js';
import {expectModel} from '../layers/model-layers.js';
import {received} from '../math/expect.js';
import type {Observer} from './observer.js';
import {lossFunctionsOf, slotNames, type Loss, type LossFunction, type Model} from '../tfjs-internals.js';

/** One batch of data: of a model with several inputs or outputs, lists in their order or objects by their names. */
export interface Batch {
  readonly xs: Tensors;
  /** Not needed where nothing but inputs is observed. */
  readonly ys?: Tensors;
}

/** Batches in an array, in anything that can be iterated over, or in a dataset of tf.data. */
export type Batches =
  Iterable<Batch> | AsyncIterable<Batch> | {iterator(): Promise<{next(): Promise<IteratorResult<unknown>>}>};

/**
 * Runs a model forward, and backward where the criterion observes gradients, over batches of data, and lets an observer watch.
 * Nothing of the model changes.
 *
 * The model computes as it does in `predict`: without dropout, and with the moving averages of batch normalizations. The
 * gradients are those of the mean loss of a batch, summed over the outputs, without the layers' regularizers. Tensors in arrays and other iterables stay yours;
 * those that a dataset makes are disposed, as `fitDataset` does.
 *
 * @param loss in one of the forms that `compile` takes. Defaults to what the model was compiled with.
 * @throws TypeError where model or data are something else; Error where there is no loss, and none is handed over; RangeError where
 *     there are no batches, or one does not fit the model: of an array before the first pass, else as it comes.
 *
 * @example
 * const observer = new Observer(layer.maskedWeights, taylor());
 * await observeBatches(model, observer, [{xs, ys}], 'categoricalCrossentropy');
 */
export async function observeBatches(model: Model, observer: Observer, data: Batches, loss?: Loss): Promise<void> {
  expectModel('observeBatches', model);
  const losses = observer.observesGradients ? expectLoss(model, loss) : undefined;
  const slots = slotsOf(model, losses);
  const isDataset = 'iterator' in expectBatches(data);
  if (Array.isArray(data)) tf.tidy(() => (data as Batch[]).forEach((batch, i) => void fitting(batch, i, slots)));
  let count = 0;
  observer.start({inputs: 'all'});
  try {
    for await (const batch of isDataset ? itemsOf(data) : (data as Iterable<Batch>)) {
      try {
        tf.tidy(() => {
          const {xs, ys} = fitting(batch, count, slots);
          if (losses) observer.watch(() => differentiate(model, observer, losses, xs, ys));
          else model.call(xs, {training: false});
        });
      } finally {
        if (isDataset) tf.dispose(batch as unknown as tf.TensorContainer);
      }
      observer.endPass();
      count++;
    }
  } finally {
    observer.stop();
  }
  if (count === 0) throw new RangeError('Expected `data` to hold at least one batch, got none');
}

/** The gradients themselves are of no use here: the observer has tapped them where they pass by. */
function differentiate(
  model: Model,
  {weights}: Observer,
  losses: readonly LossFunction[],
  xs: tf.Tensor[],
  ys: tf.Tensor[],
): void {
  const totalLoss = () => {
    const outputs = [model.call(xs, {training: false})].flat();
    return tf.addN(losses.map((loss, i) => tf.mean(loss(ys[i]!, outputs[i]!))));
  };
  tf.grads(totalLoss)(weights.map(({kernel}) => kernel.read()));
}

function expectLoss(model: Model, loss: Loss | undefined): readonly LossFunction[] {
  const losses = lossFunctionsOf(model, loss);
  if (losses) return losses;
  throw new Error(`Expected model "${model.name}" to have a loss; compile it, or hand over \`loss\``);
}

function expectBatches(data: Batches): Batches & object {
  const isObject = typeof data === 'object' && (data as object | null) !== null;
  if (isObject && (Symbol.iterator in data || Symbol.asyncIterator in data || 'iterator' in data)) return data;
  throw new TypeError(
    `Expected \`data\` to be an array of batches {xs, ys} or a dataset of them, got ${received(data)}`,
  );
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

function slotsOf(model: Model, losses: readonly LossFunction[] = []): Slots {
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
function fitting(batch: Batch, index: number, slots: Slots): {xs: tf.Tensor[]; ys: tf.Tensor[]} {
  if (typeof batch !== 'object' || (batch as object | null) === null || !('xs' in batch)) {
    throw new TypeError(`Expected batch ${index} of \`data\` to be an object {xs, ys}, got ${received(batch)}`);
  }
  const xs = listTensors(`\`xs\` of batch ${index}`, batch.xs, slots.xs);
  const ys = slots.ys.length > 0 ? listTensors(`\`ys\` of batch ${index}`, batch.ys, slots.ys) : [];
  const sizes = [...xs, ...ys].map(({shape}) => shape[0]);
  if (sizes.every(size => size === sizes[0] && size > 0)) return {xs, ys};
  throw new RangeError(
    `Expected the tensors of batch ${index} to hold the same number of examples, at least one, got ${sizes.join(', ')}`,
  );
}
