/** Within this distance the strength falls to zero. */
const BAND = 0.02;
/** Beyond this distance the limit of the strength grows. */
const MISSED = 0.005;
const LIMITS = [1, 200] as const;
/** In this fraction of the training the limit grows from the least to the most; it falls three times as fast. */
const GROWN_IN = 0.7;

/** What the controller remembers from step to step. */
export interface ControllerMemory {
  /** The largest size of the strength now. */
  limit: number;
}

/**
 * The strength of a loss term that leads to a target, from the distance to it. Beyond the target it is negative, so
 * that what went too far comes back. Its limit grows as long as the target is out of reach and falls otherwise, so that
 * the term is only as strong as it must be: a Lagrange multiplier that is learned with the weights. Platt & Barr 1987,
 * Constrained differential optimization.
 *
 *     strength = limit * clip(distance / 0.02, -1, 1)
 *     limit    = limit * g if distance > 0.005, else limit / g^3, from 1 to 200;  g = 200^(1 / (0.7 * steps))
 *
 * @param distance by how much too much is left, as a fraction of all.
 * @param steps how many steps gates are trained for.
 */
export function nextStrength(memory: ControllerMemory, distance: number, steps: number): number {
  const growth = LIMITS[1] ** (1 / (GROWN_IN * steps));
  const limit = memory.limit * (distance > MISSED ? growth : growth ** -3);
  memory.limit = Math.max(LIMITS[0], Math.min(LIMITS[1], limit));
  return memory.limit * Math.max(-1, Math.min(1, distance / BAND));
}
