import {createHash} from 'node:crypto';
import {canonicalJson, type Json} from './json.js';
import {labelOf, type PartId} from './named.js';
import type {FullRecipe} from './recipe.js';
import {targetText, type Target} from './target.js';
import type {Versions} from './versions.js';

/** One training of a study, as plain JSON. */
export interface Run {
  /** A hash over all that is below. */
  readonly id: string;
  /** The data set. */
  readonly data: PartId;
  /** The net. */
  readonly net: PartId;
  /** The method, or null in the dense control, which is trained alike and not pruned. */
  readonly method: PartId | null;
  /** What it was to reach; null in the control. */
  readonly target: Target | null;
  /** The seed of the net, of the order of examples, and of whatever is drawn. */
  readonly seed: number;
  /** How the net is trained. */
  readonly train: FullRecipe;
  /** What is measured. */
  readonly metrics: readonly PartId[];
  /** Whether the layer that makes the outputs is left dense. */
  readonly denseClassifier: boolean;
  /** What computes it. */
  readonly versions: Versions;
}

/** The name of the control in reports. */
export const DENSE = 'dense';

/** A run with its id. */
export function withId(run: Omit<Run, 'id'>): Run {
  return {id: hashOf(run as unknown as Json), ...run};
}

/** The first 12 hexadecimal digits of the SHA-256 hash of a value, whatever the order of its keys. */
export function hashOf(value: Json): string {
  // Absent options are absent from JSON, too.
  const plain = JSON.parse(JSON.stringify(value)) as Json;
  return createHash('sha256').update(canonicalJson(plain)).digest('hex').slice(0, 12);
}

/** What a run does, in a line. */
export function runText({data, net, method, target, seed}: Run): string {
  const what = method ? `${labelOf(method)}, ${targetText(target!)}` : DENSE;
  return `${labelOf(data)}, ${labelOf(net)}, ${what}, seed ${seed}`;
}
