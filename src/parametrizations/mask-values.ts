const CAUSES =
  'masks must not be averaged like weights (federated averaging, SWA, EMA, soft target updates, genetic algorithms) ' +
  'or quantized by a tool; or the file that they came from is damaged. Average or quantize what stripPruning ' +
  'returns, then wrap that with prunable and mask its zeros with maskZeros';

/**
 * Expects the values of a mask that a model holds.
 *
 * @throws RangeError if one is neither 0 nor 1, with likely causes and what to do.
 */
export function expectMaskValues(name: string, values: Float32Array): void {
  for (let i = 0; i < values.length; i++) {
    if (values[i] !== 0 && values[i] !== 1) throw notAMask(name, values[i]!, i, CAUSES);
  }
}

/** The error for a mask that holds anything but 0 and 1. */
export function notAMask(name: string, value: number, index: number, cause: string): RangeError {
  return new RangeError(
    `Expected the mask of "${name}" to hold only 0 and 1, got ${value} at index ${index}; ${cause}`,
  );
}
