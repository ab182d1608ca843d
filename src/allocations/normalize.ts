import {oneOf} from '../options/option.js';
import type {Values} from '../options/table.js';

/** The option of allocations that compare the scores of layers. */
export const NORMALIZE = {
  /**
   * Divides the scores of each layer by the mean, sum or maximum of their absolute values, over the groups that are not
   * pruned yet. Defaults to 'none'.
   */
  normalize: oneOf(['none', 'mean', 'sum', 'max'], 'none'),
};

/** What the scores of a layer are divided by before layers are compared. */
export type Normalization = Values<typeof NORMALIZE>['normalize'];

/** The scores of a layer, to be compared with those of others. */
export function normalized(scores: Float32Array, by: Normalization): Float32Array {
  const divisor = by === 'none' ? 1 : magnitudeOf(scores, by);
  return divisor === 0 || divisor === 1 ? scores : scores.map(score => score / divisor);
}

/** The magnitude of the groups that are neither pruned nor must be kept. */
function magnitudeOf(scores: Float32Array, by: 'mean' | 'sum' | 'max'): number {
  let [sum, max, count] = [0, 0, 0];
  for (let i = 0; i < scores.length; i++) {
    const size = Math.abs(scores[i]!);
    if (size === Infinity) continue;
    sum += size;
    if (size > max) max = size;
    count++;
  }
  if (by === 'max') return max;
  return by === 'sum' ? sum : sum / Math.max(count, 1);
}
