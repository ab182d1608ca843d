import {areRows, count, isRow, percent, table} from '../display/table.js';
import {isList, received} from '../options/expect.js';
import type {GateReport, WeightGates} from './gate-report.js';

const COLUMNS = ['weight', 'gate', 'closed to open', 'groups', 'open', 'share'];
const TEXT_COLUMNS = 3;
const BARS = '▁▂▃▄▅▆▇█';

/**
 * The report as a table for the terminal. The bars are the histogram, from closed on the left to open on the right.
 *
 *     weight         gate          closed to open  groups  open  share
 *     conv1/kernel   HardConcrete  █▁  ▁   ▁▁▃         20     9  45.0%
 *     ...
 *
 * @throws TypeError if `report` is not what `gateReport` resolves to.
 *
 * @example
 * console.log(formatGates(await gateReport(model)));
 */
export function formatGates(report: GateReport): string {
  const {weights, total} = expectGateReport('formatGates', report);
  const rows = weights.map(row => [row.weight, row.gate, bars(row.histogram), ...cells(row)]);
  return table(COLUMNS, rows, {textColumns: TEXT_COLUMNS, totals: ['total', '', '', ...cells(total)]});
}

/**
 * Expects what `gateReport` resolves to.
 *
 * @throws TypeError that names the function.
 */
export function expectGateReport(owner: string, report: GateReport): GateReport {
  const {weights, total} = Object(report) as GateReport;
  const counts = ['groups', 'open', 'openShare'];
  const isReport =
    areRows(weights, ['weight', 'gate'], counts) &&
    isRow(total, [], counts) &&
    weights.every(({histogram}) => isList(histogram));
  if (isReport) return report;
  throw new TypeError(`${owner} expects what gateReport(model) resolves to, got ${received(report)}`);
}

/** A bar for each bin, as high as its share of the largest; a space for an empty one. */
function bars(histogram: readonly number[]): string {
  const most = Math.max(...histogram);
  return histogram.map(n => (n === 0 ? ' ' : BARS[Math.floor((n / most) * (BARS.length - 1))])).join('');
}

function cells({groups, open, openShare}: Pick<WeightGates, 'groups' | 'open' | 'openShare'>): string[] {
  return [count(groups), count(open), percent(openShare)];
}
