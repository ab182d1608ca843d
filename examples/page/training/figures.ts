import * as tf from '@tensorflow/tfjs-core';
import type {LayersModel, Sequential} from '@tensorflow/tfjs-layers';
import {sparsityReport, stripPruning} from 'tfjs-pruning';
import type {Figures} from '../protocol.js';
import {brightness, images, someOf, type Digits} from './digits.js';
import {otherTasks} from './event-loop.js';
import {gzippedBytes, modelFiles} from './model-files.js';

const BATCH = 500;

/** What a net is worth on these digits, and what it costs as it would be shipped. */
export async function figuresOf(model: LayersModel, digits: Digits): Promise<Figures> {
  const {weights, zeros, nonZeroMultiplyAdds} = (await sparsityReport(model)).total;
  const stripped = stripPruning(model as Sequential);
  try {
    const bytes = await gzippedBytes(await modelFiles(stripped, 'model'));
    const accuracy = await accuracyOf(stripped, digits);
    return {accuracy, weights, weightsLeft: weights - zeros, multiplyAdds: nonZeroMultiplyAdds, bytes};
  } finally {
    stripped.dispose();
  }
}

async function accuracyOf(model: LayersModel, digits: Digits): Promise<number> {
  const count = digits.labels.length;
  let hits = 0;
  for (let from = 0; from < count; from += BATCH) {
    const {labels, pixels} = someOf(digits, from, from + BATCH);
    const answers = tf.tidy(() => tf.argMax(model.predict(images(brightness(pixels))) as tf.Tensor, -1).dataSync());
    hits += answers.filter((answer, i) => answer === labels[i]).length;
    await otherTasks();
  }
  return hits / count;
}
