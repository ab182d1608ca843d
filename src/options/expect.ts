/** Checks of arguments: each returns the value it was given, or throws an error that says what was expected. */

import {callIt, isMaker} from './makers.js';

/** A value as it is shown at the end of an error message: `1.2 (number)`, `"0.5" (string)`. */
export function received(value: unknown): string {
  if (value === null || value === undefined) return String(value);
  if (typeof value === 'string') return `${JSON.stringify(value)} (string)`;
  if (typeof value === 'function') return functionName(value);
  if (typeof value === 'object') return constructorName(value);
  return `${(value as number | boolean | symbol).toString()} (${typeof value})`;
}

function functionName(value: object): string {
  const {name} = value as {name: unknown}; // a class may have a member of that name
  const kind = isClass(value) ? 'class' : 'function';
  return typeof name === 'string' && name !== '' ? `the ${kind} ${name}` : `an unnamed ${kind}`;
}

/** Whether a value is an array; unlike `Array.isArray` it does not turn a typed list into one of `any`. */
export function isList(value: unknown): boolean {
  return Array.isArray(value);
}

function constructorName(value: object): string {
  const name = (value as {constructor?: {name?: unknown}}).constructor?.name;
  if (typeof name !== 'string' || name === '') return 'an unnamed object';
  return `${/^([AEIO]|U(?!int))/.test(name) ? 'an' : 'a'} ${name}`;
}

/** Expects a finite number in `[min, max)`; `includeMax` closes the interval. */
export function expectNumber(
  name: string,
  value: number,
  {min = -Infinity, max = Infinity, includeMax = false}: {min?: number; max?: number; includeMax?: boolean} = {},
): number {
  if (Number.isFinite(value) && value >= min && (value < max || (includeMax && value === max))) return value;
  const interval = max === Infinity ? `>= ${min}` : `in [${min}, ${max}${includeMax ? ']' : ')'}`;
  throw wrongNumber(name, min === -Infinity && max === Infinity ? 'a finite number' : `a number ${interval}`, value);
}

/** Expects a finite number greater than 0. */
export function expectPositive(name: string, value: number): number {
  if (Number.isFinite(value) && value > 0) return value;
  throw wrongNumber(name, 'a number > 0', value);
}

/** Expects a sparsity: the fraction of zeros, in [0, 1). */
export function expectSparsity(name: string, value: number): number {
  return expectNumber(name, value, {min: 0, max: 1});
}

/** The whole numbers that an option takes. */
export interface IntegerRange {
  /** Defaults to 0. */
  readonly min?: number;
  readonly max?: number;
  /** Whether Infinity is accepted, too. */
  readonly orInfinity?: boolean;
}

/** Expects a whole number in a range. */
export function expectInteger(
  name: string,
  value: number,
  {min = 0, max, orInfinity = false}: IntegerRange = {},
): number {
  const isInside = Number.isSafeInteger(value) && value >= min && value <= (max ?? Infinity);
  if (isInside || (orInfinity && value === Infinity)) return value;
  const range = max === undefined ? `>= ${min}` : `from ${min} to ${max}`;
  throw wrongNumber(name, `a whole number ${range}${orInfinity ? ' or Infinity' : ''}`, value);
}

/** The error for a value that is not a number, or not one of the expected numbers. */
export function wrongNumber(name: string, expected: string, value: unknown): Error {
  const start = `Expected \`${name}\` to be ${expected}, got`;
  if (typeof value === 'number') return new RangeError(`${start} ${value}`);
  return new TypeError(`${start} ${received(value)}`);
}

/** Expects true or false. */
export function expectBoolean(name: string, value: boolean): boolean {
  if (typeof value === 'boolean') return value;
  throw new TypeError(`Expected \`${name}\` to be true or false, got ${received(value)}`);
}

/** Expects one of the given values. */
export function expectOneOf<T extends string | number | boolean>(name: string, value: T, allowed: readonly T[]): T {
  if (allowed.includes(value)) return value;
  const oneOf = allowed.length > 1 ? 'one of ' : '';
  throw new RangeError(`Expected \`${name}\` to be ${oneOf}${allowed.join(', ')}, got ${received(value)}`);
}

/** Expects an object that has the given methods (a schedule, a criterion, a structure). */
export function expectMethods<T extends object>(name: string, value: T, methods: readonly (keyof T & string)[]): T {
  const isObject = typeof value === 'object' && (value as object | null) !== null;
  const missing = isObject ? methods.filter(method => !isCallable(value[method])) : methods;
  if (missing.length === 0) return value;
  const hint = isCallable(value) ? callIt(value) : '';
  const names = methods.map(method => `${method}()`).join(' and ');
  throw new TypeError(`Expected \`${name}\` to be an object with ${names}, got ${received(value)}${hint}`);
}

/** Whether a value is a plain object, `{...}`, rather than an instance of a class. One of another realm counts. */
export function isPlainObject(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false;
  const prototype = Object.getPrototypeOf(value) as object | null;
  return prototype === null || (Object.getPrototypeOf(prototype) === null && Object.hasOwn(prototype, 'isPrototypeOf'));
}

/** Expects no arguments: an option given to a function without options would have no effect. */
export function expectNoArguments(owner: string, args: readonly unknown[]): void {
  const given = args.find(arg => arg !== undefined);
  if (given !== undefined) throw new TypeError(`${owner} takes no arguments, got ${received(given)}`);
}

/** Expects an array that is not empty. */
export function expectList<T extends readonly unknown[]>(name: string, value: T): T {
  if (isList(value) && value.length > 0) return value;
  throw new TypeError(
    `Expected \`${name}\` to be a non-empty array, got ${isList(value) ? 'an empty one' : received(value)}`,
  );
}

/** Expects a function; one that only makes it is refused, as `filters` for `filters()`. */
export function expectFunction<T>(name: string, value: T, what: string): T {
  if (isCallable(value) && !isMaker(value)) return value;
  const hint = isMaker(value) ? callIt(value) : '';
  throw new TypeError(`Expected \`${name}\` to be a function ${what}, got ${received(value)}${hint}`);
}

/** Whether a value is a function that can be called, which a class can't. */
export function isCallable(value: unknown): boolean {
  return typeof value === 'function' && !isClass(value);
}

/** Whether a value is a class. */
export function isClass(value: unknown): boolean {
  return typeof value === 'function' && /^class\b/.test(Function.prototype.toString.call(value));
}
