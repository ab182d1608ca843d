/** What the bytes of a value stand for: `scale * (byte - zero)`, for bytes from 0 to 127. */
export interface Levels {
  readonly scale: number;
  /** The byte of zero, which is met exactly. */
  readonly zero: number;
}

/** The smallest and the largest number of a value. */
export interface Range {
  readonly low: number;
  readonly high: number;
}

export const MOST = 127;

/** The finest levels that reach over a range, and over zero. */
export function levelsOf({low, high}: Range): Levels {
  const [from, to] = [Math.min(0, low), Math.max(0, high)];
  const scale = Math.fround((to - from) / MOST);
  return scale > 0 ? {scale, zero: Math.round((0 - from) / scale)} : {scale: 1, zero: 0};
}

/** The byte that is nearest to a bound, which may be infinite. */
export function byteOf(bound: number, {scale, zero}: Levels): number {
  return Math.min(Math.max(Math.round(bound / scale) + zero, 0), MOST);
}
