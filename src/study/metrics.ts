import * as tf from '@tensorflow/tfjs-core';
import type * as tfl from '@tensorflow/tfjs-layers';
import type {Examples} from './examples.js';
import {metric, type Metric} from './parts.js';

/** Examples that are predicted at once. */
const BATCH = 256;

/**
 * The fraction of examples whose class has the highest output, in percent; each example counts the same.
 *
 * Targets are one-hot vectors, or numbers of classes, which the loss 'sparseCategoricalCrossentropy' of tf.js takes as
 * float32. In a sequence each step counts. A target of zeros alone, with which a step is padded, does not count, and
 * adds nothing to the loss 'categoricalCrossentropy'.
 */
export function top1(): Metric {
  return metric({name: 'top1', version: 1, measure: (model, test) => topK(model, test, 1)});
}

/** The fraction of examples whose class is among the five highest outputs, in percent; see {@link top1}. */
export function top5(): Metric {
  return metric({name: 'top5', version: 1, measure: (model, test) => topK(model, test, 5)});
}

async function topK(model: Pick<tfl.LayersModel, 'predict'>, {xs, ys}: Examples, k: number): Promise<number> {
  const shares = tf.tidy(() => {
    const outputs = model.predict(xs, {batchSize: BATCH}) as tf.Tensor;
    const {classes, counts} = wanted(ys, outputs.shape);
    const {indices} = tf.topk(outputs, Math.min(k, outputs.shape.at(-1)!));
    const hits = tf.sum(tf.cast(tf.equal(indices, tf.expandDims(classes, -1)), 'float32'), -1);
    return tf.div(tf.sum(tf.mul(hits, counts)), tf.sum(counts));
  });
  const [share] = await shares.data();
  shares.dispose();
  return 100 * share!;
}

/** The class of each target, and whether it counts: 1 or 0. */
function wanted(ys: tf.Tensor, outputs: readonly number[]): {classes: tf.Tensor; counts: tf.Tensor} {
  const [places, classes] = [outputs.slice(0, -1), outputs.at(-1)!];
  const hasShape = (shape: readonly number[]) => ys.shape.join() === shape.join();
  if (classes > 1 && hasShape(outputs)) {
    return {classes: tf.argMax(ys, -1), counts: tf.cast(tf.greater(tf.max(ys, -1), 0), 'float32')};
  }
  if (classes > 1 && (hasShape(places) || hasShape([...places, 1]))) {
    return {classes: tf.cast(tf.reshape(ys, places), 'int32'), counts: tf.ones(places)};
  }
  throw new RangeError(
    'Expected targets and outputs of two or more classes, each target a one-hot vector or the number of a class, got ' +
      `targets of the shape [${ys.shape.join()}] for outputs of [${outputs.join()}]; use a metric of your own`,
  );
}
