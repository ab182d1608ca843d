import {isList, received} from '../options/expect.js';
import type {Evaluation} from './evaluate.js';
import type {LayerSensitivity, SensitivityReport} from './sensitivity-scan.js';

/** Expects a report of `sensitivityScan`, possibly read from JSON. */
export function expectSensitivityReport(owner: string, report: SensitivityReport): SensitivityReport {
  const {baseline, layers} = Object(report) as Partial<SensitivityReport>;
  if (typeof baseline?.loss !== 'number' || !Array.isArray(layers)) {
    throw new TypeError(`${owner} expects what sensitivityScan(model, {data}) returns, got ${received(report)}`);
  }
  const wrong = [...layers].findIndex(layer => !isLayerSensitivity(layer));
  if (wrong < 0) return report;
  throw new TypeError(
    `${owner} expects layers as sensitivityScan(model, {data}) returns them, {layer, weights, points: [{sparsity, ` +
      `loss, metrics}]} with each sparsity in [0, 1), but \`layers[${wrong}]\` is different`,
  );
}

function isLayerSensitivity(value: unknown): boolean {
  const {layer, weights, points} = Object(value) as Partial<LayerSensitivity>;
  const isPoint = (point: unknown) => {
    const {sparsity, metrics} = Object(point) as {sparsity?: unknown; metrics?: unknown};
    return typeof sparsity === 'number' && sparsity >= 0 && sparsity < 1 && Object(metrics) === metrics;
  };
  return (
    typeof layer === 'string' &&
    isList(weights) &&
    [...weights!].every(name => typeof name === 'string') &&
    isList(points) &&
    [...points!].every(isPoint)
  );
}

/** The loss, or the metric of that name; null if it was no number when the report was saved as JSON. */
export function valueOf({loss, metrics}: Evaluation, metric: string): number | null {
  if (metric === 'loss') return loss;
  if (typeof metric === 'string' && Object.hasOwn(metrics, metric)) return metrics[metric]!;
  const names = ['loss', ...Object.keys(metrics)].map(name => `'${name}'`).join(', ');
  const came = typeof metric === 'string' ? `'${metric}'` : received(metric);
  throw new RangeError(`Expected \`metric\` to be one of ${names}, got ${came}`);
}
