/** The mean; NaN of no values. */
export function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

/** The sample standard deviation, with n - 1; NaN of fewer than two values. */
export function deviation(values: readonly number[]): number {
  if (values.length < 2) return NaN;
  const middle = mean(values);
  return Math.sqrt(values.reduce((sum, value) => sum + (value - middle) ** 2, 0) / (values.length - 1));
}

/** Values over seeds. */
export interface Spread {
  readonly mean: number;
  /** The sample standard deviation; null of a single value. */
  readonly deviation: number | null;
}

/** The mean and the deviation of values; undefined of none. */
export function spreadOf(values: readonly number[]): Spread | undefined {
  if (values.length === 0) return undefined;
  return {mean: mean(values), deviation: values.length > 1 ? deviation(values) : null};
}
