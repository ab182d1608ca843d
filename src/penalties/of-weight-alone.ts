import type {WeightLayout} from '../structures/structure.js';
import type {Penalty} from './penalty.js';
import type {WeightPenalty} from './saved-regularizer.js';

/** A penalty for regularizers, to which tf.js passes only the weight: its last axes count as inputs and outputs. */
export function ofWeightAlone(penalty: Penalty): WeightPenalty {
  const layouts = new Map<string, WeightLayout>(); // the same object for the same shape
  return weight => {
    const key = weight.shape.join();
    const layout = layouts.get(key) ?? layoutOf(weight.shape);
    layouts.set(key, layout);
    return penalty(weight, layout);
  };
}

function layoutOf(shape: readonly number[]): WeightLayout {
  const inputAxes = shape.length > 1 ? [shape.length - 2] : [];
  return {name: 'weight', shape, inputAxes, outputAxes: [shape.length - 1], gates: 1};
}
