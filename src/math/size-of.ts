/** The number of values in a tensor of a shape; NaN if a size is not known. */
export function sizeOf(shape: readonly (number | null)[]): number {
  return shape.reduce<number>((product, size) => product * (size ?? NaN), 1);
}
