/** How the control of a strength stands; JSON. */
export interface ControlState {
  /** What the penalty is multiplied by. */
  readonly strength: number;
  /** The sum of the distances, with their gain: the part of the strength's logarithm that lasts. */
  readonly sum: number;
  /** The most that the sum may be once the ramp has ended. */
  readonly ceiling: number;
}

/** The penalty's own strength. */
export const AT_FIRST: ControlState = {strength: 1, sum: 0, ceiling: 0};

/** How often in a fit the strength changes. */
export const CHANGES = 200;

/** In logarithms of the strength: at once, in a whole fit, and how far it may fall once the ramp has ended. */
const [AT_ONCE, IN_A_FIT, FALL] = [60, 1000, 7];

/** How large a distance counts: below the target, above it, and below it after the ramp. */
const [BELOW, ABOVE, HELD] = [0.03, 0.05, 0.01];

/** The most that the sum may be: a million times the penalty's own strength. */
const MOST = Math.log(1e6);

/**
 * The next strength, from the distance to a target:
 *
 *     log strength = 60 e + sum of 5 e,   e = distance, cut off at 0.03 and -0.05; 0 within half a hundredth
 *
 * A sum alone would swing: weights go on to shrink while it falls. It is in logarithms since penalties differ by orders
 * of magnitude, and since a strength is never negative.
 *
 * After the ramp it may not exceed what moved the weights there: to hold them takes less, and if they still tremble
 * above the threshold, a larger strength makes them tremble more.
 *
 * @param distance by how much too little is small, as a fraction of the weights.
 * @param isHeld whether the ramp has ended.
 */
export function nextStrength({sum: before, ceiling}: ControlState, distance: number, isHeld: boolean): ControlState {
  const error = cutOff(distance, isHeld ? HELD : BELOW);
  const grown = before + (IN_A_FIT / CHANGES) * error;
  const sum = isHeld ? Math.max(ceiling - FALL, Math.min(ceiling, grown)) : Math.min(MOST, grown);
  return {strength: Math.exp(AT_ONCE * error + sum), sum, ceiling: isHeld ? ceiling : sum};
}

/** Ignores what is nearer than half a hundredth: a group more or less may be as much. */
function cutOff(distance: number, most: number): number {
  if (Math.abs(distance) <= 0.005) return 0;
  return Math.max(-ABOVE, Math.min(most, distance - 0.005 * Math.sign(distance)));
}
