import {option} from '../options/option.js';
import {read} from '../options/read.js';
import type {Args} from '../options/table.js';
import type {Evaluation} from './evaluate.js';
import type {SensitivityReport} from './sensitivity-scan.js';
import {expectSensitivityReport, valueOf} from './sensitivity-values.js';
import {table} from '../display/table.js';

/** Options of the views of a sensitivity report; {@link valueOf} checks that it has the metric. */
export const VIEW = {
  /** 'loss', or the name of a metric such as 'acc'. Defaults to 'loss'. */
  metric: option((_, metric: string) => metric, 'loss'),
};

/** Options of {@link formatSensitivity} and {@link plotSensitivity}. */
export type SensitivityView = Args<typeof VIEW>;

/**
 * The report as a table for the terminal: a row for each layer, a column for each sparsity.
 *
 *     loss   baseline   25.0%   50.0%   90.0%
 *     -----  --------  ------  ------  ------
 *     conv1    0.0412  0.0413  0.0538  1.2031
 *     ...
 *
 * @throws TypeError if `report` is not a report, RangeError if it has no such metric.
 *
 * @example
 * console.log(formatSensitivity(await sensitivityScan(model, {data: {xs, ys}}), {metric: 'acc'}));
 */
export function formatSensitivity(report: SensitivityReport, args: SensitivityView = {}): string {
  const {baseline, layers} = expectSensitivityReport('formatSensitivity', report);
  const {metric} = read('formatSensitivity', args, VIEW);
  const shown = (evaluation: Evaluation | undefined) => (evaluation ? figure(valueOf(evaluation, metric)) : '');
  const sparsities = [...new Set(layers.flatMap(({points}) => points.map(({sparsity}) => sparsity)))].sort(
    (a, b) => a - b,
  );
  const rows = layers.map(({layer, points}) => [
    layer,
    shown(baseline),
    ...sparsities.map(wanted => shown(points.find(({sparsity}) => sparsity === wanted))),
  ]);
  const header = [metric, 'baseline', ...sparsities.map(sparsity => `${(100 * sparsity).toFixed(1)}%`)];
  return table(header, rows, {textColumns: 1});
}

/** Formats a value; NaN becomes null in JSON. */
function figure(value: number | null): string {
  return Number.isFinite(value) ? value!.toFixed(4) : '?';
}
