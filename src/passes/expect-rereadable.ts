import {received} from '../options/expect.js';
import type {Data} from './data.js';

/**
 * Expects data that can be read several times: no generator or other iterator, which is over after one pass.
 *
 * @throws TypeError if they are one.
 */
export function expectRereadable(owner: string, data: Data): void {
  const {[Symbol.iterator]: sync, [Symbol.asyncIterator]: async} = data as Partial<Iterable<unknown>> &
    Partial<AsyncIterable<unknown>>;
  const passes: unknown[] = [sync?.call(data), async?.call(data)];
  if (!passes.includes(data)) return; // an iterator is its own iterable
  throw new TypeError(
    `${owner} expects \`data\` that can be read several times, got ${received(data)}, which is over after one pass; ` +
      'pass a list, a dataset, or an object whose [Symbol.iterator] starts anew',
  );
}
