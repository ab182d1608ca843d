/** About how many steps an axis has. */
const STEPS = 5;

/**
 * Round numbers for the axis of a plot: multiples of 1, 2 or 5 times a power of ten, from at most `low` to at least
 * `high`.
 */
export function roundTicks(low: number, high: number): number[] {
  const rough = (high > low ? high - low : Math.abs(high) || 1) / STEPS;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = power * ([1, 2, 5].find(digit => digit * power >= rough) ?? 10);
  // a little beyond, so that rounding adds no step
  const first = Math.floor(low / step + 1e-9);
  const last = Math.max(first + 1, Math.ceil(high / step - 1e-9));
  return Array.from({length: last - first + 1}, (_, i) => Number(((first + i) * step).toPrecision(12)));
}
