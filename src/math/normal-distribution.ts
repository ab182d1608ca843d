/** A double is told apart from its neighbor after as many halvings as it has bits. */
const HALVINGS = 60;

/**
 * The probability that a standard normal number is at most `x`, with a relative error below 1.2e-7 (Press et al.,
 * Numerical Recipes, 6.2).
 */
export function normalProbability(x: number): number {
  const half = 0.5 * erfc(Math.abs(x) / Math.SQRT2);
  return x > 0 ? 1 - half : half;
}

function erfc(x: number): number {
  const t = 1 / (1 + 0.5 * x);
  const exponent = ERFC.reduceRight((sum, coefficient) => coefficient + t * sum, 0);
  return t * Math.exp(-x * x + exponent);
}

const ERFC = [
  -1.26551223, 1.00002368, 0.37409196, 0.09678418, -0.18628806, 0.27886807, -1.13520398, 1.48851587, -0.82215223,
  0.17087277,
];

/** A normal distribution, cut off at both ends. */
export interface TruncatedNormal {
  readonly mean: number;
  readonly deviation: number;
  readonly lower: number;
  readonly upper: number;
}

/**
 * The number below which a fraction of a truncated normal distribution lies: of a uniform random fraction, a random
 * number of the distribution. If the distribution has no weight between its ends, the end next to its mean.
 */
export function truncatedNormal(fraction: number, {mean, deviation, lower, upper}: TruncatedNormal): number {
  const probabilityAt = (x: number) => normalProbability((x - mean) / deviation);
  const [below, upTo] = [probabilityAt(lower), probabilityAt(upper)];
  if (!(upTo > below)) return Math.min(Math.max(mean, lower), upper);
  const wanted = below + fraction * (upTo - below);
  let [low, high] = [lower, upper];
  for (let halvings = 0; halvings < HALVINGS; halvings++) {
    const middle = (low + high) / 2;
    if (probabilityAt(middle) < wanted) low = middle;
    else high = middle;
  }
  return (low + high) / 2;
}
