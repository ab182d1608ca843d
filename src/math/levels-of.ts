/** The levels of a grid to each side of zero, for weights of so many bits: 7 for 4, since zero is one, too. */
export function levelsOf(bits: number): number {
  return 2 ** (bits - 1) - 1;
}
