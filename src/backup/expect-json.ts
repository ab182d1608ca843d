import {isList, received} from '../options/expect.js';

/**
 * Expects what JSON can hold: it would leave out, or turn into null or {}, all else without a word.
 *
 * @throws TypeError that says where in it something else is.
 */
export function expectJson<T>(where: string, value: T): T {
  const other = otherThanJson(where, value);
  if (other === undefined) return value;
  throw new TypeError(`Expected numbers, texts, truth values, null, lists and plain objects of them, got ${other}`);
}

function otherThanJson(where: string, value: unknown): string | undefined {
  if (value === null || ['string', 'boolean'].includes(typeof value) || Number.isFinite(value)) return undefined;
  if (typeof value !== 'object' || !(isList(value) || isPlain(value))) return `${received(value)} in ${where}`;
  for (const [key, inner] of Object.entries(value)) {
    if (inner === undefined && !isList(value)) continue; // left out, and read as undefined again
    const other = otherThanJson(`${where}, \`${key}\``, inner);
    if (other !== undefined) return other;
  }
  return undefined;
}

function isPlain(value: object): boolean {
  const prototype = Object.getPrototypeOf(value) as object | null;
  return prototype === null || Object.getPrototypeOf(prototype) === null;
}
