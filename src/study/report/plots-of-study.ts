import groupBy from 'lodash/groupBy.js';
import uniq from 'lodash/uniq.js';
import type {RunResult} from '../execute-run.js';
import {entryOf} from '../target.js';
import {curvePlot, type Curve} from './curve-plot.js';
import {difficulty, summaryOf, type StudyRow} from './summary.js';

/** A plot of a study. */
export interface StudyPlot {
  /** A name for a file: data, net and metric. */
  readonly name: string;
  /** The text of an SVG file. */
  readonly svg: string;
}

const AXES = {
  compression: 'parameters of the dense net over those left',
  sparsity: 'zeros, %',
  multiplyAdds: 'multiply-adds left, %',
};

/**
 * Curves over the targets with error bars, one plot for each net, data set and metric; the dense control is a dashed
 * line. They are readable on light and dark pages.
 *
 * @throws RangeError if there are no results.
 */
export function plotsOfStudy(results: readonly RunResult[]): StudyPlot[] {
  if (results.length === 0) throw new RangeError('plotsOfStudy expects at least one result, got none');
  const groups = Object.values(groupBy(summaryOf(results), ({data, net}) => JSON.stringify([data, net])));
  return groups.flatMap(rows => Object.keys(rows[0]!.after).map(metric => plotOf(rows, metric)));
}

function plotOf(rows: readonly StudyRow[], metric: string): StudyPlot {
  const {data, net} = rows[0]!;
  const pruned = rows.filter(({target}) => target);
  const kind = pruned[0] ? entryOf(pruned[0].target!)[0] : 'compression';
  const curves = uniq(pruned.map(({method}) => method)).map((method): Curve => {
    const own = pruned.filter(row => row.method === method);
    return {label: method, points: own.map(row => ({x: placeOf(row), ...row.after[metric]!}))};
  });
  const dense = rows.find(({target}) => !target)?.after[metric];
  const svg = curvePlot(curves, {
    title: `${net} on ${data}`,
    x: AXES[kind],
    y: metric,
    isLogarithmic: kind === 'compression',
    ...(dense && {level: {label: 'dense', y: dense.mean}}),
  });
  return {name: `${data}-${net}-${metric}`.replaceAll(/[^\w.-]+/g, '_'), svg};
}

function placeOf({target}: StudyRow): number {
  const [kind, value] = entryOf(target!);
  return kind === 'compression' ? difficulty(target!) : 100 * value;
}
