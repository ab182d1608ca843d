import {mkdtempSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import * as tf from '@tensorflow/tfjs';
import {files} from 'tfjs-pruning';

/** A new folder for the files of a test. */
export const newFolder = (): string => mkdtempSync(join(tmpdir(), 'tfjs-pruning-command-'));

/** A net of two convolutions and a classifier: 3x3x1x8 + 8, 3x3x8x12 + 12, 48x3 + 3 = 1,103 parameters. */
export function net(seed = 1): tf.Sequential {
  const kernelInitializer = (own: number) => tf.initializers.heNormal({seed: 10 * seed + own});
  const conv = (name: string, filters: number, own: number, more = {}) =>
    tf.layers.conv2d({
      ...{name, filters, kernelSize: 3, strides: 2, activation: 'relu', kernelInitializer: kernelInitializer(own)},
      ...more,
    });
  return tf.sequential({
    name: 'net',
    layers: [
      conv('conv1', 8, 1, {inputShape: [12, 12, 1]}),
      conv('conv2', 12, 2),
      tf.layers.flatten(),
      tf.layers.dense({name: 'output', units: 3, activation: 'softmax', kernelInitializer: kernelInitializer(3)}),
    ],
  });
}

/** A net of two inputs and two outputs. */
export function twoByTwo(): tf.LayersModel {
  const [left, right] = [tf.input({shape: [3], name: 'left'}), tf.input({shape: [2], name: 'right'})];
  const joined = tf.layers.concatenate().apply([left, right]) as tf.SymbolicTensor;
  const dense = (name: string, units: number, seed: number) =>
    tf.layers.dense({name, units, kernelInitializer: tf.initializers.heNormal({seed})});
  const hidden = dense('hidden', 6, 1).apply(joined) as tf.SymbolicTensor;
  const outputs = [dense('sum', 1, 2), dense('kind', 4, 3)].map(head => head.apply(hidden) as tf.SymbolicTensor);
  return tf.model({inputs: [left, right], outputs});
}

/** Saves a model in a folder, and returns the path. */
export async function saved(model: tf.LayersModel, folder: string): Promise<string> {
  await model.save(files(folder));
  return folder;
}
