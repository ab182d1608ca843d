import * as tf from '@tensorflow/tfjs-core';
import {isPlainObject, received} from '../options/expect.js';
import {lossFunctionsOf, slotNames, type Loss, type LossFunction, type Model} from '../tfjs-internals.js';
import type {FittingBatch} from './each-batch.js';
import {withWholeNorms} from '../layers/with-whole-norms.js';

/**
 * The mean loss of a batch, summed over the outputs, without regularizers. The model computes as it does in `predict`:
 * without dropout, and with the moving averages of batch normalizations.
 *
 * @throws TypeError if a loss returns no tensor.
 */
export function batchLoss(model: Model, losses: readonly LossFunction[], {xs, ys}: FittingBatch): tf.Scalar {
  const outputs = [withWholeNorms(model, () => model.call(xs, {training: false}))].flat();
  return tf.addN(losses.map((loss, i) => tf.mean(expectTensor(loss(ys[i]!, outputs[i]!)))));
}

/**
 * The loss functions of a model, one for each output.
 *
 * @param loss in one of the forms that `compile` takes. Defaults to what the model was compiled with.
 * @throws Error if there is no loss, and none is given; RangeError if it is none that `compile` takes.
 */
export function expectLoss(model: Model, loss: Loss | undefined): readonly LossFunction[] {
  const losses = loss === undefined ? lossFunctionsOf(model) : lossFunctionsBy(model, loss);
  if (losses) return losses;
  throw new Error(`Expected model "${model.name}" to have a loss; compile it, or pass \`loss\``);
}

/** A plain number has no gradient. */
function expectTensor(loss: tf.Tensor): tf.Tensor {
  if ((loss as unknown) instanceof tf.Tensor) return loss;
  throw new TypeError(`Expected \`loss\` to return a tensor, got ${received(loss)}`);
}

function lossFunctionsBy(model: Model, loss: Loss): readonly LossFunction[] | undefined {
  const missing = isPlainObject(loss)
    ? slotNames(model).outputNames.filter(name => !Object.hasOwn(loss as object, name))
    : [];
  if (missing.length > 0) {
    throw new RangeError(
      `Expected \`loss\` to have one for each output of model "${model.name}", but "${missing.join('", "')}" has none`,
    );
  }
  try {
    return lossFunctionsOf(model, loss);
  } catch (error) {
    throw new RangeError(`Expected \`loss\` to be one that compile takes, but: ${(error as Error).message}`, {
      cause: error,
    });
  }
}
