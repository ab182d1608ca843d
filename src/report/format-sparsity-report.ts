import {received} from '../options/expect.js';
import type {SparsityCounts, SparsityReport} from './sparsity-report.js';
import {areRows, count, isRow, percent, table} from '../display/table.js';

const COLUMNS = ['layer', 'class', 'parameters', 'weights', 'zeros', 'sparsity', 'mult-adds', 'non-zero', 'bytes'];
const SIZES = ['gzipped', 'compressed'];
const TEXT_COLUMNS = 2;
const COUNTS = ['parameters', 'weights', 'zeros', 'sparsity', 'multiplyAdds', 'nonZeroMultiplyAdds', 'bytes'];

/**
 * The report as a table for the terminal.
 *
 *     layer  class            parameters  weights    zeros  sparsity  mult-adds   non-zero      bytes
 *     conv1  PrunableConv2D          520      500      450     90.0%    288,000     28,800      2,080
 *     ...
 *
 * With `bits` the report has two columns more: files that are gzipped, and compressed.
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
  const columns = [...COLUMNS, ...(hasSizes(total) ? SIZES : [])];
  return table(columns, rows, {textColumns: TEXT_COLUMNS, totals: ['total', '', ...cells(total)]});
}

function cells(counts: SparsityCounts): string[] {
  const {parameters, weights, zeros, sparsity, multiplyAdds, nonZeroMultiplyAdds, bytes} = counts;
  const share = weights === 0 ? '-' : percent(sparsity);
  const sizes = hasSizes(counts) ? [count(counts.gzipped), count(counts.compressed)] : [];
  const [all, kept] = [count(multiplyAdds), count(nonZeroMultiplyAdds)];
  return [count(parameters), count(weights), count(zeros), share, all, kept, count(bytes), ...sizes];
}

function hasSizes(counts: SparsityCounts): counts is Required<SparsityCounts> {
  return isRow(counts, [], SIZES);
}
