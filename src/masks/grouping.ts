import {expectMethods} from '../options/expect.js';
import type {Grouping, Scoring, Structure} from '../structures/structure.js';
import type {PlacedWeight} from './placed-weights.js';

/**
 * The groups of weights that are pruned together, at least one.
 *
 * @throws what the structure throws if it finds no groups; TypeError if it returns no grouping.
 */
export function groupingOf(structure: Structure, pruned: readonly PlacedWeight[], scoring: Scoring): Grouping {
  return expectMethods('structure(...)', structure(pruned, pruned[0]!.model, scoring), ['pool', 'spread']);
}
