import {roundHalfEven} from './round-half-even.js';

/** The least and the most that one may get: whole numbers. */
export interface Bounds {
  readonly least: number;
  readonly most: number;
}

/**
 * Shares out a whole number exactly: everyone gets what is due at one common level, rounded half to even and clipped to
 * the bounds. A larger total means a higher level, and no share gets smaller. (The method of Webster and
 * Sainte-Lague, with bounds.)
 *
 * If several compete for the last pieces, the later ones get them first; if several jump at a level, they advance along
 * their jumps together.
 *
 * @param total a whole number between the sums of the bounds.
 * @param dueAt what each is due at a level, in the order of `bounds`; must not fall as the level rises.
 * @param levels from the level at which all are due nothing to the level at which all are due the most.
 *
 * @example
 * shareOut(10, [{least: 0, most: 2}, {least: 0, most: 30}], level => [10 * level, 30 * level], [0, 1]); // [2, 8]
 */
export function shareOut(
  total: number,
  bounds: readonly Bounds[],
  dueAt: (level: number) => readonly number[],
  levels: readonly [number, number],
): number[] {
  const within = (dues: readonly number[]) =>
    bounds.map(({least, most}, i) => Math.min(Math.max(roundHalfEven(dues[i]!), least), most));
  const [from, to] = narrow(total, levels, level => within(dueAt(level))).map(dueAt) as [number[], number[]];
  const onTheWay = (part: number) => from.map((due, i) => due + part * (to[i]! - due));
  const [below, above] = narrow(total, [0, 1], part => within(onTheWay(part)));
  const shares = within(onTheWay(below));
  const all = within(onTheWay(above));
  let missing = total - sum(shares);
  for (let i = shares.length - 1; i >= 0 && missing !== 0; i--) {
    const more = Math.min(missing, all[i]! - shares[i]!);
    shares[i]! += more;
    missing -= more;
  }
  return shares;
}

/** Bisects an interval until no number lies between its ends, one of which is short of the total. */
function narrow(
  total: number,
  interval: readonly [number, number],
  sharesAt: (x: number) => number[],
): [number, number] {
  let [low, high] = interval;
  if (sum(sharesAt(low)) >= total) return [low, low];
  for (;;) {
    const middle = low + (high - low) / 2;
    if (middle <= low || middle >= high) return [low, high];
    if (sum(sharesAt(middle)) < total) low = middle;
    else high = middle;
  }
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
