import groupBy from 'lodash/groupBy.js';
import mapValues from 'lodash/mapValues.js';
import omit from 'lodash/omit.js';
import sortBy from 'lodash/sortBy.js';
import uniq from 'lodash/uniq.js';
import type {RunResult} from '../execute-run.js';
import {canonicalJson, type Json} from '../json.js';
import type {Measured} from '../measured.js';
import {labelOf, type PartId} from '../named.js';
import {DENSE, type Run} from '../run.js';
import {entryOf, type Target} from '../target.js';
import {spreadOf, type Spread} from './statistics.js';

/** One method at one target, on one net and data set: means and deviations over the seeds. */
export interface StudyRow {
  readonly data: string;
  readonly net: string;
  /** What else tells its runs from those of other rows, such as another recipe or backend; empty if nothing does. */
  readonly setting: string;
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
  const textOf = settingsOf(results);
  const groups = groupBy(results, ({run}) => canonicalJson(omit(run, ['id', 'seed']) as unknown as Json));
  const labels = labelsOf(results);
  const rows = Object.values(groups).map(own => rowOf(own, textOf(own[0]!.run), labels));
  return sortBy(rows, [
    'data',
    'net',
    'setting',
    row => (row.target ? 1 : 0),
    'method',
    row => (row.target ? difficulty(row.target) : 0),
  ]);
}

/** The labels of parts, with the version where there are several. */
function labelsOf(results: readonly RunResult[]): (part: PartId) => string {
  const all = results.flatMap(({run: {data, net, method}}) => [data, net, ...(method ? [method] : [])]);
  const versions = mapValues(groupBy(all, labelOf), parts => uniq(parts.map(({version}) => version)));
  return part => labelOf(part) + (versions[labelOf(part)]!.length > 1 ? `, version ${part.version}` : '');
}

/** Runs that differ in more than data, net, method, target and seed do not compare: what they differ in, as a text. */
function settingsOf(results: readonly RunResult[]): (run: Run) => string {
  const all = results.map(({run}) => entriesOf(run));
  const keys = uniq(all.flatMap(Object.keys)).filter(key => uniq(all.map(entries => entries[key])).length > 1);
  return run => keys.map(key => `${key} ${entriesOf(run)[key] ?? 'by default'}`).join(', ');
}

function entriesOf({train, denseClassifier, metrics, versions}: Run): Record<string, string> {
  const entries = {...train, denseClassifier, metrics: metrics.map(labelOf).join(' and '), ...versions};
  return mapValues(entries, String);
}

/** Larger for targets that leave less. */
export function difficulty(target: Target): number {
  const [kind, value] = entryOf(target);
  return kind === 'multiplyAdds' ? 1 / value : value;
}

function rowOf(results: readonly RunResult[], setting: string, labels: (part: PartId) => string): StudyRow {
  const {run} = results[0]!;
  const spread = (read: (result: RunResult) => number) => spreadOf(results.map(read))!;
  const metrics = (read: (result: RunResult) => Measured | null) => {
    const measured = results.flatMap(result => [read(result)?.metrics ?? []].flat());
    const names = Object.keys(measured[0] ?? {});
    return Object.fromEntries(names.map(name => [name, spreadOf(measured.map(each => each[name]!))!]));
  };
  return {
    data: labels(run.data),
    net: labels(run.net),
    setting,
    method: run.method ? labels(run.method) : DENSE,
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
