/** A study of your own data and net: npx tfjs-pruning study examples/studies/own-data.js */
import * as tf from '@tensorflow/tfjs';
import {dataSet, net, strategy, study} from 'tfjs-pruning/study';

/** 1000 points of a square; the class is whether a point is in the circle. In place of this, read your own files. */
function points(seed) {
  return tf.tidy(() => {
    const xs = tf.randomUniform([1000, 2], -1, 1, 'float32', seed);
    const isInside = tf.less(tf.sum(tf.square(xs), 1), 0.6);
    return {xs, ys: tf.cast(tf.oneHot(tf.cast(isInside, 'int32'), 2), 'float32')};
  });
}

// #region own
const circle = dataSet({
  name: 'circle',
  version: 1,
  load: async () => ({train: points(1), test: points(2)}), // {xs, ys}: tensors with one example a row
});
const mlp = net({
  name: 'mlp',
  version: 1,
  make({seed, inputShape, outputShape: [classes]}) {
    const kernelInitializer = tf.initializers.heNormal({seed});
    return tf.sequential({
      layers: [
        tf.layers.dense({name: 'hidden1', units: 64, activation: 'relu', kernelInitializer, inputShape}),
        tf.layers.dense({name: 'hidden2', units: 64, activation: 'relu', kernelInitializer}),
        tf.layers.dense({name: 'output', units: classes, activation: 'softmax', kernelInitializer}),
      ],
    });
  },
});
const methods = [strategy({name: 'globalMagnitude'}), strategy({name: 'random'})];
const train = {epochs: 20, tuneEpochs: 10, batchSize: 50, optimizer: 'adam', learningRate: 0.01};
export default study({name: 'own-data', data: [circle], nets: [mlp], methods, targets: {sparsity: [0.5, 0.9]}, train});
// #endregion
