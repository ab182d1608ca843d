import * as tf from '@tensorflow/tfjs-core';

/** How far an output of two models is apart. */
export interface OutputDifference {
  readonly output: string;
  /** The largest and the mean absolute difference; NaN if an output is NaN. */
  readonly largest: number;
  readonly mean: number;
  /** The mean absolute value of the first model's output, to compare with. */
  readonly size: number;
  /** For which share of the examples both have their highest value at the same place; null if there is only one. */
  readonly agreement: number | null;
}

/** Compares the outputs of two models. */
export async function differenceOf(output: string, one: tf.Tensor, other: tf.Tensor): Promise<OutputDifference> {
  const [a, b] = [await one.data(), await other.data()];
  let [largest, sum, size] = [0, 0, 0];
  for (const [i, value] of a.entries()) {
    const apart = Math.abs(value - b[i]!);
    largest = apart > largest || Number.isNaN(apart) ? apart : largest;
    sum += apart;
    size += Math.abs(value);
  }
  const mean = sum / a.length;
  const columns = one.shape.at(-1)!;
  const agreement = one.rank > 1 && columns > 1 ? agreementOf(a, b, columns) : null;
  return {output, largest: Number.isNaN(mean) ? NaN : largest, mean, size: size / a.length, agreement};
}

function agreementOf(a: ArrayLike<number>, b: ArrayLike<number>, columns: number): number {
  const rows = a.length / columns;
  let same = 0;
  for (let row = 0; row < rows; row++) if (highest(a, row, columns) === highest(b, row, columns)) same++;
  return same / rows;
}

function highest(values: ArrayLike<number>, row: number, columns: number): number {
  let best = 0;
  for (let i = 1; i < columns; i++) if (values[row * columns + i]! > values[row * columns + best]!) best = i;
  return best;
}
