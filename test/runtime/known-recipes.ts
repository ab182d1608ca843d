import fc from 'fast-check';
import {recipes, recipesForConstants, type Recipe} from '../support/random-architecture.js';
import type {Step} from '../support/random-layers.js';

/** What the runtime can't compute yet. */
const LATER = new Set(['initialized', 'timeDistributed', 'layerNorm', 'dot']);

function known(steps: readonly Step[]): Step[] {
  return steps
    .filter(({kind}) => !LATER.has(kind))
    .map(step => ({...step, ...(step.inside && {inside: known(step.inside)})}));
}

/** Recipes of random architectures that the runtime can compute. */
export const knownRecipes: fc.Arbitrary<Recipe> = fc
  .oneof(recipes, recipesForConstants)
  .map(recipe => ({...recipe, steps: known(recipe.steps)}));
