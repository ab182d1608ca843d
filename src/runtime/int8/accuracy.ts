/** How far the outputs of bytes are from those of floats, on the data of the calibration. */
export interface Int8Accuracy {
  /** Of how many examples. */
  readonly examples: number;
  /** Of each output. */
  readonly outputs: readonly OutputAccuracy[];
}

/** Of one output. */
export interface OutputAccuracy {
  /** The largest difference, as a share of the largest number that floats give. */
  readonly largest: number;
  /** The mean difference, as a share of the same number. */
  readonly mean: number;
  /** The share of examples whose largest number is in the same place; NaN if there is only one number. */
  readonly agreement: number;
}

/** Compares the numbers of an output, example by example. */
export function compared(floats: Float32Array, bytes: Float32Array, examples: number): OutputAccuracy {
  const size = floats.length / examples;
  const scale = floats.reduce((most, value) => Math.max(most, Math.abs(value)), 0) || 1;
  const differences = floats.map((value, i) => Math.abs(value - bytes[i]!) / scale);
  let same = 0;
  for (let first = 0; first < floats.length; first += size) {
    same += Number(placeOfLargest(floats, first, size) === placeOfLargest(bytes, first, size));
  }
  return {
    largest: differences.reduce((most, value) => Math.max(most, value), 0),
    mean: differences.reduce((sum, value) => sum + value, 0) / differences.length,
    agreement: size > 1 ? same / examples : NaN,
  };
}

function placeOfLargest(numbers: Float32Array, first: number, size: number): number {
  let place = 0;
  for (let i = 1; i < size; i++) if (numbers[first + i]! > numbers[first + place]!) place = i;
  return place;
}
