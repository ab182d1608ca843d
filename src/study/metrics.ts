import * as tf from '@tensorflow/tfjs-core';
import type * as tfl from '@tensorflow/tfjs-layers';
import type {Examples} from './examples.js';
import {metric, type Metric} from './parts.js';

/** Examples that are predicted at once. */
const BATCH = 256;

/**
 * The fraction of examples whose class has the highest output, in percent; each example counts the same, and of
 * sequences each step.
 *
 * Targets are one-hot vectors, or numbers of classes, which the loss 'sparseCategoricalCrossentropy' of tf.js takes as
 * float32. A target of zeros alone, with which a step is padded, does not count, and adds nothing to the loss
 * 'categoricalCrossentropy'. A single output is the probability of the second of two classes, as for `binaryAccuracy`.
 */
export function top1(): Metric {
  return metric({name: 'top1', version: 1, measure: (model, test) => topK(model, test, 1)});
}

/** The fraction of examples whose class is among the five highest outputs, in percent; otherwise as {@link top1}. */
export function top5(): Metric {
  return metric({name: 'top5', version: 1, measure: (model, test) => topK(model, test, 5)});
}

/** The fraction of examples whose class is among the k highest outputs, in percent. */
export async function topK(model: Pick<tfl.LayersModel, 'predict'>, {xs, ys}: Examples, k: number): Promise<number> {
  const share = tf.tidy(() => {
    const outputs = model.predict(xs, {batchSize: BATCH});
    if (Array.isArray(outputs)) {
      throw new TypeError(`top${k}() expects a net of one output, got one of ${outputs.length}; pass another metric`);
    }
    const {scores, classes, counts} = classification(k, outputs, ys);
    const {indices} = tf.topk(scores, Math.min(k, scores.shape.at(-1)!));
    const hits = tf.sum(tf.cast(tf.equal(indices, tf.expandDims(classes, -1)), 'float32'), -1);
    return tf.div(tf.sum(tf.mul(hits, counts)), tf.sum(counts));
  });
  const [value] = await share.data();
  share.dispose();
  return 100 * value!;
}

interface Classification {
  /** Of each class. */
  readonly scores: tf.Tensor;
  /** The number of the right class. */
  readonly classes: tf.Tensor;
  /** 1, or 0 for what is padded. */
  readonly counts: tf.Tensor;
}

function classification(k: number, outputs: tf.Tensor, ys: tf.Tensor): Classification {
  const places = outputs.shape.slice(0, -1);
  const hasShape = (shape: number[]) => tf.util.arraysEqual(shape, ys.shape);
  const isOne = outputs.shape.at(-1) === 1;
  if (hasShape(outputs.shape) && !isOne) {
    return {scores: outputs, classes: tf.argMax(ys, -1), counts: tf.step(tf.max(ys, -1))};
  }
  if (hasShape(outputs.shape) || (!isOne && (hasShape(places) || hasShape([...places, 1])))) {
    const scores = isOne ? tf.concat([tf.sub(1, outputs), outputs], -1) : outputs;
    return {
      scores,
      classes: tf.reshape(tf.cast(tf.round(tf.cast(ys, 'float32')), 'int32'), places),
      counts: tf.ones(places),
    };
  }
  throw new RangeError(
    `top${k}() expects targets of the shape of the outputs, [${outputs.shape.join()}], or the number of a class for ` +
      `each, [${places.join()}], got [${ys.shape.join()}]`,
  );
}
