import {risingCurve, sparsityAt, type Curve} from './curve.js';
import {expectSensitivityReport} from './sensitivity-values.js';
import type {LayerSensitivity, SensitivityReport} from './sensitivity-scan.js';
import type {Allocation} from '../allocations/allocation.js';
import type {LayerScores} from '../structures/structure.js';
import {boundsOf, LIMITS, pruneByShares, zerosAsked, type LayerLimits} from '../allocations/limits.js';
import {noteMakers} from '../options/makers.js';
import {read} from '../options/read.js';

/** Options of {@link sensitivity}. */
export type SensitivityArgs = LayerLimits;

/**
 * Prunes insensitive layers more: each layer to the sparsity that, when it is pruned alone, costs the same loss.
 *
 *     s_layer = the largest s with  loss(layer at s) - loss(model) <= tau
 *
 * `tau` is chosen so that exactly `round(n * sparsity)` of all groups are zero. Between the scanned sparsities the loss
 * is interpolated, and treated as never falling. No layer gets a sparsity beyond the largest one that was scanned;
 * where this or a limit protects groups, other layers lose more. Li et al. 2017, https://arxiv.org/abs/1608.08710
 *
 * @param report the result of `sensitivityScan`, possibly read from JSON.
 * @throws TypeError or RangeError if `report` is not a report, it holds a loss that is not a finite number or two
 *     weights of one name, or an option is wrong; RangeError, at an update, if a pruned weight is not in the report, or
 *     the scanned sparsities leave too little to prune.
 *
 * @example
 * const report = await sensitivityScan(model, {data: {xs, ys}, sparsities: [0.5, 0.75, 0.9, 0.95]});
 * await pruneOnce(model, {sparsity: 0.8, allocation: sensitivity(report)});
 */
export function sensitivity(report: SensitivityReport, args: SensitivityArgs = {}): Allocation {
  const limits = read('sensitivity', args, LIMITS);
  const curves = curvesOf(report);
  return (layers, sparsity) => {
    const own = layers.map(layer => curveOf(layer, curves));
    const bounds = layers.map((layer, i) => {
      const scanned = own[i]!.at(-1)![0];
      return boundsOf(layer, {...limits, maxSparsity: Math.min(limits.maxSparsity, scanned)});
    });
    const zeros = zerosAsked(layers, bounds, sparsity);
    const worst = Math.max(0, ...own.map(curve => curve.at(-1)![1]));
    // Below 0 nothing is pruned; at 0, whatever costs nothing.
    return pruneByShares(layers, bounds, zeros, (i, level) => sparsityAt(own[i]!, level), [-1, worst]);
  };
}

noteMakers(sensitivity);

function curvesOf(report: SensitivityReport): Map<string, Curve> {
  const {baseline, layers} = expectSensitivityReport('sensitivity', report);
  if (!Number.isFinite(baseline.loss)) {
    throw new RangeError(`Expected the loss of the baseline to be a finite number, got ${baseline.loss}`);
  }
  const curves = new Map<string, Curve>();
  for (const layer of layers) {
    for (const name of layer.weights) {
      if (curves.has(name)) {
        throw new RangeError(
          `Expected weights of different names, but two of the sensitivity report are "${name}"; rename a layer`,
        );
      }
      curves.set(name, curve(layer, baseline.loss));
    }
  }
  return curves;
}

function curve({layer, points}: LayerSensitivity, baseline: number): Curve {
  const rising = [...points].sort((a, b) => a.sparsity - b.sparsity);
  for (const {sparsity, loss} of rising) {
    if (!Number.isFinite(loss)) {
      throw new RangeError(
        `Expected losses to be finite numbers, but that of "${layer}" at sparsity ${sparsity} is ${loss}; ` +
          'omit that point, or scan lower sparsities',
      );
    }
  }
  return risingCurve(rising.map(({sparsity, loss}) => [sparsity, loss - baseline]));
}

function curveOf({name}: LayerScores, curves: ReadonlyMap<string, Curve>): Curve {
  const curve = curves.get(name);
  if (curve) return curve;
  const names = [...curves.keys()].map(key => `"${key}"`).join(', ');
  throw new RangeError(
    `Expected the sensitivity report to hold "${name}", but it holds ${names || 'nothing'}; ` +
      'scan the layers that are pruned',
  );
}
