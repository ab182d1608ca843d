import {observes, type Criterion} from '../criteria/criterion.js';
import {isList, isPlainObject, received} from '../options/expect.js';
import {integer, needs, option, unchecked} from '../options/option.js';
import type {Args} from '../options/table.js';
import type {Loss} from '../tfjs-internals.js';
import {expectData, type Data} from './data.js';

const BLIND = 'magnitude(), the default, reads only the weights';

/**
 * The options of functions that show data to a criterion. A criterion need not read the data: one call can try all
 * criteria on the same data.
 */
export const OBSERVED_DATA = {
  /**
   * Examples for a criterion of gradients or inputs, such as `taylor()` or `wanda()`; not read by a criterion of
   * weights, and refused without a criterion. The model computes as in `predict` and does not change.
   */
  data: needs('criterion', BLIND, unchecked<Data>()),
  /** Examples a batch, if `data` are tensors `{xs, ys}`. Defaults to 32. */
  batchSize: needs('data', 'it cuts tensors into batches', integer({min: 1}, undefined)),
  /**
   * The loss whose gradients are taken, in any form that `compile` takes; refused without a criterion. Defaults to the
   * one that the model was compiled with.
   */
  loss: needs('criterion', BLIND, option(expectLossForm, undefined)),
};

/** Options of functions that show data to a criterion. */
export type ObservedData = Args<typeof OBSERVED_DATA>;

/** Expects data, if there are any, of one of the forms. */
export function expectObservedData({data, batchSize}: ObservedData): void {
  if (data !== undefined) expectData({data, batchSize});
}

/** Expects data if the criterion needs them. */
export function expectDataFor(owner: string, criterion: Criterion, {data}: ObservedData): void {
  if (data !== undefined || !observes(criterion)) return;
  const seen = criterion.sees === 'inputs' ? 'the inputs that layers see' : 'gradients';
  throw new TypeError(`${owner} expects \`data\`, {xs, ys}, for a criterion of ${seen}, got undefined`);
}

/** Expects a form that `compile` takes. Only `compile` knows whether there is a loss of that name. */
export function expectLossForm(name: string, loss: Loss): Loss {
  const parts = isPlainObject(loss) ? Object.values(loss) : isList(loss) ? [...(loss as unknown[])] : [loss];
  const isOne = (part: unknown) => typeof part === 'function' || (typeof part === 'string' && part !== '');
  if (parts.length > 0 && parts.every(isOne)) return loss;
  throw new TypeError(
    `Expected \`${name}\` to be a name or function that compile takes, or one for each output, ` +
      `got ${received(loss)}`,
  );
}
