import * as tf from '@tensorflow/tfjs-core';
import {layerSelector} from '../layers/layer-selector.js';
import {expectFunction, received} from '../options/expect.js';
import {read} from '../options/read.js';
import type {Args} from '../options/table.js';
import {differentiating, type Model} from '../tfjs-internals.js';
import {penalizedWeights, readWeight} from './penalized-weights.js';
import type {PenalizedWeight, Penalty} from './penalty.js';

const OPTIONS = {
  /** The layers to penalize, wrapped or plain. Defaults to all trainable ones; a frozen layer must be named. */
  layers: layerSelector(),
};

/** Options of {@link addPenalty}. */
export type AddPenaltyArgs = Args<typeof OPTIONS>;

/** A penalty that has been added to a model. */
export interface AddedPenalty {
  /** The term it adds to the loss for the current weights. */
  value(): Promise<number>;
  /** Removes the penalty, from the next step on. */
  remove(): void;
}

/**
 * Adds a penalty to the loss that `fit` minimizes, from its next step on. It applies to the kernels (or whatever the
 * penalty is for) of wrapped and plain layers, also in nested models. For a wrapped layer it sees the masked kernel, so
 * pruned weights cost nothing.
 *
 * A weight counts once, even if its layer is used several times. The logged `loss` includes the penalty; `val_loss`
 * and `evaluate` do not, as for all regularizers in tf.js. The penalty remains when the model is compiled again, and is
 * not saved. It is attached to the first input of the model, so other models built from the same input pay it, too. Add
 * it to the model that you train, not to one nested in it.
 *
 * @throws TypeError or RangeError if `model` is not a model, the penalty is not a function, returns no differentiable
 *     scalar or needs a callback, an option is unknown, or `layers` matches nothing. Nothing has changed then.
 *
 * @example
 * const penalty = addPenalty(model, groupLasso({strength: 1e-4}), {layers: /conv/});
 * await model.fit(x, y, {epochs: 10});
 * penalty.remove();
 */
export function addPenalty(model: Model, penalty: Penalty, args: AddPenaltyArgs = {}): AddedPenalty {
  const {layers} = read('addPenalty', args, OPTIONS);
  if (expectPenalty(penalty).choose) {
    throw new TypeError(
      'addPenalty expects a constant penalty, but this one changes during training; ' +
        'use new ScheduledPenalty({penalty}) in the callbacks of fit',
    );
  }
  const weights = penalizedWeights('addPenalty', model, penalty, layers);
  const term = () => penaltyOn(weights, penalty);
  tryPenalty(weights, penalty);
  const remove = addLoss(model, term);
  return {remove, value: () => valueOf(term)};
}

/** Expects a penalty. */
export function expectPenalty(penalty: Penalty): Penalty {
  return expectFunction('penalty', penalty, 'such as l1({strength: 1e-5})');
}

/**
 * The penalty on several weights.
 *
 * @param pulls what its gradients are multiplied by; an empty list stands for 1.
 */
export function penaltyOn(
  weights: readonly PenalizedWeight[],
  penalty: Penalty,
  coefficients: readonly tf.Tensor[] = [],
  pulls: readonly tf.Tensor[] = [],
): tf.Scalar {
  return tf.addN<tf.Scalar>(
    weights.map((weight, i) => {
      const value = pulls[i] ? withPulls(readWeight(weight), pulls[i]) : readWeight(weight);
      return expectScalar(weight, penalty(value, weight.layout, coefficients[i]));
    }),
  );
}

/**
 * The gradients of a penalty, one for each weight, where all weights are multiplied by a factor. Call it in a tidy.
 *
 * @throws what the penalty throws.
 */
export function penaltyGradients(
  weights: readonly PenalizedWeight[],
  penalty: Penalty,
  {coefficients, factor}: {readonly coefficients: readonly tf.Tensor[]; readonly factor: number},
): tf.Tensor[] {
  return weights.map((weight, i) => {
    // tf.js finds no gradient of a constant, which is a valid penalty
    const term = (w: tf.Tensor) => tf.add(penalty(w, weight.layout, coefficients[i]), tf.mul(0, tf.sum(w)));
    return differentiating(() => tf.grad(term)(tf.mul(readWeight(weight), factor)));
  });
}

function withPulls(weight: tf.Tensor, pulls: tf.Tensor): tf.Tensor {
  return tf.customGrad(w => ({value: tf.clone(w as tf.Tensor), gradFunc: dy => tf.mul(dy, pulls)}))(weight);
}

/**
 * Tries a penalty on each of the weights before adding it, since a wrong penalty would make every step fail.
 *
 * @throws TypeError if it returns no scalar, or one that tf.js can't differentiate.
 */
export function tryPenalty(
  weights: readonly PenalizedWeight[],
  penalty: Penalty,
  coefficients: readonly tf.Tensor[] = [],
): void {
  tf.tidy(() => {
    weights.forEach((weight, i) => {
      const cost = (w: tf.Tensor) => expectScalar(weight, penalty(w, weight.layout, coefficients[i]));
      const value = readWeight(weight);
      cost(value); // first, so that its own errors are not wrapped
      try {
        // tf.js finds no gradient of a constant, which is a valid penalty
        differentiating(() => tf.grad(w => tf.add(cost(w), tf.mul(0, tf.sum(w))))(value));
      } catch (error) {
        throw new TypeError(
          `Expected the penalty to be differentiable for "${weight.layout.name}", but: ${(error as Error).message}`,
          {cause: error},
        );
      }
    });
  });
}

/** Adds a term to the loss of a model, on an input layer, since a model may use other layers more than once. */
export function addLoss(model: Model, term: () => tf.Scalar): () => void {
  const {losses} = model.inputs[0]!.sourceLayer;
  losses.push(term);
  return () => {
    const at = losses.indexOf(term);
    if (at >= 0) losses.splice(at, 1);
  };
}

function expectScalar({layout: {name}}: PenalizedWeight, value: tf.Scalar): tf.Scalar {
  if ((value as unknown) instanceof tf.Tensor && value.rank === 0) return value;
  const came = (value as unknown) instanceof tf.Tensor ? `one of shape [${value.shape.join()}]` : received(value);
  throw new TypeError(`Expected the penalty to return a scalar tensor for "${name}", got ${came}`);
}

async function valueOf(term: () => tf.Scalar): Promise<number> {
  const scalar = tf.tidy(term);
  const [value] = await scalar.data();
  scalar.dispose();
  return value!;
}
