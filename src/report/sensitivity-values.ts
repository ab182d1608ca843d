import {received} from '../math/expect.js';
import type {Evaluation, SensitivityReport} from '../sensitivity-scan.js';

/** Expects what `sensitivityScan` returns, perhaps after a round trip through JSON. */
export function expectSensitivityReport(owner: string, report: SensitivityReport): SensitivityReport {
  const {baseline, layers} = Object(report) as Partial<SensitivityReport>;
  if (typeof baseline?.loss === 'number' && Array.isArray(layers)) return report;
  throw new TypeError(`${owner} expects what sensitivityScan(model, data) returns, got ${received(report)}`);
}

/** The loss, or the metric of that name; null where it was no number when the report was saved as JSON. */
export function valueOf({loss, metrics}: Evaluation, metric: string): number | null {
  if (metric === 'loss') return loss;
  if (Object.hasOwn(metrics, metric)) return metrics[metric]!;
  const names = ['loss', ...Object.keys(metrics)].map(name => `'${name}'`).join(', ');
  throw new RangeError(`Expected \`metric\` to be one of ${names}, got '${metric}'`);
}
