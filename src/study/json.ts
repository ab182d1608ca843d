import {isList, isPlainObject, received} from '../options/expect.js';

/** What JSON holds. */
export type Json = null | boolean | number | string | readonly Json[] | JsonObject;

/** An object that JSON holds. */
export interface JsonObject {
  readonly [name: string]: Json;
}

/**
 * Expects a plain object that JSON holds as it is: no functions, no `undefined`, no NaN.
 *
 * @throws TypeError that names the entry otherwise.
 */
export function expectJsonObject<T extends JsonObject>(name: string, value: T): T {
  if (!isPlainObject(value)) throw new TypeError(`Expected \`${name}\` to be a plain object, got ${received(value)}`);
  expectJson(name, value);
  return value;
}

/** The same text for equal values, whatever the order of their keys. */
export function canonicalJson(value: Json): string {
  if (isList(value)) return `[${(value as readonly Json[]).map(canonicalJson).join()}]`;
  if (!isPlainObject(value)) return JSON.stringify(value);
  const entries = Object.entries(value as JsonObject).sort(([a], [b]) => (a < b ? -1 : 1));
  return `{${entries.map(([key, each]) => `${JSON.stringify(key)}:${canonicalJson(each)}`).join()}}`;
}

function expectJson(name: string, value: unknown): void {
  if (isList(value)) [...(value as readonly unknown[])].forEach((each, i) => expectJson(`${name}[${i}]`, each));
  else if (isPlainObject(value)) {
    Object.entries(value as object).forEach(([key, each]) => expectJson(`${name}.${key}`, each));
  } else if (value !== null && !['boolean', 'string'].includes(typeof value) && !Number.isFinite(value)) {
    throw new TypeError(
      `Expected \`${name}\` to be what JSON holds, since the id of a run is made from it, got ${received(value)}`,
    );
  }
}
