import {expectNoArguments} from '../options/expect.js';
import type {Structure} from './structure.js';

/**
 * Every single weight is a group of its own: unstructured pruning, the most accurate at a given sparsity.
 *
 * @example
 * new GradualPruning({schedule, structure: weights()});
 */
export function weights(...none: []): Structure {
  expectNoArguments('weights', none);
  return {pool: scores => scores, spread: kept => kept};
}
