import {distinctNames} from '../display/distinct-names.js';
import {areRows, table} from '../display/table.js';
import {isList, received} from '../options/expect.js';
import type {Latency} from './measure-latency.js';

const TIMES = ['median', 'fastest', 'slowest'] as const;

/**
 * Latencies as a table for the terminal, in milliseconds; `speed-up` compares medians with that of the first model.
 * Models of the same name, such as a model and what `shrink` makes of it, are numbered: `net (1)`, `net (2)`.
 *
 *     model  backend  batch  median  fastest  slowest  speed-up
 *     -----  -------  -----  ------  -------  -------  --------
 *     dense  wasm         1   12.41    12.02    14.90     1.00x
 *     small  wasm         1    4.10     3.97     5.31     3.03x
 *
 * @throws TypeError if `latencies` are not what `measureLatency` resolves to.
 *
 * @example
 * console.log(formatLatency(await measureLatency([dense, small])));
 */
export function formatLatency(latencies: Latency | readonly Latency[]): string {
  const list = (isList(latencies) ? latencies : [latencies]) as readonly Latency[];
  if (list.length === 0 || !areRows(list, ['model', 'backend'], [...TIMES, 'batchSize'])) {
    throw new TypeError(`formatLatency expects what measureLatency(models) resolves to, got ${received(latencies)}`);
  }
  const names = distinctNames(list.map(({model}) => model));
  const rows = list.map((one, i) => [
    names[i]!,
    one.backend,
    String(one.batchSize),
    ...TIMES.map(name => one[name].toFixed(2)),
    `${(list[0]!.median / one.median).toFixed(2)}x`,
  ]);
  return table(['model', 'backend', 'batch', ...TIMES, 'speed-up'], rows, {textColumns: 2});
}
