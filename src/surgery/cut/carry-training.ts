import * as tf from '@tensorflow/tfjs-core';
import {copyOptimizer} from '../../optimizers/copy-optimizer.js';
import {plantSlots, slotsOf} from '../../optimizers/slots.js';
import {innerModel, ownOptimizer, type LayerVariable, type Model} from '../../tfjs-internals.js';

/** Cuts a tensor as a variable is cut: the variable's value, or an optimizer's slot for it. */
export type Cut = (variable: LayerVariable, value: tf.Tensor) => tf.Tensor;

/**
 * Lets training continue with a model made from a compiled one: compiles it with the same loss and metrics, and an
 * optimizer of its own with the same class, settings, learning rate and step count. The optimizer's slots (momentum,
 * means of gradients) are cut as their weights were; a new weight starts with the slots of a new optimizer. Does
 * nothing if `from` is not compiled.
 *
 * The new optimizer is disposed with `to`. Penalties of `addPenalty` act on the weights of `from`: add them to `to`
 * again. `from` and its optimizer do not change.
 *
 * @param cut cuts a tensor of a variable of `from` to the shape of its twin.
 * @param twins the variable of `to` that replaces each of `from`, by the `id` of the latter.
 * @throws RangeError if a slot or what `cut` returns differs in shape from the weight; `to` is unchanged then.
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

/** The cut slots, by the weight of the new model and the slot's name. */
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
