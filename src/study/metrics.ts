import * as tf from '@tensorflow/tfjs-core';
import {metric, type Metric} from './parts.js';

/** Examples that are predicted at once. */
const BATCH = 256;

/** The fraction of examples whose class has the highest output, in percent; each example counts the same. */
export function top1(): Metric {
  return metric({name: 'top1', version: 1, measure: (model, test) => topK(model, test, 1)});
}

/** The fraction of examples whose class is among the five highest outputs, in percent. */
export function top5(): Metric {
  return metric({name: 'top5', version: 1, measure: (model, test) => topK(model, test, 5)});
}

async function topK(
  model: {predict(x: tf.Tensor, args: {batchSize: number}): tf.Tensor | tf.Tensor[]},
  {xs, ys}: {xs: tf.Tensor; ys: tf.Tensor},
  k: number,
): Promise<number> {
  const hits = tf.tidy(() => {
    const outputs = model.predict(xs, {batchSize: BATCH}) as tf.Tensor2D;
    const {indices} = tf.topk(outputs, Math.min(k, outputs.shape[1]));
    return tf.sum(tf.cast(tf.equal(indices, tf.expandDims(tf.argMax(ys, -1), 1)), 'float32'));
  });
  const [count] = await hits.data();
  hits.dispose();
  return (100 * count!) / xs.shape[0];
}
