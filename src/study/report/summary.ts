import groupBy from 'lodash/groupBy.js';
import sortBy from 'lodash/sortBy.js';
import type {RunResult} from '../execute-run.js';
import type {Measured} from '../measured.js';
import {labelOf} from '../named.js';
import {DENSE} from '../run.js';
import {entryOf, type Target} from '../target.js';
import {settingsOf, type Settings} from './settings.js';
import {spreadOf, type Spread} from './statistics.js';

/** One method at one target, on one net and data set: means and deviations over the seeds. */
export interface StudyRow {
  readonly data: string;
  readonly net: string;
  /** What tells it apart from rows of another recipe, version or backend; empty if there are none. */
  readonly setting: string;
  /** The parameters of the dense net. */
  readonly parameters: number;
  /** The method, or `dense`. */
  readonly method: string;
  /** Null for the dense control. */
  readonly target: Target | null;
  readonly seeds: readonly number[];
  /** Each metric right after pruning; empty if the method prunes while it trains. */
  readonly before: Readonly<Record<string, Spread>>;
  /** Each metric at the end. */
  readonly after: Readonly<Record<string, Spread>>;
  /** The parameters of the dense net over those that are left and not zero. */
  readonly compression: Spread;
  /** The multiply-adds of the dense net over those that are left with a weight that is not zero. */
  readonly speedup: Spread;
  /** The median time of `predict` of one example, in milliseconds. */
  readonly latency: Spread;
  /** The gzipped bytes of the saved model. */
  readonly gzipped: Spread;
  /** Seconds of pruning, and of training and fine-tuning together. */
  readonly pruneSeconds: Spread;
  readonly trainSeconds: Spread;
}

/** The rows of a report, in the order of data, net, setting, method (the control first) and target. */
export function summaryOf(results: readonly RunResult[]): StudyRow[] {
  const settings = settingsOf(results.map(({run}) => run));
  const groups = groupBy(results, ({run}) => {
    return JSON.stringify([run.data, run.net, run.method, run.target, settings.of(run)]);
  });
  const rows = Object.values(groups).map(group => rowOf(group, settings));
  return sortBy(rows, [
    'data',
    'net',
    'setting',
    row => (row.target ? 1 : 0),
    'method',
    row => (row.target ? entryOf(row.target)[0] : ''),
    row => (row.target ? difficulty(row.target) : 0),
  ]);
}

/** The same for rows that can be compared: they are in one table and one plot. */
export function comparedWith({data, net, setting}: StudyRow): string {
  return JSON.stringify([data, net, setting]);
}

/** What a table or a plot shows: `lenet on digits`, and the setting if there are several. */
export function titleOf({data, net, setting}: StudyRow): string {
  return setting === '' ? `${net} on ${data}` : `${net} on ${data}, ${setting}`;
}

/** Larger for targets that leave less. */
export function difficulty(target: Target): number {
  const [kind, value] = entryOf(target);
  return kind === 'multiplyAdds' ? 1 / value : value;
}

function rowOf(results: readonly RunResult[], settings: Settings): StudyRow {
  const {run, dense: whole} = results[0]!;
  const spread = (read: (result: RunResult) => number) => spreadOf(results.map(read))!;
  const metrics = (read: (result: RunResult) => Measured | null) => {
    const measured = results.flatMap(result => [read(result)?.metrics ?? []].flat());
    const names = Object.keys(measured[0] ?? {});
    return Object.fromEntries(names.map(name => [name, spreadOf(measured.map(each => each[name]!))!]));
  };
  return {
    data: labelOf(run.data),
    net: labelOf(run.net),
    setting: settings.of(run),
    parameters: whole.parameters,
    method: run.method ? settings.methodOf(run.method) : DENSE,
    target: run.target,
    seeds: results.map(({run: {seed}}) => seed).sort((a, b) => a - b),
    before: metrics(({before}) => before),
    after: metrics(({after}) => after),
    compression: spread(({dense, after}) => dense.parameters / after.nonZeroParameters),
    speedup: spread(({dense, after}) => dense.multiplyAdds / after.nonZeroMultiplyAdds),
    latency: spread(({after}) => after.latency),
    gzipped: spread(({after}) => after.gzipped),
    pruneSeconds: spread(({seconds}) => seconds.prune),
    trainSeconds: spread(({seconds}) => seconds.train + seconds.tune),
  };
}
