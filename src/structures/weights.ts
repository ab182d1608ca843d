import {expectNoArguments} from '../options/expect.js';
import {noteMakers} from '../options/makers.js';
import {eachWeight, type WeightStructure} from './each-weight.js';

/**
 * Every weight is a group of its own: unstructured pruning, the most accurate at a given sparsity.
 *
 * @example
 * new GradualPruning({schedule, structure: weights()});
 */
export function weights(...none: []): WeightStructure {
  expectNoArguments('weights', none);
  return eachWeight({pool: scores => scores, spread: kept => kept, inputsTogether: 1});
}

noteMakers(weights);
