import {
  expectBoolean,
  expectInteger,
  type IntegerRange,
  expectList,
  expectNumber,
  expectOneOf,
  expectPositive,
  expectSparsity,
} from './expect.js';

/**
 * An entry of a table of options: how a given value is checked, and the default if none is given.
 *
 * @typeParam F the type of the default: `never` if the option is required, `undefined` if there is no default.
 */
export interface Option<T, F = T | undefined> {
  /** Returns the value, or throws an error that names the option. A method: options of all types share one table. */
  check(name: string, value: T): T;
  readonly fallback: Fallback<F>;
  /** Another option that this one needs to have an effect, and why. */
  readonly needs?: {readonly other: string; readonly why: string};
}

/** Empty for a required option; else the default value, or a function that makes it. */
export type Fallback<F> = readonly [] | readonly [F | (() => F)];

/** An option with its own check: a plug, a selector, a function. */
export function option<T, F extends T | undefined = never>(
  check: (name: string, value: T) => T,
  ...fallback: Fallback<F>
): Option<T, F> {
  return {check, fallback};
}

/** An optional option that the function which reads it checks itself, as the check needs more than the value. */
export function unchecked<T>(): Option<T, undefined> {
  return option((_, value: T) => value, undefined);
}

/** A non-empty list; `each` checks the entries. */
export function listOf<T, F extends readonly T[] | undefined = never>(
  each: (name: string, value: T) => T,
  ...fallback: Fallback<F>
): Option<readonly T[], F> {
  const check = (name: string, list: readonly T[]): readonly T[] =>
    [...expectList(name, list)].map((value, i) => each(`${name}[${i}]`, value));
  return option(check, ...fallback);
}

/** The same option, refused unless `other` is given too. */
export function needs<T, F>(other: string, why: string, one: Option<T, F>): Option<T, F> {
  return {...one, needs: {other, why}};
}

/** A finite number in `[min, max)`; `includeMax` closes the interval. */
export function number<F extends number | undefined = never>(
  range: {min?: number; max?: number; includeMax?: boolean},
  ...fallback: Fallback<F>
): Option<number, F> {
  return option((name, value) => expectNumber(name, value, range), ...fallback);
}

/** A finite number above 0. */
export function positive<F extends number | undefined = never>(...fallback: Fallback<F>): Option<number, F> {
  return option(expectPositive, ...fallback);
}

/** A number in [0, 1]. */
export function fraction<F extends number | undefined = never>(...fallback: Fallback<F>): Option<number, F> {
  return number({min: 0, max: 1, includeMax: true}, ...fallback);
}

/** A fraction of zeros, in [0, 1). */
export function sparsity<F extends number | undefined = never>(...fallback: Fallback<F>): Option<number, F> {
  return option(expectSparsity, ...fallback);
}

/** A whole number in a range; from 0 on by default. */
export function integer<F extends number | undefined = never>(
  range: IntegerRange,
  ...fallback: Fallback<F>
): Option<number, F> {
  return option((name, value) => expectInteger(name, value, range), ...fallback);
}

/** True or false. */
export function boolean<F extends boolean | undefined = never>(...fallback: Fallback<F>): Option<boolean, F> {
  return option(expectBoolean, ...fallback);
}

/** One of the given values. */
export function oneOf<const T extends string | number | boolean, F extends T | undefined = never>(
  allowed: readonly T[],
  ...fallback: Fallback<F>
): Option<T, F> {
  return option((name, value) => expectOneOf(name, value, allowed), ...fallback);
}
