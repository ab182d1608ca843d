/** The kernel of a convolution as shifts of its input channels and a product: `kernel = shifts * weights`. */
export interface ShiftedKernel {
  /** The largest number of window positions that any input channel takes weights from; at least 1. */
  readonly taps: number;
  /** A depthwise kernel `[height, width, inputs, taps]`, one-hot over the window. */
  readonly shifts: Float32Array;
  /** A kernel `[1, 1, inputs * taps, filters]`. */
  readonly weights: Float32Array;
}

/**
 * Splits a kernel into shifts and weights. Input channels with fewer positions than others get empty shifts at the end,
 * with weights 0.
 *
 * @param kernel of the shape `[height, width, inputs, filters]`.
 */
export function shiftedKernel(
  kernel: Float32Array,
  [height, width, inputs, filters]: readonly [number, number, number, number],
): ShiftedKernel {
  const places = Array.from({length: inputs}, (_, input) =>
    placesInUse(kernel, input, height * width, inputs, filters),
  );
  const taps = Math.max(1, ...places.map(({length}) => length));
  const shifts = new Float32Array(height * width * inputs * taps);
  const weights = new Float32Array(inputs * taps * filters);
  places.forEach((own, input) =>
    own.forEach((place, tap) => {
      const from = place * inputs + input;
      shifts[from * taps + tap] = 1;
      weights.set(kernel.subarray(from * filters, (from + 1) * filters), (input * taps + tap) * filters);
    }),
  );
  return {taps, shifts, weights};
}

/** The positions in the window where an input channel has a non-zero weight for any filter. */
function placesInUse(kernel: Float32Array, input: number, size: number, inputs: number, filters: number): number[] {
  return [...Array(size).keys()].filter(place => {
    const from = (place * inputs + input) * filters;
    return kernel.subarray(from, from + filters).some(weight => weight !== 0);
  });
}
