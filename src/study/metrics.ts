import * as tf from '@tensorflow/tfjs-core';
import {metric, type Examples, type Metric} from './parts.js';

/** Examples that are predicted at once. */
const BATCH = 256;

/**
 * The fraction of examples whose class has the highest output, in percent; each example counts the same, and of
 * sequences each position.
 *
 * Targets are one class in ones and zeros, like the outputs, or the number of the class. A single output is the
 * probability of the second of two classes, as for `binaryAccuracy`.
 */
export function top1(): Metric {
  return metric({name: 'top1', version: 1, measure: (model, test) => topK(model, test, 1)});
}

/** The fraction of examples whose class is among the five highest outputs, in percent; otherwise as {@link top1}. */
export function top5(): Metric {
  return metric({name: 'top5', version: 1, measure: (model, test) => topK(model, test, 5)});
}

interface Classifier {
  predict(x: tf.Tensor, args: {batchSize: number}): tf.Tensor | tf.Tensor[];
}

async function topK(model: Classifier, {xs, ys}: Examples, k: number): Promise<number> {
  let places = 0;
  const hits = tf.tidy(() => {
    const outputs = model.predict(xs, {batchSize: BATCH});
    if (Array.isArray(outputs)) {
      throw new TypeError(`top${k}() expects a net of one output, got one of ${outputs.length}; pass another metric`);
    }
    const {scores, classes} = classification(k, outputs, ys);
    const {indices} = tf.topk(scores, Math.min(k, scores.shape.at(-1)!));
    places = classes.size;
    return tf.sum(tf.cast(tf.equal(indices, tf.expandDims(classes, -1)), 'float32'));
  });
  const [count] = await hits.data();
  hits.dispose();
  return (100 * count!) / places;
}

/** A score for each class, and the number of the right one. */
function classification(k: number, outputs: tf.Tensor, ys: tf.Tensor): {scores: tf.Tensor; classes: tf.Tensor} {
  const places = outputs.shape.slice(0, -1);
  const isOne = outputs.shape.at(-1) === 1;
  if (tf.util.arraysEqual(outputs.shape, ys.shape)) {
    if (!isOne) return {scores: outputs, classes: tf.argMax(ys, -1)};
    return {scores: tf.concat([tf.sub(1, outputs), outputs], -1), classes: wholeNumbers(ys, places)};
  }
  const areNumbers = [places, [...places, 1]].some(shape => tf.util.arraysEqual(shape, ys.shape));
  if (areNumbers && !isOne) return {scores: outputs, classes: wholeNumbers(ys, places)};
  throw new RangeError(
    `top${k}() expects targets of the shape of the outputs, [${outputs.shape.join()}], or the number of a class for ` +
      `each, [${places.join()}], got [${ys.shape.join()}]`,
  );
}

function wholeNumbers(ys: tf.Tensor, shape: number[]): tf.Tensor {
  return tf.reshape(tf.cast(tf.round(ys), 'int32'), shape);
}
