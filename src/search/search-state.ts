import isEqual from 'lodash/isEqual.js';
import {isList, isPlainObject, received} from '../options/expect.js';
import type {SearchedLayer, SearchPolicy} from './policies/policy.js';
import {countOfChoice, type Choice, type SearchTarget} from './spaces/space.js';

/** A choice that was scored. */
export interface ScoredChoice {
  /** What the policy called it. */
  readonly label: string;
  /** What went of each layer. */
  readonly choice: Choice;
  /** What `score` said. */
  readonly score: number;
  /** What was left, relative to the target. */
  readonly load: number;
  /** The multiply-adds, or weights, that were left. */
  readonly cost: number;
}

/** What a search is for: a state continues only the same one. */
export interface SearchIdentity {
  /** The name of the policy. */
  readonly policy: string;
  /** The options of the policy. */
  readonly options: unknown;
  /** 'channels' or 'weights'. */
  readonly space: string;
  /** What the pruned model must come to. */
  readonly target: SearchTarget;
  /** Name, size, and the least and the most that goes, of each layer. */
  readonly layers: readonly (readonly [name: string, size: number, least: number, most: number])[];
}

/**
 * What a search needs to go on, in another process too: all scores so far. Plain numbers and texts, which can be saved
 * as JSON.
 */
export interface SearchState {
  /** What is searched, and how. */
  readonly search: SearchIdentity;
  /** What all random numbers follow from. */
  readonly seed: number;
  /** The minutes spent so far. */
  readonly minutes: number;
  /** All choices that were scored, in order. */
  readonly scored: readonly ScoredChoice[];
  /** What was measured of choices, such as latencies, by choice. */
  readonly measured: readonly (readonly [choice: string, achieved: readonly number[]])[];
}

/** Identifies a search. */
export function searchIdentity(
  {name, options = {}}: SearchPolicy,
  space: string,
  target: SearchTarget,
  layers: readonly SearchedLayer[],
): SearchIdentity {
  const counts = layers.map(({name: layer, size, least, most}) => {
    return [layer, size, Math.round(least * size), Math.round(most * size)] as const;
  });
  return JSON.parse(JSON.stringify({policy: name, options, space, target, layers: counts})) as SearchIdentity;
}

/** Expects a state, possibly read from JSON. */
export function expectState(name: string, state: SearchState): SearchState {
  const {search, seed, minutes, scored, measured} = (isPlainObject(state) ? state : {}) as Partial<SearchState>;
  const isWhole =
    isPlainObject(search) &&
    Number.isSafeInteger(seed) &&
    isAmount(minutes) &&
    isList(scored) &&
    [...scored!].every(isScored) &&
    isList(measured) &&
    [...measured!].every(isMeasured);
  if (isWhole) return state;
  throw new TypeError(`Expected \`${name}\` to be one that \`onProgress\` was told, got ${received(state)}`);
}

/** Expects a state of this very search. */
export function expectSameSearch(state: SearchState, now: SearchIdentity, seed: number | undefined): void {
  const parts = ['policy', 'options', 'space', 'target', 'layers'] as const;
  const different = parts.find(part => !isEqual(state.search[part], now[part]));
  if (different !== undefined) {
    throw new RangeError(
      `Expected \`state\` to be of the same search, but its ${SAID[different]} ${shown(state.search[different])}, ` +
        `and now ${shown(now[different])}; leave \`state\` out to search anew`,
    );
  }
  const strange = state.scored.findIndex(({choice}) => !fits(choice, now.layers));
  if (strange >= 0) {
    throw new RangeError(
      `Expected \`state\` to be one that \`onProgress\` was told, but the choice of \`scored[${strange}]\` does not ` +
        'fit the layers; has the file been changed?',
    );
  }
  if (seed === undefined || seed === state.seed) return;
  throw new RangeError(`Expected \`seed\` to be that of \`state\`, ${state.seed}, or left out, got ${seed}`);
}

/** Whether as many groups of each layer go as its bounds allow, and those that are named are different ones of it. */
function fits(choice: Choice, layers: SearchIdentity['layers']): boolean {
  if (choice.length !== layers.length) return false;
  return layers.every(([, size, least, most], i) => {
    const gone = choice[i]!;
    const isNamed = (place: number, at: number) => place < size && place > ((gone as readonly number[])[at - 1] ?? -1);
    const count = countOfChoice(gone);
    return count >= least && count <= most && (typeof gone === 'number' || gone.every(isNamed));
  });
}

const SAID = {
  policy: 'policy is',
  options: "policy's options are",
  space: 'space is',
  target: 'target is',
  layers: 'layers are',
};

function shown(part: unknown): string {
  const text = JSON.stringify(part);
  return text.length > 200 ? `${text.slice(0, 200)}...` : text;
}

function isScored(value: unknown): boolean {
  const {label, choice, score, load, cost} = Object(value) as Partial<ScoredChoice>;
  const numbers = [score, load, cost].every(Number.isFinite);
  return typeof label === 'string' && numbers && isList(choice) && [...choice!].every(isGone);
}

function isGone(gone: unknown): boolean {
  return isList(gone) ? [...(gone as unknown[])].every(isCount) : isCount(gone);
}

function isMeasured(value: unknown): boolean {
  if (!isList(value)) return false;
  const [choice, achieved] = value as [unknown, unknown];
  return typeof choice === 'string' && isList(achieved) && [...(achieved as unknown[])].every(Number.isFinite);
}

function isCount(value: unknown): boolean {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

function isAmount(value: unknown): boolean {
  return typeof value === 'number' && value >= 0 && Number.isFinite(value);
}
