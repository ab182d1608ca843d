import groupBy from 'lodash/groupBy.js';
import uniq from 'lodash/uniq.js';
import type {RunResult} from '../execute-run.js';
import {entryOf} from '../target.js';
import {curvePlot, type Curve} from './curve-plot.js';
import {comparedWith, difficulty, summaryOf, titleOf, type StudyRow} from './summary.js';

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

const KINDS = ['compression', 'sparsity', 'multiplyAdds'] as const;

/**
 * Curves over the targets with error bars, one plot for each net, data set and metric; the dense control is a dashed
 * line. They are readable on light and dark pages. Results of several recipes, versions, backends or kinds of target
 * have plots of their own.
 *
 * @throws RangeError if there are no results.
 */
export function plotsOfStudy(results: readonly RunResult[]): StudyPlot[] {
  if (results.length === 0) throw new RangeError('plotsOfStudy expects at least one result, got none');
  const groups = Object.values(groupBy(summaryOf(results), comparedWith));
  const plots = groups.flatMap(rows => {
    const kinds = KINDS.filter(kind => rows.some(({target}) => target && entryOf(target)[0] === kind));
    const metrics = Object.keys(rows[0]!.after);
    if (kinds.length < 2) return metrics.map(metric => plotOf(rows, metric, kinds[0] ?? 'compression'));
    return kinds.flatMap(kind => metrics.map(metric => plotOf(rows, metric, kind, kind)));
  });
  return plots.map(({name, svg}, i) => {
    const earlier = plots.slice(0, i).filter(plot => plot.name === name).length;
    return {name: earlier === 0 ? name : `${name}-${earlier + 1}`, svg};
  });
}

function plotOf(rows: readonly StudyRow[], metric: string, kind: keyof typeof AXES, suffix = ''): StudyPlot {
  const {data, net, setting} = rows[0]!;
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
  const name = [data, net, setting, suffix, metric].filter(part => part !== '').join('-');
  return {name: name.replaceAll(/[^\w.-]+/g, '_'), svg};
}

function placeOf({target}: StudyRow): number {
  const [kind, value] = entryOf(target!);
  return kind === 'compression' ? difficulty(target!) : 100 * value;
}
