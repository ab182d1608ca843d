import * as tf from '@tensorflow/tfjs-core';
import {isList} from '../options/expect.js';
import {layersWithin} from '../layers/inner-layers.js';
import {lossFunctionsOf, rested, slotNames, type LossFunction, type Model} from '../tfjs-internals.js';
import {listTensors, type Slot} from './batch.js';
import {
  expectBatch,
  expectData,
  isDataset,
  isTensors,
  noBatches,
  type Batch,
  type Data,
  type DataArgs,
  type Dataset,
} from './data.js';

/** A batch in the order and the shapes of a model's inputs and outputs; without targets if none are needed. */
export interface FittingBatch {
  readonly xs: tf.Tensor[];
  readonly ys: tf.Tensor[];
}

/**
 * Runs `action` on each batch of data, in a tidy. Stateful layers start from zero states and get theirs back
 * afterwards.
 *
 * @param losses of the model's outputs, if targets are needed.
 * @throws TypeError or RangeError if the data have none of the forms of {@link Data}, hold no batch, or do not fit the
 *     model: for tensors and lists before the first batch is used, for others as they come.
 */
export async function eachBatch(
  model: Model,
  args: DataArgs,
  action: (batch: FittingBatch) => void,
  losses: readonly LossFunction[] = [],
): Promise<void> {
  expectData(args);
  const slots = slotsOf(model, losses);
  const {data, batchSize = 32} = args;
  if (isList(data)) tf.tidy(() => [...(data as Iterable<Batch>)].forEach((batch, i) => void fitting(batch, i, slots)));
  let count = 0;
  const putBack = rested(layersWithin(model));
  try {
    for await (const read of isTensors(data) ? slicesOf(data, batchSize, slots) : batchesOf(data, slots)) {
      tf.tidy(() => action(read()));
      count++;
    }
  } finally {
    putBack();
  }
  if (count === 0) throw noBatches();
}

/** Reads a batch, in a tidy. */
type Read = () => FittingBatch;

async function* batchesOf(data: Exclude<Data, Batch>, slots: Slots): AsyncGenerator<Read> {
  let index = 0;
  for await (const batch of isDataset(data) ? itemsOf(data) : data) {
    const at = index++;
    yield () => fitting(batch, at, slots);
  }
}

async function* itemsOf(dataset: Dataset): AsyncGenerator<Batch> {
  const iterator = await dataset.iterator();
  for (let item = await iterator.next(); item.done !== true; item = await iterator.next()) {
    try {
      yield item.value as Batch;
    } finally {
      tf.dispose(item.value as tf.TensorContainer);
    }
  }
}

function* slicesOf(tensors: Batch, batchSize: number, slots: Slots): Generator<Read> {
  const all = () => fitting(tensors, undefined, slots);
  const count = tf.tidy(() => all().xs[0]!.shape[0]);
  for (let begin = 0; begin < count; begin += batchSize) {
    const rows = (each: tf.Tensor[]) => each.map(one => tf.slice(one, begin, Math.min(batchSize, count - begin)));
    yield () => {
      const {xs, ys} = all();
      return {xs: rows(xs), ys: rows(ys)};
    };
  }
}

/** The inputs and outputs that the tensors of a batch are for. */
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

/**
 * The tensors of a batch in the order and the shapes of the model's inputs and outputs.
 *
 * @param index of the batch; undefined for tensors that hold all examples.
 */
function fitting(batch: Batch, index: number | undefined, slots: Slots): FittingBatch {
  if (index !== undefined) expectBatch(batch, index);
  const where = index === undefined ? '`data`' : `batch ${index}`;
  const xs = listTensors(`\`xs\` of ${where}`, batch.xs, slots.xs);
  const ys = slots.ys.length > 0 ? listTensors(`\`ys\` of ${where}`, batch.ys, slots.ys) : [];
  const sizes = [...xs, ...ys].map(({shape}) => shape[0]);
  if (sizes.every(size => size === sizes[0] && size > 0)) return {xs, ys};
  throw new RangeError(
    `Expected the tensors of ${where} to hold the same number of examples, at least one, got ${sizes.join(', ')}`,
  );
}
