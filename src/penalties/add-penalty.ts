import * as tf from '@tensorflow/tfjs-core';
import pull from 'lodash/pull.js';
import {layerSelector} from '../layers/layer-selector.js';
import {isCallable, received} from '../options/expect.js';
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

/** A penalty that was put on a model. */
export interface AddedPenalty {
  /** What it adds to the loss as the weights are now. */
  value(): Promise<number>;
  /** Takes it off again, from the next step on. */
  remove(): void;
}

/**
 * Adds a penalty to the loss that `fit` makes smaller, from its next step on: on kernels (or what the penalty is made
 * for) of wrapped layers and of plain ones, also in nested models. Of a wrapped layer it sees the masked kernel, so
 * what is pruned costs nothing.
 *
 * A weight counts once, in however many places its layer is used. The logged `loss` includes the penalty, `val_loss`
 * and `evaluate` do not, as of all regularizers in tf.js. It stays when the model is compiled again, and is not saved
 * with it. It hangs on the model's first input: other models that are made of the same input pay it, too. Put it on the
 * model that is trained, not on one that is nested in it.
 *
 * @throws TypeError or RangeError where the model is none, the penalty is no function, gives no scalar that can be
 *     differentiated or needs a callback, an option is unknown, or `layers` matches nothing. Nothing was changed then.
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
      'addPenalty expects a penalty that stays the same, but this one chooses anew as training goes on; ' +
        'use new ScheduledPenalty({penalty}) in the callbacks of fit',
    );
  }
  const weights = penalizedWeights('addPenalty', model, penalty, layers);
  const term = () => penaltyOn(weights, penalty);
  tryPenalty(weights, penalty);
  const remove = addLoss(model, term);
  return {remove, value: () => valueOf(term)};
}

/** Expects a function. */
export function expectPenalty(penalty: Penalty): Penalty {
  if (isCallable(penalty)) return penalty;
  throw new TypeError(`Expected \`penalty\` to be a function such as l1({strength: 1e-5}), got ${received(penalty)}`);
}

/** A penalty on several weights. */
export function penaltyOn(
  weights: readonly PenalizedWeight[],
  penalty: Penalty,
  coefficients: readonly tf.Tensor[] = [],
): tf.Scalar {
  return tf.addN<tf.Scalar>(
    weights.map((weight, i) => expectScalar(weight, penalty(readWeight(weight), weight.layout, coefficients[i]))),
  );
}

/**
 * Tries a penalty on each of the weights, before it is put on a model, where it would make each step fail.
 *
 * @throws TypeError where it gives no scalar, or one that tf.js can't differentiate.
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
      cost(value); // first: what it throws itself is to be seen as it is
      try {
        // tf.js finds no gradient of what does not go by the weight, which is a penalty all the same.
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

/** Adds a term to the loss of a model; on an input layer, which unlike others a model uses but once. */
export function addLoss(model: Model, term: () => tf.Scalar): () => void {
  const {losses} = model.inputs[0]!.sourceLayer;
  losses.push(term);
  return () => void pull(losses, term);
}

function expectScalar({layout: {name}}: PenalizedWeight, value: tf.Scalar): tf.Scalar {
  if ((value as unknown) instanceof tf.Tensor && value.rank === 0) return value;
  const came = (value as unknown) instanceof tf.Tensor ? `one of shape [${value.shape.join()}]` : received(value);
  throw new TypeError(`Expected the penalty to give a scalar tensor for "${name}", got ${came}`);
}

async function valueOf(term: () => tf.Scalar): Promise<number> {
  const scalar = tf.tidy(term);
  const [value] = await scalar.data();
  scalar.dispose();
  return value!;
}
