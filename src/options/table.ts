import type {Option} from './option.js';

/**
 * What an object of options may hold. It is the one place that names the options: `Args` is the type that users pass,
 * `Values` the type that is read, and both keep the comment above each entry for editors to show.
 *
 * (A table that is spread into another one loses its comments in the declarations of a build, where its type is not
 * named: write `Args<typeof RAMP & typeof OPTIONS>`.)
 *
 * @example
 * const OPTIONS = {
 *   beginStep: integer({}, 0),
 *   frequency: integer({min: 1}, 100),
 * };
 * export type GridArgs = Args<typeof OPTIONS>;
 */
export type Table = Readonly<Record<string, Option<unknown, unknown>>>;

/**
 * The object that a user passes; options with a default may be left out. Give it a type alias of its own, which the
 * compiler then uses in errors.
 */
export type Args<T extends Table> = {[K in keyof Marked<T>]: Value<T[K]>};

/** The options as they are read: checked, with defaults filled in. */
export type Values<T extends Table> = {readonly [K in keyof T]: Value<T[K]>};

/** A table with the entries of two; the second takes precedence. */
export type Extended<T extends Table, U extends Table> = Omit<T, keyof U> & U;

/** An object of options that must hold exactly one of some. */
export type ExactlyOne<A, K extends keyof A> = Omit<A, K> &
  {[P in K]: Present<Pick<A, P>> & Absent<Pick<A, Exclude<K, P>>>}[K];

type Present<A> = {[P in keyof A]-?: NonNullable<A[P]>};

type Absent<A> = {[P in keyof A]?: undefined};

/** The table with a question mark at each option that may be left out. */
type Marked<T extends Table> = Pick<T, RequiredNames<T>> & Partial<Omit<T, RequiredNames<T>>>;

type RequiredNames<T extends Table> = {[K in keyof T]: T[K] extends Option<unknown, never> ? K : never}[keyof T];

/** `undefined` is the value of an option that is left out and has no default. */
type Value<O> = O extends Option<infer T, infer F> ? T | (undefined extends F ? undefined : never) : never;
