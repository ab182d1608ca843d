/** An array of numbers from a file. */
export interface NumberArray {
  readonly shape: readonly number[];
  readonly values: Float32Array;
}

/** Arrays by their names, or one without a name. */
export type FileArrays = NumberArray | ReadonlyMap<string, NumberArray>;

/** An array has at most so many dimensions, and so many values. */
export const [MOST_DIMENSIONS, MOST_VALUES] = [8, 2 ** 30];

/** Whether there is one array, without a name. */
export function isOneArray(arrays: FileArrays): arrays is NumberArray {
  return 'shape' in arrays;
}
