/** An axis counted from the start; negative ones count from the end. */
export function fromStart(axis: number, rank: number): number {
  return axis < 0 ? axis + rank : axis;
}
