import {areRows, table} from '../../display/table.js';
import {received} from '../../options/expect.js';
import type {ShiftableStatus} from './list-shiftable.js';

/**
 * The list of `listShiftable` as a table for the terminal.
 *
 * @throws TypeError if `list` is not what `listShiftable` resolves to.
 *
 * @example
 * console.log(formatShiftable(await listShiftable(model)));
 */
export function formatShiftable(list: readonly ShiftableStatus[]): string {
  if (!areRows(list, ['layer', 'status', 'reason'], ['taps'])) {
    throw new TypeError(`formatShiftable expects what listShiftable(model) resolves to, got ${received(list)}`);
  }
  const rows = list.map(({layer, status, reason, taps}) => [layer, status, reason, String(taps)]);
  return table(['layer', 'status', 'reason', 'taps'], rows, {textColumns: 3});
}
