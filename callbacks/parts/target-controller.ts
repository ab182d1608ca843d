const TOLERANCE = 0.02;
const MOST = 200;

/**
 * The strength of a loss term that leads to a target, from the distance to it: the slope of the loss `(distance /
 * p)^2` of NNCF with `p = 0.02`, at most 200 in size. It is negative beyond the target, so that what went too far comes
 * back.
 *
 *     strength = 2 * distance / p^2
 *
 * @param distance by how much too much is left, as a fraction of all.
 */
export function strengthFor(distance: number): number {
  return Math.max(-MOST, Math.min(MOST, (2 * distance) / TOLERANCE ** 2));
}
