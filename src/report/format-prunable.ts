import {areRows, table} from '../display/table.js';
import type {PrunableStatus} from '../layers/prunable.js';
import {received} from '../options/expect.js';

/**
 * The list of `listPrunable` as a table for the terminal.
 *
 *     layer    class    status    reason
 *     -------  -------  --------  --------------
 *     conv1    Conv2D   prunable
 *     flatten  Flatten  skipped   has no weights
 *
 * @throws TypeError if `list` is not what `listPrunable` returns.
 *
 * @example
 * console.log(formatPrunable(listPrunable(model)));
 */
export function formatPrunable(list: readonly PrunableStatus[]): string {
  if (!areRows(list, ['layer', 'className', 'status', 'reason'], [])) {
    throw new TypeError(`formatPrunable expects what listPrunable(model) returns, got ${received(list)}`);
  }
  const rows = list.map(({layer, className, status, reason}) => [layer, className, status, reason]);
  return table(['layer', 'class', 'status', 'reason'], rows, {textColumns: 4});
}
