import {expectModel} from '../layers/model-layers.js';
import type {Model} from '../tfjs-internals.js';
import {gatedLayers} from './gated-layers.js';
import {withoutGates} from './without-gates.js';

/**
 * Takes the gates off without deciding them: returns a copy of the model that computes with all weights as they are,
 * whatever the gates multiply them by. Layers stay wrapped and keep their masks. The copy is not compiled; the given
 * model is not changed.
 *
 * To keep what gates have learned, let {@link LearnedMasks} train to its `endStep`, or call `stripPruning` or `shrink`,
 * which multiply the gates in.
 *
 * @throws TypeError if `model` is not a model or has no gates, Error if it was disposed.
 *
 * @example
 * const dense = removeGates(model); // starts over with other gates
 * const again = prunable(dense, {gate: bernoulli(), structure: filters()});
 */
export function removeGates<M extends Model>(model: M): M {
  if (gatedLayers(expectModel('removeGates', model)).length > 0) return withoutGates(model);
  throw new TypeError(`removeGates expects a model with gates, but "${model.name}" has none`);
}
