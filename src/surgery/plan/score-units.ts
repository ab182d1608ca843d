import type {Criterion} from '../../criteria/criterion.js';
import {expectScores, scoresOf, unseen} from '../../masks/choose-masks.js';
import {valuesOf} from '../../masks/zero-count.js';
import {observes} from '../../passes/observer.js';
import {poolUnits} from './pool-units.js';
import type {UnitKernel} from './unit-kernels.js';

/**
 * What each unit is worth: the mean over the axes along which it lies, of what the criterion makes of the weights at its
 * positions. What is masked scores 0.
 *
 * @param kernels with what was observed of them, and those of their axes that count.
 * @returns one score for each unit of the model; NaN where no axis counts.
 * @throws TypeError or RangeError where the criterion does not score, or a score is NaN.
 */
export async function scoreUnits(
  kernels: readonly UnitKernel[],
  criterion: Criterion,
  unitCount: number,
): Promise<Float64Array> {
  const [sums, counts] = [new Float64Array(unitCount), new Uint32Array(unitCount)];
  for (const kernel of kernels) {
    const values = await elementScores(kernel, criterion);
    for (const axis of kernel.axes) {
      for (const [unit, score] of poolUnits(values, kernel.weight.layout.shape, axis, criterion.reduction ?? 'mean')) {
        sums[unit]! += score;
        counts[unit]!++;
      }
    }
  }
  return sums.map((sum, unit) => sum / counts[unit]!);
}

async function elementScores({weight, name, unit, observed}: UnitKernel, criterion: Criterion): Promise<Float32Array> {
  if (observes(criterion) && !observed) throw unseen(name);
  const layout = {...weight.layout, name};
  const about = {layout, batchNormScale: unit?.scale?.read()};
  const scores = await scoresOf(layout, () => criterion.score(weight.read(), observed, about));
  expectScores(name, scores);
  const mask = await valuesOf(weight.mask.read());
  return scores.map((score, i) => (mask[i] === 0 ? 0 : score));
}
