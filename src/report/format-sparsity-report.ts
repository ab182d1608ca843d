import {received} from '../options/expect.js';
import type {SparsityCounts, SparsityReport} from './sparsity-report.js';
import {areRows, count, isRow, percent, table} from '../display/table.js';

const COLUMNS = ['layer', 'class', 'parameters', 'weights', 'zeros', 'sparsity', 'mult-adds', 'non-zero', 'bytes'];
const TEXT_COLUMNS = 2;
const COUNTS = ['parameters', 'weights', 'zeros', 'sparsity', 'multiplyAdds', 'nonZeroMultiplyAdds', 'bytes'];

/**
 * The report as a table for the terminal.
 *
 *     layer  class            parameters  weights    zeros  sparsity  mult-adds   non-zero      bytes
 *     conv1  PrunableConv2D          520      500      450     90.0%    288,000     28,800      2,080
 *     ...
 *
 * @throws TypeError if `report` is not what `sparsityReport` resolves to.
 *
 * @example
 * console.log(formatSparsityReport(await sparsityReport(model)));
 */
export function formatSparsityReport(report: SparsityReport): string {
  const {layers, total} = Object(report) as SparsityReport;
  const isReport = areRows(layers, ['layer', 'className'], COUNTS) && isRow(total, [], COUNTS);
  if (!isReport) {
    throw new TypeError(`formatSparsityReport expects what sparsityReport(model) resolves to, got ${received(report)}`);
  }
  const rows = layers.map(row => [row.layer, row.className, ...cells(row)]);
  return table(COLUMNS, rows, {textColumns: TEXT_COLUMNS, totals: ['total', '', ...cells(total)]});
}

function cells({
  parameters,
  weights,
  zeros,
  sparsity,
  multiplyAdds,
  nonZeroMultiplyAdds,
  bytes,
}: SparsityCounts): string[] {
  const share = weights === 0 ? '-' : percent(sparsity);
  return [
    count(parameters),
    count(weights),
    count(zeros),
    share,
    count(multiplyAdds),
    count(nonZeroMultiplyAdds),
    count(bytes),
  ];
}
