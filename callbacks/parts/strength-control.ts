/** How the control of a strength stands; JSON. */
export interface ControlState {
  /** What the penalty is multiplied by. */
  readonly strength: number;
  /** The sum of the distances, with their gain: the part of the strength's logarithm that lasts. */
  readonly sum: number;
  /** The most that the sum was lately. */
  readonly ceiling: number;
}

/** The penalty's own strength. */
export const AT_FIRST: ControlState = {strength: 1, sum: 0, ceiling: 0};

/** What the control may do now. */
export interface Bounds {
  /** The largest strength. */
  readonly limit: number;
  /** Whether weights are moved to zero or held there, and if they are only held by a growing strength. */
  readonly phase: 'move' | 'hold' | 'grow';
}

/** How often in a fit the strength changes. */
export const CHANGES = 200;

/** In logarithms of the strength: at once, in a whole fit, and how far the ceiling comes down in one. */
const [AT_ONCE, IN_A_FIT, DOWN] = [30, 1000, 4];

/** How large a distance counts: below the target, above it, and below it while weights are held. */
const [BELOW, ABOVE, HELD] = [0.03, 0.05, 0.01];

/** How far the sum may fall below what it was lately: twenty times weaker is as good as none. */
const FALL = 3;

/** How many times faster the sum grows if weights are only held by a growing strength. */
const FASTER = 4;

/** The most that the sum may be: a million times the penalty's own strength. */
const MOST = Math.log(1e6);

/**
 * The next strength, from the distance to a target:
 *
 *     log strength = 30 e + sum of 5 e,   e = distance, cut off at 0.03 and -0.05
 *
 * A sum alone would swing: weights go on to shrink while it falls. Much more at once would make weights tremble, since
 * Adam takes long steps when a gradient grows faster than its mean square. It is in logarithms since penalties differ
 * by orders of magnitude, and since a strength is never negative.
 *
 * While weights are held, the sum may not exceed what it was lately: to hold them takes no more than what moved them,
 * and weights that tremble above the threshold tremble more if the strength grows. A pull that fades with the weight
 * makes none tremble, and must grow: there the sum is of 20 e.
 *
 * @param distance by how much too little is small, as a fraction of the weights.
 */
export function nextStrength(before: ControlState, distance: number, {limit, phase}: Bounds): ControlState {
  const error = Math.max(-ABOVE, Math.min(phase === 'hold' ? HELD : BELOW, distance));
  const gain = ((phase === 'grow' ? FASTER : 1) * IN_A_FIT) / CHANGES;
  const most = Math.min(MOST, Math.log(limit), phase === 'hold' ? before.ceiling : Infinity);
  const sum = Math.max(before.ceiling - FALL, Math.min(most, before.sum + gain * error));
  return {
    strength: Math.min(limit, Math.exp(AT_ONCE * error + sum)),
    sum,
    ceiling: phase === 'hold' ? before.ceiling : Math.max(sum, before.ceiling - DOWN / CHANGES),
  };
}
