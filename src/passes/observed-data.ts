import {observes, type Criterion} from '../criteria/criterion.js';
import {isList, isPlainObject, received} from '../options/expect.js';
import type {Loss} from '../tfjs-internals.js';
import {expectData, type Data, type DataArgs} from './data.js';

/** Options of all that shows data to a criterion. */
export interface ObservedData extends Pick<DataArgs, 'batchSize'> {
  /**
   * Examples for a criterion of gradients or inputs, such as `taylor()` or `wanda()`; not read by a criterion of
   * weights, and refused without a criterion. The model computes as in `predict` and does not change.
   */
  readonly data?: Data | undefined;
  /**
   * The loss whose gradients are taken, in any form that `compile` takes; refused without a criterion. Defaults to the
   * one that the model was compiled with.
   */
  readonly loss?: Loss | undefined;
}

/**
 * Expects data and a loss of the right kinds, and only with a criterion, since the default reads neither. A criterion
 * that is given need not read them, so that a call can try all criteria on the same data.
 *
 * @param owner the function that asks, for messages.
 */
export function expectObservedData(
  owner: string,
  {criterion, data, batchSize, loss}: ObservedData & {criterion?: Criterion | undefined},
): void {
  for (const [name, value] of Object.entries({data, batchSize, loss})) {
    if (value === undefined || criterion !== undefined) continue;
    throw new TypeError(
      `${owner} expects no \`${name}\` without a \`criterion\`: magnitude(), the default, reads the weights alone; ` +
        'leave it out, or choose a criterion of gradients or inputs, such as taylor()',
    );
  }
  if (data !== undefined || batchSize !== undefined) expectData({data: data!, batchSize});
  if (loss !== undefined) expectLossForm(loss);
}

/** Expects data if the criterion needs them. */
export function expectDataFor(owner: string, criterion: Criterion, {data}: ObservedData): void {
  if (data !== undefined || !observes(criterion)) return;
  const seen = criterion.sees === 'inputs' ? 'the inputs that layers see' : 'gradients';
  throw new TypeError(`${owner} expects \`data\`, {xs, ys}, for a criterion of ${seen}, got undefined`);
}

/** The forms that `compile` takes; whether there is a loss of that name it alone knows. */
function expectLossForm(loss: Loss): void {
  const parts = isPlainObject(loss) ? Object.values(loss) : isList(loss) ? [...(loss as unknown[])] : [loss];
  const isOne = (part: unknown) => typeof part === 'function' || (typeof part === 'string' && part !== '');
  if (parts.length > 0 && parts.every(isOne)) return;
  throw new TypeError(
    `Expected \`loss\` to be a name or function as compile takes it, or these for each output, got ${received(loss)}`,
  );
}
