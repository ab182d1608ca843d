/**
 * The axis of a kernel that is taken for its outputs where one scale is kept for each: the last, or the one before it
 * if the last has size 1, as in kernels of depthwise convolutions. Undefined for vectors, which have one scale.
 */
export function columnAxis(shape: readonly number[]): number | undefined {
  if (shape.length < 2) return undefined;
  return shape.length > 2 && shape.at(-1) === 1 ? shape.length - 2 : shape.length - 1;
}
