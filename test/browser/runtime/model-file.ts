import * as tf from '@tensorflow/tfjs';
import {compressed} from 'tfjs-pruning/wire';
import {thinOut} from '../../runtime/against-predict.js';
import {withRandomWeights} from '../../support/random-weights.js';
import {inputOf} from './job.js';

const {layers} = tf;

/** A pruned model as a file, and what tf.js computes of it. */
export async function modelFile(): Promise<{file: Uint8Array; outputs: number[]}> {
  let file: Uint8Array;
  const warn = jest.spyOn(console, 'warn').mockImplementation();
  await net().save(compressed({save: bytes => void (file = bytes)}, {bits: 8}));
  warn.mockRestore();
  const model = await tf.loadLayersModel(compressed({load: () => file as Uint8Array<ArrayBuffer>}));
  return {file: file!, outputs: predicted(model)};
}

/** Of a picture and some words, with one in ten of its weights: convolutions, a residual sum, a recurrent layer. */
function net(): tf.LayersModel {
  const [picture, words] = [tf.input({shape: [13, 13, 3]}), tf.input({shape: [9]})];
  const first = apply(layers.conv2d({filters: 16, kernelSize: 3, strides: 2, padding: 'same'}), picture);
  const normal = apply(layers.reLU(), apply(layers.batchNormalization(), first));
  const deep = apply(layers.depthwiseConv2d({kernelSize: 3, padding: 'same', activation: 'relu6'}), normal);
  const wide = apply(layers.conv2d({filters: 16, kernelSize: 1}), deep);
  const sum = apply(layers.add(), [normal, wide]);
  const seen = apply(layers.flatten(), apply(layers.maxPooling2d({poolSize: 2}), sum));
  const read = apply(layers.gru({units: 12}), apply(layers.embedding({inputDim: 7, outputDim: 8}), words));
  const both = apply(layers.dense({units: 40, activation: 'tanh'}), apply(layers.concatenate(), [seen, read]));
  const scores = apply(layers.dense({units: 5, activation: 'softmax'}), both);
  const model = withRandomWeights(tf.model({inputs: [picture, words], outputs: scores}), 1);
  thinOut(model, 0.9);
  return model;
}

function apply(layer: tf.layers.Layer, inputs: tf.SymbolicTensor | tf.SymbolicTensor[]): tf.SymbolicTensor {
  return layer.apply(inputs) as tf.SymbolicTensor;
}

function predicted(model: tf.LayersModel): number[] {
  return tf.tidy(() => {
    const tensors = model.inputs.map(({shape: [, ...shape]}) => {
      return tf.tensor(inputOf(shape as number[]), [1, ...(shape as number[])]);
    });
    return [...(model.predict(tensors) as tf.Tensor).dataSync()];
  });
}
