import groupBy from 'lodash/groupBy.js';
import uniq from 'lodash/uniq.js';
import {count, table} from '../../display/table.js';
import {oneOf} from '../../options/option.js';
import {read} from '../../options/read.js';
import type {Args} from '../../options/table.js';
import type {RunResult} from '../execute-run.js';
import {labelOf} from '../named.js';
import {DENSE} from '../run.js';
import {entryOf, targetText} from '../target.js';
import {checklistOf, markOf} from './checklist.js';
import type {Spread} from './statistics.js';
import {comparedWith, summaryOf, titleOf, type StudyRow} from './summary.js';

const OPTIONS = {
  /**
   * 'text', tables for the terminal; 'markdown'; 'csv', one line for each run; 'json', the rows of the tables and the
   * checklist. Defaults to 'text'.
   */
  format: oneOf(['text', 'markdown', 'csv', 'json'], 'text'),
};

/** Options of {@link formatStudy}. */
export type FormatStudyArgs = Args<typeof OPTIONS>;

/**
 * Reports the results of a study: for each net and method the mean and the sample deviation over the seeds, before and
 * after fine-tuning, with the dense control, and the checklist of a fair report.
 *
 * @throws TypeError or RangeError if an option is unknown or wrong, or there are no results.
 *
 * @example
 * const {results} = await runStudy(mine);
 * console.log(formatStudy(results));
 */
export function formatStudy(results: readonly RunResult[], args: FormatStudyArgs = {}): string {
  const {format} = read('formatStudy', args, OPTIONS);
  if (results.length === 0) throw new RangeError('formatStudy expects at least one result, got none');
  if (format === 'csv') return csvOf(results);
  const rows = summaryOf(results);
  const checklist = checklistOf(results);
  if (format === 'json') return JSON.stringify({rows, checklist}, null, 2);
  const tables = tablesOf(rows).map(({title, header, cells}) => {
    if (format === 'text') return `${title}\n${table(header, cells, {textColumns: 2})}`;
    return `### ${title}\n\n${markdownTable(header, cells)}`;
  });
  const points = checklist.map(one => `- ${markOf(one)} ${one.point}: ${one.found}`);
  return [
    ...tables,
    `${format === 'text' ? '' : '### '}A fair report\n${format === 'text' ? '' : '\n'}${points.join('\n')}`,
  ].join('\n\n');
}

/** A table of a report. */
export interface StudyTable {
  readonly title: string;
  readonly header: readonly string[];
  readonly cells: readonly (readonly string[])[];
}

/** One table for each net and data set, and for each recipe, version and backend if there are several. */
export function tablesOf(rows: readonly StudyRow[]): StudyTable[] {
  return Object.values(groupBy(rows, comparedWith)).map(own => {
    const metrics = Object.keys(own[0]!.after);
    const pruned = metrics.map(name => `${name} pruned`);
    const header = [
      'method',
      'target',
      'smaller',
      'speed-up',
      ...pruned,
      ...metrics,
      'gzipped',
      'latency ms',
      'pruning s',
      'training s',
      'seeds',
    ];
    return {
      title: `${titleOf(own[0]!)}, ${count(own[0]!.parameters)} parameters`,
      header,
      cells: own.map(row => cellsOf(row, metrics)),
    };
  });
}

function cellsOf(row: StudyRow, metrics: readonly string[]): string[] {
  return [
    row.method,
    row.target ? targetText(row.target) : '',
    `${text(row.compression, 1)} x`,
    `${text(row.speedup, 1)} x`,
    ...metrics.map(name => text(row.before[name], 2)),
    ...metrics.map(name => text(row.after[name], 2)),
    `${(row.gzipped.mean / 1000).toFixed(1)} kB`,
    row.latency.mean.toFixed(2),
    row.pruneSeconds.mean.toFixed(1),
    row.trainSeconds.mean.toFixed(0),
    String(row.seeds.length),
  ];
}

/** `91.20 ± 0.31`; the deviation only of metrics, whose spread matters. */
function text(spread: Spread | undefined, digits: number): string {
  if (!spread) return '';
  const isShown = spread.deviation !== null && digits > 1;
  return spread.mean.toFixed(digits) + (isShown ? ` ± ${spread.deviation.toFixed(digits)}` : '');
}

function markdownTable(header: readonly string[], rows: readonly (readonly string[])[]): string {
  const rule = header.map((_, i) => (i < 2 ? '---' : '---:'));
  const inCells = (texts: readonly string[]) => texts.map(cell => cell.replaceAll('|', '\\|'));
  return [header, rule, ...rows].map(cells => `| ${inCells(cells).join(' | ')} |`).join('\n');
}

function csvOf(results: readonly RunResult[]): string {
  const metrics = uniq(results.flatMap(({run}) => run.metrics.map(labelOf)));
  const header = [
    ...['id', 'data', 'net', 'method', 'target', 'value', 'seed', 'compression', 'speedup'],
    ...metrics.map(name => `before_${name}`),
    ...metrics.map(name => `after_${name}`),
    ...['parameters', 'nonzero_parameters', 'multiply_adds', 'nonzero_multiply_adds', 'bytes', 'gzipped', 'latency_ms'],
    ...['train_s', 'prune_s', 'tune_s', 'backend', 'version', 'machine'],
  ];
  const lines = results.map(({run, dense, before, after, seconds, machine}) => [
    run.id,
    labelOf(run.data),
    labelOf(run.net),
    run.method ? labelOf(run.method) : DENSE,
    ...(run.target ? entryOf(run.target) : ['', '']),
    run.seed,
    dense.parameters / after.nonZeroParameters,
    dense.multiplyAdds / after.nonZeroMultiplyAdds,
    ...metrics.map(name => before?.metrics[name] ?? ''),
    ...metrics.map(name => after.metrics[name] ?? ''),
    ...[after.parameters, after.nonZeroParameters, after.multiplyAdds, after.nonZeroMultiplyAdds],
    ...[after.bytes, after.gzipped, after.latency],
    ...[seconds.train, seconds.prune, seconds.tune, run.versions.backend, run.versions['tfjs-pruning'], machine],
  ]);
  return [header, ...lines].map(line => line.map(quoted).join(',')).join('\n');
}

function quoted(cell: string | number): string {
  const content = String(cell);
  return /[",\n]/.test(content) ? `"${content.replaceAll('"', '""')}"` : content;
}
