import * as tf from '@tensorflow/tfjs-core';
import {expectModel} from '../layers/model-layers.js';
import {isPlainObject, received} from '../options/expect.js';
import {
  differentiating,
  lossFunctionsOf,
  slotNames,
  type Loss,
  type LossFunction,
  type Model,
} from '../tfjs-internals.js';
import type {DataArgs} from './data.js';
import {eachBatch} from './each-batch.js';
import type {Observer} from './observer.js';

/**
 * Shows an observer the passes of a model over data: forward, and backward for a criterion of gradients. Nothing of the
 * model changes.
 *
 * The model computes as it does in `predict`: without dropout, and with the moving averages of batch normalizations.
 * The gradients are those of the mean loss of a batch, summed over the outputs, without the layers' regularizers.
 *
 * @param loss in one of the forms that `compile` takes. Defaults to what the model was compiled with.
 * @throws TypeError if model or data are something else; Error if there is no loss, and none is given; RangeError
 *     if there are no batches, or one does not fit the model: in an array before the first pass, else as it comes.
 *
 * @example
 * const observer = new Observer(layer.maskedWeights, taylor());
 * await observeBatches(model, observer, {data: {xs, ys}}, 'categoricalCrossentropy');
 */
export async function observeBatches(model: Model, observer: Observer, data: DataArgs, loss?: Loss): Promise<void> {
  expectModel('observeBatches', model);
  const losses = observer.isBackward ? expectLoss(model, loss) : undefined;
  observer.start('all');
  try {
    await eachBatch(
      model,
      data,
      ({xs, ys}) => {
        if (losses) observer.watch(() => differentiate(model, observer, losses, xs, ys));
        else model.call(xs, {training: false});
        observer.endPass();
      },
      losses,
    );
  } finally {
    observer.stop();
  }
}

/** Drops the gradients: the observer has already tapped them. */
function differentiate(
  model: Model,
  {weights}: Observer,
  losses: readonly LossFunction[],
  xs: tf.Tensor[],
  ys: tf.Tensor[],
): void {
  const totalLoss = () => {
    const outputs = [model.call(xs, {training: false})].flat();
    return tf.addN(losses.map((loss, i) => tf.mean(expectTensor(loss(ys[i]!, outputs[i]!)))));
  };
  differentiating(() => tf.grads(totalLoss)(weights.map(({kernel}) => kernel.read())));
}

/** A plain number has no gradient. */
function expectTensor(loss: tf.Tensor): tf.Tensor {
  if ((loss as unknown) instanceof tf.Tensor) return loss;
  throw new TypeError(`Expected \`loss\` to return a tensor, got ${received(loss)}`);
}

function expectLoss(model: Model, loss: Loss | undefined): readonly LossFunction[] {
  const losses = loss === undefined ? lossFunctionsOf(model) : lossFunctionsBy(model, loss);
  if (losses) return losses;
  throw new Error(`Expected model "${model.name}" to have a loss; compile it, or pass \`loss\``);
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
