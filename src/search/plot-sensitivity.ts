import {read} from '../options/read.js';
import type {LayerSensitivity, SensitivityReport} from './sensitivity-scan.js';
import {VIEW, type SensitivityView} from './format-sensitivity.js';
import {linePlot, type PlottedLine} from '../display/line-plot.js';
import {expectSensitivityReport, valueOf} from './sensitivity-values.js';

/**
 * Plots the report as an SVG file: for each layer a line of the loss or a metric over its sparsity.
 *
 * @throws TypeError if `report` is not a report, RangeError if it has no such metric.
 *
 * @example
 * writeFileSync('sensitivity.svg', plotSensitivity(report, {metric: 'acc'}));
 */
export function plotSensitivity(report: SensitivityReport, args: SensitivityView = {}): string {
  const {baseline, layers} = expectSensitivityReport('plotSensitivity', report);
  const {metric} = read('plotSensitivity', args, VIEW);
  const start = valueOf(baseline, metric);
  return linePlot(
    layers.map(layer => lineOf(layer, metric, start)),
    {
      title: `${metric} with one layer pruned alone`,
      axis: 'sparsity of the layer',
      ticks: [0, 0.25, 0.5, 0.75, 1].map(sparsity => [sparsity, `${100 * sparsity} %`]),
    },
  );
}

/** Starts at the baseline, and omits values that are not numbers. */
function lineOf({layer, points}: LayerSensitivity, metric: string, start: number | null): PlottedLine {
  const all = [[0, start] as const, ...points.map(point => [point.sparsity, valueOf(point, metric)] as const)];
  return {
    label: layer,
    points: all.filter((point): point is readonly [number, number] => Number.isFinite(point[1])),
  };
}
