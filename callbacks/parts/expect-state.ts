import * as tf from '@tensorflow/tfjs-core';
import {renumbering} from '../../src/layers/made-up-names.js';
import {isList, isPlainObject, received} from '../../src/options/expect.js';
import {storedTensor, type StoredTensor} from '../../src/passes/stored-tensor.js';
import type {CallbackState} from './callback-state.js';

type Json = Record<string, unknown>;

/**
 * Expects the state of a callback of the same class, with the same options.
 *
 * @param own the current state of the callback that restores it.
 * @throws TypeError or RangeError that says what differs.
 */
export function expectStateLike(owner: string, state: CallbackState, own: Json): void {
  const {json, tensors} = Object(state) as Partial<CallbackState>;
  if (!isObject(json) || !isObject(tensors)) {
    throw new TypeError(`${owner}.restore expects {json, tensors}, as state() gives them, got ${received(state)}`);
  }
  const wrong = Object.entries(tensors).find(([, tensor]) => !((tensor as unknown) instanceof tf.Tensor));
  if (wrong) throw damaged(owner, `\`tensors\` to hold tensors, got ${received(wrong[1])} as "${wrong[0]}"`);
  if (json['callback'] !== own['callback']) {
    throw new RangeError(`${owner}.restore expects the state of a ${owner}, got one of ${shown(json['callback'])}`);
  }
  expectSameOptions(owner, json['options'], own['options'] as Json);
  for (const name of namesIn(own, json)) {
    if (kindOf(json[name]) === kindOf(own[name]) || json[name] === null || own[name] === null) continue;
    throw damaged(owner, `\`${name}\` to be a ${kindOf(own[name])}, got ${received(json[name])}`);
  }
}

/** The error for a state that no callback can have returned. */
export function damaged(owner: string, expected: string): TypeError {
  return new TypeError(
    `${owner}.restore expects ${expected}; the state is damaged, or was given by another version of this library`,
  );
}

/** Names the tensors of a state after a heading and their weights. */
export function tensorsUnder(
  heading: string,
  names: readonly string[],
  tensors: readonly (tf.Tensor | undefined)[],
): Record<string, tf.Tensor> {
  const entries = tensors.map((tensor, i) => [keyOf(heading, names[i]!, i), tensor] as const);
  return Object.fromEntries(entries.filter((entry): entry is [string, tf.Tensor] => entry[1] !== undefined));
}

/** What a state says about the tensors under a heading: their names and, if some are missing, which exist. */
interface Named {
  readonly names: readonly string[];
  readonly seen?: readonly boolean[];
}

/**
 * Reads the tensors that {@link tensorsUnder} named.
 *
 * @throws TypeError if a tensor is missing, or the state was damaged.
 */
export async function storedUnder(
  heading: string,
  named: Named,
  {json, tensors}: CallbackState,
): Promise<(StoredTensor | undefined)[]> {
  const owner = String(json['callback']);
  const {names, seen} = Object(named) as Partial<Named>;
  if (
    !isListOf('string', names) ||
    (seen !== undefined && !(isListOf('boolean', seen) && seen.length === names.length))
  )
    throw damaged(owner, `\`${heading}\` to hold the names of its tensors, got ${received(named)}`);
  const keys = names.map((name, i) => (seen?.[i] === false ? undefined : keyOf(heading, name, i)));
  const missing = keys.find(key => key !== undefined && !Object.hasOwn(tensors, key));
  if (missing !== undefined) throw damaged(owner, `a tensor "${missing}", got none`);
  return Promise.all(keys.map(async key => (key === undefined ? undefined : storedTensor(tensors[key]!))));
}

/**
 * Expects a state of exactly these weights.
 *
 * @param what the state holds, for the message: "what was observed".
 */
export function expectSameWeights(
  owner: string,
  what: string,
  before: readonly string[],
  now: readonly string[],
): void {
  if (sameJson(before.map(renumbering()), now.map(renumbering()))) return;
  throw new RangeError(
    `${owner} was given a state with ${what} of ${listed(before)}, but in this fit it has ${listed(now)}; ` +
      'go on with the same model and the same `layers`, or call reset()',
  );
}

function expectSameOptions(owner: string, before: unknown, now: Json): void {
  if (!isObject(before)) throw damaged(owner, `\`options\` to be an object, got ${received(before)}`);
  const differing = namesIn(before, now).filter(name => !sameJson(before[name], now[name]));
  if (differing.length === 0) return;
  const differences = differing.map(name => `\`${name}\` was ${shown(before[name])} and is ${shown(now[name])}`);
  throw new RangeError(
    `${owner}.restore expects the state of a callback with the same options, but ${differences.join(', ')}`,
  );
}

function namesIn(...objects: readonly Json[]): string[] {
  return [...new Set(objects.flatMap(Object.keys))];
}

/** Compares in any order of keys. */
function sameJson(a: unknown, b: unknown): boolean {
  if (isList(a) && isList(b)) return sameJson(Object.assign({}, a), Object.assign({}, b));
  if (!isObject(a) || !isObject(b)) return a === b;
  return namesIn(a, b).every(name => sameJson(a[name], b[name]));
}

/** The index distinguishes weights of the same name. */
function keyOf(heading: string, name: string, index: number): string {
  return `${heading}/${index}/${name}`;
}

function listed(names: readonly string[]): string {
  return names.length === 0 ? 'no weight' : names.map(name => `"${name}"`).join(', ');
}

function isListOf<K extends 'string' | 'boolean'>(
  kind: K,
  value: unknown,
): value is readonly (K extends 'string' ? string : boolean)[] {
  return isList(value) && [...(value as readonly unknown[])].every(each => typeof each === kind);
}

function shown(value: unknown): string {
  if (value === undefined) return 'not given';
  try {
    return JSON.stringify(value);
  } catch {
    return received(value); // not from state(), which returns what JSON can hold
  }
}

function kindOf(value: unknown): string {
  if (value === null || typeof value !== 'object') return typeof value;
  return Array.isArray(value) ? 'list' : 'plain object';
}

function isObject(value: unknown): value is Json {
  return isPlainObject(value);
}
