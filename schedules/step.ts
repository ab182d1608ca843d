import {wrongNumber} from '../src/options/expect.js';
import {option, type Fallback, type Option} from '../src/options/option.js';

/** A step: a count of batches or epochs, or a fraction of the fit. */
export function step<F extends number | undefined = never>(
  {orInfinity = false}: {orInfinity?: boolean},
  ...fallback: Fallback<F>
): Option<number, F> {
  return option((name, value) => (orInfinity && value === Infinity ? value : expectStep(name, value)), ...fallback);
}

/** The steps from one update to the next, more than 0. */
export function interval<F extends number | undefined = never>(...fallback: Fallback<F>): Option<number, F> {
  return option(expectInterval, ...fallback);
}

/** Expects a whole number of batches or epochs, or a fraction of the fit. */
export function expectStep(name: string, value: number): number {
  if (isStep(value)) return value;
  throw wrongNumber(name, 'a whole number >= 0, or a fraction of the fit in [0, 1]', value);
}

function expectInterval(name: string, value: number): number {
  if (isStep(value) && value > 0) return value;
  throw wrongNumber(name, 'a whole number >= 1, or a fraction of the fit in (0, 1)', value);
}

/** Whether a value is a whole number >= 0, or a fraction in [0, 1]. */
export function isStep(value: unknown): boolean {
  return typeof value === 'number' && value >= 0 && (Number.isSafeInteger(value) || value <= 1);
}
