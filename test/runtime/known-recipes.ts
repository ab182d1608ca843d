import fc from 'fast-check';
import {recipes, recipesForConstants, type Recipe} from '../support/random-architecture.js';
import type {Step} from '../support/random-layers.js';

/** What the runtime can't compute by itself. */
const LATER = new Set(['timeDistributed']);

function known(steps: readonly Step[]): Step[] {
  return steps
    .filter(({kind}) => !LATER.has(kind))
    .map(step => ({...step, ...(step.inside && {inside: known(step.inside)})}));
}

/** Recipes of random architectures that the runtime can compute with tf.js. */
export const allRecipes: fc.Arbitrary<Recipe> = fc.oneof(recipes, recipesForConstants);

/** Recipes of those that it can compute by itself. */
export const knownRecipes: fc.Arbitrary<Recipe> = allRecipes.map(recipe => ({...recipe, steps: known(recipe.steps)}));
