import {observes, type Criterion} from '../criteria/criterion.js';
import {isList, isPlainObject, received} from '../options/expect.js';
import type {Loss} from '../tfjs-internals.js';
import {expectBatches, type Batches} from './each-batch.js';

/** What a criterion of gradients or inputs is shown. */
export interface ObservedData {
  readonly data?: Batches | undefined;
  readonly loss?: Loss | undefined;
}

/**
 * Expects data and a loss of the right kinds, and only with a criterion: the default goes by the weights alone, and
 * would not look at them. One that is named may leave them, so that a call can try all criteria on the same data.
 *
 * @param owner who asks, for messages.
 */
export function expectObservedData(
  owner: string,
  {criterion, data, loss}: ObservedData & {criterion?: Criterion | undefined},
): void {
  for (const [name, value] of Object.entries({data, loss})) {
    if (value === undefined || criterion !== undefined) continue;
    throw new TypeError(
      `${owner} expects no \`${name}\` without a \`criterion\`: magnitude(), the default, goes by the weights alone; ` +
        'leave it out, or choose a criterion of gradients or inputs, such as taylor()',
    );
  }
  if (data !== undefined) expectBatches(data);
  if (loss !== undefined) expectLossForm(loss);
}

/** Expects data if the criterion needs them. */
export function expectDataFor(owner: string, criterion: Criterion, {data}: ObservedData): void {
  if (data !== undefined || !observes(criterion)) return;
  const seen = criterion.sees === 'inputs' ? 'the inputs that layers see' : 'gradients';
  throw new TypeError(`${owner} expects \`data\`, batches {xs, ys}, for a criterion of ${seen}, got undefined`);
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
