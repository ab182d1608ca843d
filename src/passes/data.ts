import * as tf from '@tensorflow/tfjs-core';
import {expectInteger, isList, received} from '../options/expect.js';
import {integer, option} from '../options/option.js';
import type {Args} from '../options/table.js';
import type {Tensors} from './batch.js';

/** Examples for a model; several inputs or outputs are lists in their order, or objects by name. */
export interface Batch {
  /** The inputs of the model. */
  readonly xs: Tensors;
  /** The targets; not needed if no loss is computed. */
  readonly ys?: Tensors;
}

/** A dataset of tf.data, or your own, that gives batches `{xs, ys}`. */
export interface Dataset {
  /** The number of batches, if it is known. */
  readonly size?: number | null;
  /** A pass over the batches. `next()` gives one, or says that there are no more. */
  iterator(): Promise<{
    /** The next batch. */
    next(): Promise<IteratorResult<unknown>>;
  }>;
}

/**
 * Data, in one form everywhere: tensors `{xs, ys}`, which are cut into batches; a list of batches `{xs, ys}`, or any
 * other iterable of them; or a dataset. If no loss is computed, `{xs}` is enough.
 *
 * Tensors stay yours, except those made by a dataset, which are disposed as in `fitDataset`.
 */
export type Data = Batch | Iterable<Batch> | AsyncIterable<Batch> | Dataset;

/** The options of functions that read data; {@link expectData} checks them together. */
export const DATA = {
  /** Tensors `{xs, ys}`, a list of batches `{xs, ys}`, or a dataset. */
  data: option((_, data: Data) => data),
  /** Examples per batch, if `data` are tensors `{xs, ys}`. Defaults to 32. */
  batchSize: integer({min: 1}, undefined),
};

/** Options of functions that read data. */
export type DataArgs = Args<typeof DATA>;

/**
 * Expects data of one of the forms, and a batch size only with tensors. The batches of a list are checked; those of
 * other iterables and of datasets are checked as they come.
 *
 * @param name the option that holds the data.
 * @throws TypeError if it is something else; RangeError if a list is empty, or the batch size is not a whole number.
 */
export function expectData({data, batchSize}: DataArgs, name = 'data'): void {
  if (!isTensors(data) && !isDataset(data) && !isIterable(data)) throw noData(data, name);
  if (isList(data)) [...(data as Iterable<Batch>)].forEach((batch, i) => expectBatch(batch, i, name));
  if (isList(data) && (data as readonly Batch[]).length === 0) throw noBatches(name);
  if (batchSize === undefined) return;
  expectInteger('batchSize', batchSize, {min: 1});
  if (isTensors(data)) return;
  throw new TypeError(
    'Expected `batchSize` only with tensors {xs, ys}, which it cuts; leave it out, as `data` are batches',
  );
}

/** How many examples are in a batch that tensors are cut into. */
export function batchSizeOf({batchSize = 32}: DataArgs): number {
  return batchSize;
}

/** Expects a batch. */
export function expectBatch(batch: Batch, index: number, name = 'data'): void {
  if (isTensors(batch)) return;
  throw new TypeError(`Expected batch ${index} of \`${name}\` to be an object {xs, ys}, got ${received(batch)}`);
}

/** The error for data without batches. */
export function noBatches(name = 'data'): RangeError {
  return new RangeError(`Expected \`${name}\` to hold at least one batch, got none`);
}

/** Whether data are tensors, to be cut into batches. */
export function isTensors(data: unknown): data is Batch {
  return isObject(data) && 'xs' in data;
}

/** Whether data are a dataset, which makes its own tensors. */
export function isDataset(data: unknown): data is Dataset {
  return isObject(data) && 'iterator' in data;
}

function isIterable(data: unknown): boolean {
  return isObject(data) && !(data instanceof Map) && (Symbol.iterator in data || Symbol.asyncIterator in data);
}

function isObject(data: unknown): data is object {
  return typeof data === 'object' && data !== null;
}

function noData(data: unknown, name: string): TypeError {
  const hint = data instanceof tf.Tensor ? '; pass inputs as {xs: tensor}' : '';
  return new TypeError(
    `Expected \`${name}\` to be tensors {xs, ys}, a list of such batches or a dataset of them, got ` +
      `${received(data)}${hint}`,
  );
}
