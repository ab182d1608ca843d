import * as tf from '@tensorflow/tfjs-core';
import {expectInteger, isList, received} from '../options/expect.js';
import {boolean, integer} from '../options/option.js';
import {expectAbsent, read} from '../options/read.js';
import type {Args, Values} from '../options/table.js';
import {randomNumbers} from '../math/random-numbers.js';

/**
 * Examples for one input or output: the rows of a tensor, or the numbers of a typed array that tf.js has a dtype for.
 */
export type Examples = tf.Tensor | tf.TypedArray;
/** Examples for a model with one input (or output), or for each of several, in a list or by name. */
export type ExamplesOfEach = Examples | readonly Examples[] | Readonly<Record<string, Examples>>;

const OPTIONS = {
  /** Examples a batch; the last one of an epoch may hold fewer. Defaults to 32. */
  batchSize: integer({min: 1}, 32),
  /** A whole number >= 0 that determines the orders. Defaults to 0. */
  seed: integer({}, 0),
  /** Whether each epoch has its own order. Defaults to true. If false, all have the order of the data. */
  shuffle: boolean(true),
};

/** Options of {@link seededBatches}. */
export type SeededBatchesArgs = Args<typeof OPTIONS>;

/**
 * Batches for `fitDataset` in a repeatable order: the order of each epoch depends only on the seed and the number of
 * the epoch. `fit` shuffles with `Math.random`, differently in each run.
 *
 * The first pass is epoch 0, the next one epoch 1, and so on over all `fitDataset` calls; with `BackupAndRestore` it is
 * the current epoch of tf.js, also after a restart. Use another dataset for validation, since each pass over this one
 * counts as an epoch. Do not use `batchesPerEpoch`, with which tf.js makes one pass over the data for all epochs.
 *
 * The tensors stay yours and must live as long as the training; each batch consists of new tensors, which `fitDataset`
 * disposes.
 *
 * @param x a tensor with one example per row, a typed array with one number per example, or, for a model with several
 *     inputs, a list of these in their order or an object by input name.
 * @param y the targets, in the same forms.
 * @throws TypeError or RangeError if an option is unknown or wrong, or `x` and `y` are no examples, empty, or differ in
 *     number.
 *
 * @example
 * await model.fitDataset(seededBatches(x, y, {batchSize: 64, seed: 1}), {epochs: 5});
 */
export function seededBatches(x: ExamplesOfEach, y: ExamplesOfEach, args: SeededBatchesArgs = {}): SeededBatches {
  const options = read('seededBatches', args, OPTIONS);
  if (!options.shuffle) expectAbsent('seededBatches', args, ['seed'], 'with `shuffle: false`: all epochs are alike');
  return new SeededBatches(x, y, options);
}

/** The tensors of a batch, in the form of the given examples. */
interface SeededBatch extends tf.TensorContainerObject {
  xs: tf.TensorContainer;
  ys: tf.TensorContainer;
}

/** The dataset made by {@link seededBatches}, with the methods that `fitDataset` needs. */
export class SeededBatches {
  /** Batches per epoch. */
  readonly size: number;
  readonly #x: ExamplesOfEach;
  readonly #y: ExamplesOfEach;
  readonly #count: number;
  readonly #args: Values<typeof OPTIONS>;
  #epoch = 0;

  constructor(x: ExamplesOfEach, y: ExamplesOfEach, args: Values<typeof OPTIONS>) {
    this.#count = expectAsMany([...countsOf('x', x), ...countsOf('y', y)]);
    this.size = Math.ceil(this.#count / args.batchSize);
    this.#x = x;
    this.#y = y;
    this.#args = args;
  }

  /** Sets the epoch of the next pass, a whole number >= 0. */
  goOnAt(epoch: number): void {
    this.#epoch = expectInteger('epoch', epoch);
  }

  /**
   * A pass over all batches, of which `next()` gives one; `fitDataset` asks for one per epoch, and for one that it does
   * not use.
   */
  iterator(): Promise<{
    /** The next batch. */
    next(): Promise<IteratorResult<SeededBatch, null>>;
  }> {
    const {batchSize} = this.#args;
    let order: Int32Array | undefined;
    let begin = 0;
    const next = (): IteratorResult<SeededBatch, null> => {
      order ??= this.#nextOrder();
      const indices = order.subarray(begin, (begin += batchSize));
      return indices.length === 0 ? {done: true, value: null} : {done: false, value: this.#batchOf(indices)};
    };
    return Promise.resolve({next: () => Promise.resolve(next())});
  }

  #batchOf(indices: Int32Array): SeededBatch {
    return tf.tidy(() => ({xs: taken(this.#x, indices), ys: taken(this.#y, indices)}));
  }

  #nextOrder(): Int32Array {
    const {seed, shuffle} = this.#args;
    const epoch = this.#epoch++;
    const order = Int32Array.from({length: this.#count}, (_, i) => i);
    return shuffle ? shuffled(order, `${seed} epoch ${epoch}`) : order;
  }
}

/** Fisher-Yates shuffle. */
function shuffled(order: Int32Array, text: string): Int32Array {
  const chances = randomNumbers(order.length, text);
  for (let last = order.length - 1; last > 0; last--) {
    const other = Math.floor(chances[last]! * (last + 1));
    [order[last], order[other]] = [order[other]!, order[last]!];
  }
  return order;
}

/** The examples at some indices; a vector becomes a column, as in `fit`. */
function taken(examples: ExamplesOfEach, indices: Int32Array): tf.TensorContainer {
  return tf.tidy(() => {
    if (!isExamples(examples)) {
      const each = Object.entries(examples).map(([name, one]) => [name, taken(one, indices)] as const);
      return isList(examples) ? each.map(([, tensor]) => tensor) : Object.fromEntries(each);
    }
    const values = examples instanceof tf.Tensor ? examples : vectorOf(examples, indices);
    const rows = examples instanceof tf.Tensor ? tf.gather(values, tf.tensor1d(indices, 'int32')) : values;
    return rows.rank === 1 ? tf.expandDims(rows, 1) : rows;
  });
}

function vectorOf(values: tf.TypedArray, indices: Int32Array): tf.Tensor {
  return tf.tensor1d(
    Array.from(indices, i => values[i]!),
    values instanceof Float32Array ? 'float32' : 'int32',
  );
}

function isExamples(examples: ExamplesOfEach): examples is Examples {
  return examples instanceof tf.Tensor || tf.util.isTypedArray(examples);
}

/** The number of examples for each input or output. */
function countsOf(what: string, examples: ExamplesOfEach): number[] {
  if (isExamples(examples)) return [countOf(what, examples)];
  const isSeveral = typeof examples === 'object' && (examples as object | null) && !ArrayBuffer.isView(examples);
  const entries = isSeveral ? Object.entries(examples) : [];
  if (entries.length === 0) throw noExamples(what, examples);
  return entries.map(([name, one]) => countOf(`${what}[${isList(examples) ? name : `"${name}"`}]`, one));
}

function countOf(what: string, examples: Examples): number {
  if (!isExamples(examples)) throw noExamples(what, examples);
  if (!(examples instanceof tf.Tensor)) return examples.length;
  if (examples.rank > 0) return examples.shape[0];
  throw new RangeError(`Expected \`${what}\` to hold one example per row, got a scalar`);
}

function noExamples(what: string, got: unknown): TypeError {
  return new TypeError(
    `Expected \`${what}\` to be a tensor or a typed array (Float32Array, Int32Array, Uint8Array, Uint8ClampedArray), ` +
      `or a list or an object of them, got ${received(got)}; make a tensor of other arrays`,
  );
}

function expectAsMany(counts: readonly number[]): number {
  const [count] = counts;
  if (count! > 0 && counts.every(other => other === count)) return count!;
  throw new RangeError(`Expected as many targets as examples, at least one, got ${counts.join(', ')}`);
}
