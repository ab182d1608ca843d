import {isPlainObject, received} from './expect.js';
import type {Option} from './option.js';
import type {Args, Table, Values} from './table.js';

/**
 * Reads an object of options by its table: checks what is given, and fills in the defaults. The caller fills in
 * defaults that depend on other options, which are `undefined` in the table.
 *
 * @param owner the function or class that takes the options, for errors.
 * @param within a prefix for option names in errors, for an object inside another one: "perLayer.".
 * @throws TypeError if `args` is not a plain object, or an option is unknown, or useless without another one; TypeError
 *     or RangeError if a value is wrong, or a required one is missing.
 *
 * @example
 * const {targetSparsity, beginStep} = read('oneShot', args, OPTIONS);
 */
export function read<T extends Table>(owner: string, args: Args<T>, table: T, within = ''): Values<T> {
  const given = expectKnown(owner, args, Object.keys(table));
  for (const [name, {needs}] of Object.entries(table)) {
    if (needs && given[needs.other] === undefined)
      expectAbsent(owner, given, [name], `without \`${needs.other}\`: ${needs.why}`);
  }
  return valuesOf(given, table, within);
}

/** Reads the options of a table from an object that may hold others, too, which someone else checks. */
export function readPart<T extends Table>(args: Args<T>, table: T): Values<T> {
  return valuesOf(args as Record<string, unknown>, table, '');
}

/**
 * Expects options that have no effect together with others not to be given.
 *
 * @param why beside what, and what makes them useless: "with `shuffle: false`: there is nothing to draw".
 */
export function expectAbsent<A extends object>(
  owner: string,
  args: A,
  names: readonly (keyof A & string)[],
  why: string,
): void {
  const useless = names.filter(name => args[name] !== undefined);
  if (useless.length > 0) throw new TypeError(`${owner} expects no ${listed(useless)} ${why}; leave it out`);
}

/** Expects that exactly one of several options is given, and returns its name. */
export function expectExactlyOne<A extends object, K extends keyof A & string>(
  owner: string,
  args: A,
  names: readonly K[],
): K {
  const given = names.filter(name => args[name] !== undefined);
  if (given.length === 1) return given[0]!;
  throw new TypeError(`${owner} expects exactly one of ${listed(names)}, got ${listed(given) || 'none'}`);
}

/** Expects a plain object with known keys: a misspelt option, or the entries of a Map, would be silently ignored. */
function expectKnown(owner: string, args: object, known: readonly string[]): Record<string, unknown> {
  if (!isPlainObject(args)) {
    throw new TypeError(`${owner} expects an object with ${known.join(', ')}, got ${received(args)}`);
  }
  const unknown = Reflect.ownKeys(args)
    .map(String)
    .filter(key => !known.includes(key));
  if (unknown.length === 0) return {...args};
  throw new TypeError(`${owner} has no option \`${unknown.join('`, `')}\`; its options are ${known.join(', ')}`);
}

function valuesOf<T extends Table>(given: Record<string, unknown>, table: T, within: string): Values<T> {
  const entries = Object.entries(table).map(([name, one]) => [name, valueOf(within + name, given[name], one)]);
  return Object.fromEntries(entries) as Values<T>;
}

function valueOf(name: string, value: unknown, one: Option<unknown, unknown>): unknown {
  const [fallback] = one.fallback;
  if (value !== undefined || one.fallback.length === 0) return one.check(name, value);
  return typeof fallback === 'function' ? (fallback as () => unknown)() : fallback;
}

function listed(names: readonly string[]): string {
  return names.map(name => `\`${name}\``).join(', ');
}
