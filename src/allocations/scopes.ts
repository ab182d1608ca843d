import {isList, received} from '../options/expect.js';
import type {LayerScores} from '../structures/structure.js';

/** Names of layers or weights, as for `perLayer`, or patterns on the names of weights. */
export type Scope = string | RegExp | readonly (string | RegExp)[];

/** Expects sets of layers: each a name, a pattern, or a list of these. */
export function expectScopes(option: string, scopes: readonly Scope[]): readonly Scope[] {
  if (!isList(scopes) || scopes.length === 0) {
    throw new TypeError(
      `Expected \`${option}\` to be a list of sets of layers, such as [/^stem/], got ${shown(scopes)}`,
    );
  }
  return [...scopes].map((scope, i) => {
    const keys = keysOf(scope);
    if (keys.length > 0 && keys.every(isKey)) return keys;
    const what = 'a name, a RegExp, or a list of these';
    throw new TypeError(`Expected \`${option}[${i}]\` to be ${what}, got ${shown(scope)}`);
  });
}

/**
 * The number of the first set that each layer is in; layers in none make up one more.
 *
 * @throws RangeError if a set holds no layer.
 */
export function scopesOf(scopes: readonly Scope[], layers: readonly LayerScores[]): number[] {
  scopes.forEach((scope, i) => {
    if (layers.some(({name}) => isIn(scope, name))) return;
    const names = layers.map(({name}) => `"${name}"`).join(', ');
    throw new RangeError(
      `Expected \`scopes\` to hold layers that are pruned, but \`scopes[${i}]\` matches none; there are ${names}`,
    );
  });
  return layers.map(({name}) => {
    const found = scopes.findIndex(scope => isIn(scope, name));
    return found < 0 ? scopes.length : found;
  });
}

/** Coupled channels are named after several layers: `conv1 + conv2`. */
function isIn(scope: Scope, name: string): boolean {
  const names = name.split(' + ');
  return keysOf(scope).some(key =>
    names.some(one => (typeof key === 'string' ? one === key || one.startsWith(`${key}/`) : one.search(key) >= 0)),
  );
}

function keysOf(scope: Scope): readonly (string | RegExp)[] {
  return isList(scope) ? [...(scope as readonly (string | RegExp)[])] : [scope as string | RegExp];
}

function isKey(key: unknown): boolean {
  return (typeof key === 'string' && key !== '') || key instanceof RegExp;
}

function shown(value: unknown): string {
  return isList(value) && (value as readonly unknown[]).length === 0 ? 'an empty list' : received(value);
}
