import * as tf from '@tensorflow/tfjs-core';
import * as tfl from '@tensorflow/tfjs-layers';
import {keepLargest} from '../math/keep-largest.js';
import {roundHalfEven} from '../math/round-half-even.js';
import {assign, valuesLater, type LayerVariable} from '../tfjs-internals.js';
import {diverged} from './expect-finite.js';
import type {AddGateVariable, GateGroups} from './gate.js';

/** A threshold that a fraction of all scores is not above: exactly `round(n * sparsity)` of them, but for ties. */
export interface RankedThreshold {
  read(): tf.Tensor;
  /** Sets it between the scores on either side of the fraction. */
  update(scores: () => tf.Tensor, sparsity: number): Promise<void>;
}

/** Adds a threshold, a single value in a variable that is saved. It is below all scores until it is updated. */
export function rankedThreshold({name, shape}: GateGroups, addVariable: AddGateVariable): RankedThreshold {
  const variable: LayerVariable = addVariable('threshold', {
    shape: shape.map(() => 1),
    initializer: tfl.initializers.constant({value: -1}),
    trainable: false,
  });
  return {
    read: () => variable.read(),
    async update(scores, sparsity) {
      const values = await valuesLater(scores);
      if (values.some(Number.isNaN)) throw diverged(name);
      const between = betweenKeptAndPruned(
        values,
        Math.max(1, values.length - roundHalfEven(values.length * sparsity)),
      );
      tf.tidy(() => assign(variable, tf.fill(variable.shape as number[], between)));
    },
  };
}

/** The mean of the smallest score that is kept and the largest that is not; -1 if all are kept. */
function betweenKeptAndPruned(scores: Float32Array, count: number): number {
  const kept = keepLargest(scores, count);
  let [least, most] = [Infinity, -Infinity];
  for (let i = 0; i < scores.length; i++) {
    if (kept[i] === 1) least = Math.min(least, scores[i]!);
    else most = Math.max(most, scores[i]!);
  }
  return most === -Infinity ? -1 : (least + most) / 2;
}
