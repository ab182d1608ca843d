import type {LongWork} from '../../display/long-work.js';
import {expectMethods} from '../../options/expect.js';
import type {Model} from '../../tfjs-internals.js';
import type {SearchedLayer} from '../policies/policy.js';

/** What is asked for: `{multiplyAdds: 0.5}`. */
export type SearchTarget = Readonly<Record<string, number>>;

/** What goes of each layer: so many groups of the lowest scores, or these, by their places in the layer's `scores`. */
export type Choice = readonly (number | readonly number[])[];

/** A model that is ready to be pruned in different ways. */
export interface Terrain<R> {
  readonly layers: readonly SearchedLayer[];
  /** Whether single groups can be named. */
  readonly takesGroups: boolean;
  /** Whether what a choice achieves is measured, so that it differs each time. */
  readonly isMeasured: boolean;
  /** How often a search for the target may halve an interval. */
  readonly halvings: number;
  /** What a choice achieves, for each target. */
  achieved(choice: Choice): Promise<readonly number[]>;
  /** What is left relative to the target: at most 1 if that is reached. */
  load(achieved: readonly number[]): number;
  /** By how much a choice misses the target; undefined if it does not. */
  missed(choice: Choice, achieved: readonly number[]): string | undefined;
  /** The multiply-adds, or weights, that are left. */
  cost(choice: Choice): number;
  /** A pruned copy of the model, compiled like it. */
  copy(choice: Choice): Promise<Model>;
  /** What is returned for a choice, besides its rates. */
  result(choice: Choice, achieved: readonly number[]): R;
}

/**
 * What a search goes over: {@link channelSpace} or {@link weightSpace}.
 *
 * @typeParam T the target that it takes.
 * @typeParam R what the result holds besides the rates.
 */
export interface SearchSpace<T extends object, R> {
  /** What it goes over. */
  readonly name: 'channels' | 'weights';
  /**
   * Expects a target.
   *
   * @internal
   */
  expectTarget(target: T): SearchTarget;
  /**
   * Scores the groups of a model, and runs an action with them.
   *
   * @internal
   */
  open<O>(model: Model, target: SearchTarget, work: LongWork, action: (terrain: Terrain<R>) => Promise<O>): Promise<O>;
}

/** Expects a space. */
export function expectSpace(name: string, space: SearchSpace<object, object>): SearchSpace<object, object> {
  return expectMethods(name, space, ['expectTarget', 'open']);
}

/** How many groups of a layer go. */
export function countOfChoice(gone: Choice[number]): number {
  return typeof gone === 'number' ? gone : gone.length;
}

/** Tells layers of the same name apart: the later ones get a number. */
export function distinct(names: readonly string[]): string[] {
  return names.map((name, i) => {
    const earlier = names.slice(0, i).filter(other => other === name).length;
    return earlier === 0 ? name : `${name} (${earlier + 1})`;
  });
}
