/** Where the numbers of a value are in the memory. Steps and addresses are in bytes. */
export interface Layout {
  /** Of the first number. */
  readonly address: number;
  readonly channelStep: number;
  readonly imageStep: number;
  readonly lineStep: number;
  readonly columnStep: number;
  /** Runs of positions that are computed as one: one for each image, or one of all. */
  readonly runs: number;
  /** How many positions such a run has, those between the lines included. */
  readonly runLength: number;
  /** Whether the channels lie side by side, in a vector of one position. */
  readonly isDense: boolean;
  /** How many bytes before the first number must be zero; undefined if what is around the planes is never read. */
  readonly zerosBefore: number | undefined;
}

/** A layout whose address is not yet known: from the beginning of a region of `bytes`. */
export interface Draft extends Layout {
  readonly bytes: number;
}

/** Whether the numbers of a value of these sizes are in the same places. */
export function areSameLayouts(
  a: Layout,
  b: Layout,
  {height, width, channels}: {height: number; width: number; channels: number},
  batch: number,
): boolean {
  const differs = (count: number, field: 'channelStep' | 'imageStep' | 'lineStep' | 'columnStep') =>
    count > 1 && a[field] !== b[field];
  const isAround = a.zerosBefore !== undefined || b.zerosBefore !== undefined;
  return !(
    isAround ||
    differs(channels, 'channelStep') ||
    differs(batch, 'imageStep') ||
    differs(height, 'lineStep') ||
    differs(width, 'columnStep')
  );
}
