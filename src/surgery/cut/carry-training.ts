import * as tf from '@tensorflow/tfjs-core';
import {copyOptimizer} from '../../optimizers/copy-optimizer.js';
import {plantSlots, slotsOf} from '../../optimizers/slots.js';
import {innerModel, ownOptimizer, type LayerVariable, type Model} from '../../tfjs-internals.js';

/** What is left of a tensor of a variable's shape, its value or what an optimizer remembers of it. */
export type Cut = (variable: LayerVariable, value: tf.Tensor) => tf.Tensor;

/**
 * Lets a model that was made out of a compiled one be trained on as that one would be: compiles it with the same loss
 * and metrics, and with an optimizer of its own, of the same class, settings and learning rate, that has counted the
 * same steps. What the optimizer remembers of a weight (momentum, means of gradients) is cut as the weight was; of a
 * weight that is new it remembers what a new optimizer would. Where `from` is not compiled, nothing is done.
 *
 * The new optimizer goes when `to` is disposed. Penalties of `addPenalty` stay behind, since they are on the weights of
 * `from`: add them to `to` again. `from` and its optimizer stay as they are.
 *
 * @param cut what is left of a variable of `from`, in the shape of its twin.
 * @param twins the variable of `to` in the place of each of `from`, by the `id` of the latter.
 * @throws RangeError where the optimizer remembers, or `cut` leaves, another shape than the weight's; `to` is as it was
 *     then.
 */
export function carryTraining(from: Model, to: Model, cut: Cut, twins: ReadonlyMap<number, LayerVariable>): void {
  const {optimizer, loss, metrics} = innerModel(from);
  if (!(optimizer as tf.Optimizer | undefined)) return;
  const carried = copyOptimizer(optimizer);
  try {
    tf.tidy(() => plantSlots(carried, optimizer, to.trainableWeights, cutSlots(from, cut, twins)));
    to.compile({optimizer: carried, loss, metrics});
  } catch (error) {
    carried.dispose();
    throw error;
  }
  ownOptimizer(to);
}

/** What is left of each slot, by the weight of the new model and the slot's name. */
function cutSlots(
  from: Model,
  cut: Cut,
  twins: ReadonlyMap<number, LayerVariable>,
): (weight: LayerVariable, slot: string) => tf.Tensor | undefined {
  const origins = new Map([...slotsOf(from)].map(([weight, slots]) => [twins.get(weight.id)?.id, {weight, slots}]));
  return ({id}, name) => {
    const origin = origins.get(id);
    const slot = origin?.slots.find(each => each.name === name);
    return slot && cut(origin!.weight, slot.variable);
  };
}
