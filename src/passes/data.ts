import * as tf from '@tensorflow/tfjs-core';
import {expectInteger, isList, received} from '../options/expect.js';
import type {Tensors} from './batch.js';

/** Examples of a model: of one with several inputs or outputs, lists in their order or objects by their names. */
export interface Batch {
  readonly xs: Tensors;
  /** The targets; not needed where no loss is computed. */
  readonly ys?: Tensors;
}

/** A dataset of tf.data, or of one's own, that gives batches `{xs, ys}`. */
export interface Dataset {
  iterator(): Promise<{next(): Promise<IteratorResult<unknown>>}>;
}

/**
 * Data, in one form everywhere: tensors `{xs, ys}`, which are cut into batches; a list of batches `{xs, ys}`, or
 * anything else that can be iterated over; or a dataset. Where no loss is computed, `{xs}` is enough.
 *
 * Tensors stay yours, but for those that a dataset makes: they are disposed, as `fitDataset` does.
 */
export type Data = Batch | Iterable<Batch> | AsyncIterable<Batch> | Dataset;

/** Options of all that reads data. */
export interface DataArgs {
  readonly data: Data;
  /** Examples a batch, where `data` are tensors `{xs, ys}`. Defaults to 32. */
  readonly batchSize?: number | undefined;
}

/**
 * Expects data of one of the forms, and a batch size only where it says something. What a list holds is checked; what
 * other iterables and datasets give is checked as it comes.
 *
 * @throws TypeError where it is something else; RangeError where a list is empty, or the batch size is no whole number.
 */
export function expectData({data, batchSize}: DataArgs): void {
  if (!isTensors(data) && !isDataset(data) && !isIterable(data)) throw noData(data);
  if (isList(data)) [...(data as Iterable<Batch>)].forEach(expectBatch);
  if (isList(data) && (data as readonly Batch[]).length === 0) throw noBatches();
  if (batchSize === undefined) return;
  expectInteger('batchSize', batchSize, {min: 1});
  if (isTensors(data)) return;
  throw new TypeError(
    'Expected `batchSize` only with tensors {xs, ys}, which it cuts; leave it out, as `data` are batches',
  );
}

/** Expects a batch as data give it. */
export function expectBatch(batch: Batch, index: number): void {
  if (isTensors(batch)) return;
  throw new TypeError(`Expected batch ${index} of \`data\` to be an object {xs, ys}, got ${received(batch)}`);
}

/** What to throw where nothing came. */
export function noBatches(): RangeError {
  return new RangeError('Expected `data` to hold at least one batch, got none');
}

/** Whether data are tensors, to be cut into batches. */
export function isTensors(data: unknown): data is Batch {
  return isObject(data) && 'xs' in data;
}

/** Whether data are a dataset, which makes the tensors that it gives. */
export function isDataset(data: unknown): data is Dataset {
  return isObject(data) && 'iterator' in data;
}

function isIterable(data: unknown): boolean {
  return isObject(data) && !(data instanceof Map) && (Symbol.iterator in data || Symbol.asyncIterator in data);
}

function isObject(data: unknown): data is object {
  return typeof data === 'object' && data !== null;
}

function noData(data: unknown): TypeError {
  const hint = data instanceof tf.Tensor ? '; pass inputs as {xs: tensor}' : '';
  return new TypeError(
    `Expected \`data\` to be tensors {xs, ys}, a list of such batches or a dataset of them, got ` +
      `${received(data)}${hint}`,
  );
}
