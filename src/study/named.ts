import {isList, received} from '../options/expect.js';
import {integer, option, type Option} from '../options/option.js';
import {expectJsonObject, type JsonObject} from './json.js';

/** What the id of a run is made from: a part's name, version and options stand for its code. */
export interface PartId {
  /** Its name. */
  readonly name: string;
  /** Its version. */
  readonly version: number;
  /** Its options. */
  readonly options: JsonObject;
}

/** The options that every part of a study has. */
export const NAMED: {
  name: Option<string, never>;
  version: Option<number, never>;
  options: Option<JsonObject, JsonObject>;
} = {
  /** Letters, digits, `.`, `_`, `-`. Runs and reports name the part by it. */
  name: option(expectName),
  /** A whole number >= 0. Change it when the function computes something else: older results no longer count then. */
  version: integer({}),
  /** What the function is given, as JSON: other options make other runs. Defaults to {}. */
  options: option(expectJsonObject<JsonObject>, {}),
};

const PARTS = new WeakMap<object, string>();

/** Notes that an object is a part of a kind, which {@link expectParts} recognizes. */
export function part<T extends PartId>(kind: string, value: T): T {
  PARTS.set(value, kind);
  return Object.freeze(value);
}

/** The id of a part, without its functions. */
export function idOf({name, version, options}: PartId): PartId {
  return {name, version, options};
}

/**
 * Expects a list of parts of a kind, whose names differ.
 *
 * @throws TypeError if an entry is anything else: a function without a name can't be told from another one.
 */
export function expectParts<T extends PartId>(name: string, kind: string, parts: readonly T[]): readonly T[] {
  if (!isList(parts) || parts.length === 0) {
    const got = isList(parts) ? 'an empty one' : received(parts);
    throw new TypeError(`Expected \`${name}\` to be a list of ${kind}({...}), got ${got}`);
  }
  parts.forEach((one, i) => {
    if (PARTS.get(Object(one) as object) === kind) return;
    throw new TypeError(
      `Expected \`${name}[${i}]\` to be made by ${kind}({name, version, ...}), got ${received(one)}; results are ` +
        'found again by the name and the version',
    );
  });
  expectOnce(name, parts.map(labelOf), '; name them apart');
  return parts;
}

/** @throws RangeError if one value is in a list twice: its runs would count twice. */
export function expectOnce(name: string, values: readonly (string | number)[], remedy = ''): void {
  const twice = values.find((value, i) => values.indexOf(value) !== i);
  if (twice === undefined) return;
  throw new RangeError(`Expected \`${name}\` to hold each of its entries once, but ${twice} is in it twice${remedy}`);
}

/** The name of a part with its options: `globalMagnitude {"rounds":3}`. */
export function labelOf({name, options}: PartId): string {
  return Object.keys(options).length === 0 ? name : `${name} ${JSON.stringify(options)}`;
}

function expectName(name: string, value: string): string {
  if (typeof value === 'string' && /^[\w.-]+$/.test(value) && !/^\.+$/.test(value)) return value;
  throw new TypeError(
    `Expected \`${name}\` to be of letters, digits, dots, underscores and hyphens, got ${received(value)}`,
  );
}
