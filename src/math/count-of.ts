/** Counts how often a value occurs. */
export function countOf(values: Float32Array | Uint8Array, value: number): number {
  let count = 0;
  for (let i = 0; i < values.length; i++) if (values[i] === value) count++;
  return count;
}

/** Counts how often a value occurs in several lists together. */
export function countIn(lists: readonly (Float32Array | Uint8Array)[], value: number): number {
  return lists.reduce((sum, values) => sum + countOf(values, value), 0);
}
