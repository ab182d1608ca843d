import {histograms} from '../display/histograms.js';
import {count, percent} from '../display/table.js';
import {expectGateReport} from './format-gates.js';
import type {GateReport} from './gate-report.js';

/**
 * Plots the report as an SVG file: for each weight a histogram of how open its groups are.
 *
 * @throws TypeError if `report` is not what `gateReport` resolves to.
 *
 * @example
 * writeFileSync('gates.svg', plotGates(await gateReport(model)));
 */
export function plotGates(report: GateReport): string {
  const {weights, total} = expectGateReport('plotGates', report);
  return histograms(
    weights.map(({weight, open, groups, histogram}) => ({
      label: weight,
      note: `${count(open)} of ${count(groups)} open`,
      counts: histogram,
    })),
    {title: `Gates: ${percent(total.openShare)} of all groups are open`, axis: 'closed to open'},
  );
}
