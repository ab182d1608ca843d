import * as tf from '@tensorflow/tfjs-core';
import {expectModel} from '../layers/model-layers.js';
import {differentiating, type Loss, type LossFunction, type Model} from '../tfjs-internals.js';
import {batchLoss, expectLoss} from './batch-loss.js';
import type {AfterBatch} from './batch-steps.js';
import type {DataArgs} from './data.js';
import {eachBatch, type FittingBatch} from './each-batch.js';
import type {Observer} from './observer.js';

/**
 * Shows an observer the passes of a model over data: forward, and backward for a criterion of gradients. Nothing of the
 * model changes.
 *
 * The model computes as it does in `predict`: without dropout, and with the moving averages of batch normalizations.
 * The gradients are those of the mean loss of a batch, summed over the outputs, without the layers' regularizers.
 *
 * @param loss in one of the forms that `compile` takes. Defaults to what the model was compiled with.
 * @param afterBatch is awaited after each batch. Passes that others run meanwhile are not seen.
 * @throws TypeError if model or data are something else; Error if there is no loss, and none is given; RangeError
 *     if there are no batches, or one does not fit the model: in an array before the first pass, else as it comes.
 *
 * @example
 * const observer = new Observer(layer.maskedWeights, taylor());
 * await observeBatches(model, observer, {data: {xs, ys}}, 'categoricalCrossentropy');
 */
export async function observeBatches(
  model: Model,
  observer: Observer,
  data: DataArgs,
  loss?: Loss,
  afterBatch?: AfterBatch,
): Promise<void> {
  expectModel('observeBatches', model);
  const losses = observer.isBackward ? expectLoss(model, loss) : undefined;
  const pass = (batch: FittingBatch) => {
    observer.start('all');
    try {
      if (losses) observer.watch(() => differentiate(model, observer, losses, batch));
      else model.call(batch.xs, {training: false});
      observer.endPass();
    } finally {
      observer.stop(); // between batches others may run the model
    }
  };
  await eachBatch(model, data, pass, losses, afterBatch);
}

/** Drops the gradients: the observer has already tapped them. */
function differentiate(model: Model, {weights}: Observer, losses: readonly LossFunction[], batch: FittingBatch): void {
  const loss = () => batchLoss(model, losses, batch);
  differentiating(() => tf.grads(loss)(weights.map(({kernel}) => kernel.read())));
}
