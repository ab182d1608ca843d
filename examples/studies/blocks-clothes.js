/** The same for a ResNet-20-like net on 6,000 clothes: npx tfjs-pruning study examples/studies/blocks-clothes.js */
import * as tf from '@tensorflow/tfjs-layers';
import {dataSet, net} from 'tfjs-pruning/study';
import {blocks} from './blocks.js';
import {clothes} from './support/clothes.js';

const fashion = dataSet({
  name: 'fashion-mnist',
  version: 1,
  options: {perClass: 600, tested: 200},
  load: ({perClass, tested}) => ({train: clothes(perClass), test: clothes(tested, perClass)}),
});

const resnet = net({
  name: 'ResNet-20-like',
  version: 1,
  make({seed, inputShape}) {
    let drawn = 1000 * seed;
    const normalized = (x, filters, kernelSize, strides) => {
      const kernelInitializer = tf.initializers.heNormal({seed: drawn++});
      const conv = {filters, kernelSize, strides, padding: 'same', useBias: false, kernelInitializer};
      const scaled = tf.layers.batchNormalization({momentum: 0.9}); // trainings are short here
      return scaled.apply(tf.layers.conv2d(conv).apply(x));
    };
    const relu = x => tf.layers.reLU().apply(x);
    const residual = (x, filters, strides) => {
      const branch = normalized(relu(normalized(x, filters, 3, strides)), filters, 3, 1);
      const isSame = strides === 1 && x.shape.at(-1) === filters;
      return relu(tf.layers.add().apply([branch, isSame ? x : normalized(x, filters, 1, strides)]));
    };
    const inputs = tf.input({shape: inputShape});
    let x = relu(normalized(inputs, 8, 3, 2));
    for (const filters of [8, 16, 32]) {
      for (const block of [0, 1, 2]) x = residual(x, filters, block === 0 && filters > 8 ? 2 : 1);
    }
    const kernelInitializer = tf.initializers.glorotNormal({seed: drawn});
    const output = tf.layers.dense({name: 'output', units: 10, activation: 'softmax', kernelInitializer});
    return tf.model({inputs, outputs: output.apply(tf.layers.globalAveragePooling2d({}).apply(x))});
  },
});

export default blocks({
  name: 'blocks-clothes',
  data: [fashion],
  nets: [resnet],
  train: {epochs: 7, tuneEpochs: 5, batchSize: 64, optimizer: 'momentum', learningRate: 0.05, tuneLearningRate: 0.01},
});
