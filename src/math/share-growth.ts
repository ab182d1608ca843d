import {shareOut, type Bounds} from './share-out.js';

/**
 * Shares new weights among layers in proportion to their claims. What a full layer can't take goes to the others in the
 * same proportion; without any claims, all layers are treated alike.
 *
 * @param total a whole number between the sums of the bounds.
 * @param claims numbers >= 0, one per layer.
 *
 * @example
 * shareGrowth(10, [3, 1, 1], [{least: 0, most: 4}, {least: 0, most: 9}, {least: 0, most: 9}]); // [4, 3, 3]
 */
export function shareGrowth(total: number, claims: readonly number[], bounds: readonly Bounds[]): number[] {
  const finite = claims.map(claim => Math.min(claim, Number.MAX_VALUE));
  const largest = Math.max(...finite);
  // layers without a claim still take what no other layer can
  const parts = finite.map(claim => (largest === 0 ? 1 : Math.max(claim / largest, Number.EPSILON)));
  const top = Math.max(...bounds.map(({most}, i) => most / parts[i]!));
  return shareOut(total, bounds, level => parts.map(part => level * part), [0, top]);
}
