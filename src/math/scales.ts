const STEPS = 8;

/** The scale of an exponent, 2^(exponent / 8) as a 32-bit float. Eight to an octave, so that they take little space. */
export function scaleOf(exponent: number): number {
  return Math.fround(2 ** (exponent / STEPS));
}

/** The exponent of the least scale that is not below a value. */
export function exponentAbove(value: number): number {
  return Math.ceil(STEPS * Math.log2(value) - 1e-9);
}

/** The exponent of the scale that is nearest to a value. */
export function nearestExponent(value: number): number {
  return Math.round(STEPS * Math.log2(value));
}
