import {isList, received} from '../options/expect.js';

/**
 * Expects a value that JSON can hold: it silently drops everything else, or turns it into null or {}.
 *
 * @throws TypeError that says where something else is.
 */
export function expectJson<T>(where: string, value: T): T {
  const other = otherThanJson(where, value);
  if (other === undefined) return value;
  throw new TypeError(`Expected numbers, strings, booleans, null, lists and plain objects of them, got ${other}`);
}

function otherThanJson(where: string, value: unknown): string | undefined {
  if (value === null || ['string', 'boolean'].includes(typeof value) || Number.isFinite(value)) return undefined;
  if (typeof value !== 'object' || !(isList(value) || isPlain(value))) return `${received(value)} in ${where}`;
  for (const [key, inner] of Object.entries(value)) {
    if (inner === undefined && !isList(value)) continue; // omitted, and undefined again when read
    const other = otherThanJson(`${where}, \`${key}\``, inner);
    if (other !== undefined) return other;
  }
  return undefined;
}

function isPlain(value: object): boolean {
  const prototype = Object.getPrototypeOf(value) as object | null;
  return prototype === null || Object.getPrototypeOf(prototype) === null;
}
