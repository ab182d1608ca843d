import groupBy from 'lodash/groupBy.js';
import uniq from 'lodash/uniq.js';
import type {RunResult} from '../execute-run.js';
import {entryOf} from '../target.js';
import {curvePlot, type Curve} from './curve-plot.js';
import {titleOf} from './format-study.js';
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
 * Curves over the targets with error bars, one plot for each net, data set, metric and kind of target; the dense
 * control is a dashed line. They are readable on light and dark pages.
 *
 * @throws RangeError if there are no results.
 */
export function plotsOfStudy(results: readonly RunResult[]): StudyPlot[] {
  if (results.length === 0) throw new RangeError('plotsOfStudy expects at least one result, got none');
  const groups = Object.values(groupBy(summaryOf(results), titleOf));
  const plots = groups.flatMap(rows => {
    const found = uniq(rows.flatMap(({target}) => (target ? entryOf(target)[0] : []))).sort();
    const kinds = found.length === 0 ? (['compression'] as const) : found;
    return Object.keys(rows[0]!.after).flatMap(metric => kinds.map(kind => plotOf(rows, metric, kind, kinds.length)));
  });
  return plots.map(({name, svg}, i) => {
    const earlier = plots.slice(0, i).filter(plot => plot.name === name).length;
    return {name: earlier === 0 ? name : `${name}-${earlier + 1}`, svg};
  });
}

function plotOf(rows: readonly StudyRow[], metric: string, kind: keyof typeof AXES, kinds: number): StudyPlot {
  const pruned = rows.filter(({target}) => target && entryOf(target)[0] === kind);
  const curves = uniq(pruned.map(({method}) => method)).map((method): Curve => {
    const own = pruned.filter(row => row.method === method);
    return {label: method, points: own.map(row => ({x: placeOf(row), ...row.after[metric]!}))};
  });
  const dense = rows.find(({target}) => !target)?.after[metric];
  const svg = curvePlot(curves, {
    title: titleOf(rows[0]!),
    x: AXES[kind],
    y: metric,
    isLogarithmic: kind === 'compression',
    ...(dense && {level: {label: 'dense', y: dense.mean}}),
  });
  const {data, net, setting} = rows[0]!;
  const name = [data, net, ...(setting ? [setting] : []), metric, ...(kinds > 1 ? [kind] : [])].join('-');
  return {name: name.replaceAll(/[^\w.-]+/g, '_'), svg};
}

function placeOf({target}: StudyRow): number {
  const [kind, value] = entryOf(target!);
  return kind === 'compression' ? difficulty(target!) : 100 * value;
}
