import * as tf from '@tensorflow/tfjs';
import {dataSet, net, study, type StudyArgs} from 'tfjs-pruning/study';

/** Three classes of points in a plane, 90 to train on and 30 to test. */
export const blobs = dataSet({
  name: 'blobs',
  version: 1,
  load() {
    const part = (count: number, seed: number) => {
      const classes = tf.tidy(() => tf.tensor1d(Array.from({length: count}, (_, i) => i % 3)).toInt());
      const ys = tf.tidy(() => tf.oneHot(classes, 3).toFloat());
      const xs = tf.tidy(() => {
        const centers = tf.tensor2d([
          [0, 2],
          [2, -1],
          [-2, -1],
        ]);
        return tf.add(tf.gather(centers, classes), tf.randomNormal([count, 2], 0, 0.6, 'float32', seed));
      });
      classes.dispose();
      return {xs, ys};
    };
    return {train: part(90, 1), test: part(30, 2)};
  },
});

/** 2 * 8 + 8, 8 * 6 + 6, 6 * 3 + 3: 99 parameters, of which 82 are weights. */
export const mlp = net({
  name: 'mlp',
  version: 1,
  make({seed, inputShape, outputShape: [classes]}) {
    const kernelInitializer = tf.initializers.heNormal({seed});
    return tf.sequential({
      name: 'mlp',
      layers: [
        tf.layers.dense({name: 'hidden1', units: 8, activation: 'relu', kernelInitializer, inputShape}),
        tf.layers.dense({name: 'hidden2', units: 6, activation: 'relu', kernelInitializer}),
        tf.layers.dense({name: 'output', units: classes!, activation: 'softmax', kernelInitializer}),
      ],
    });
  },
});

export const RECIPE = {epochs: 3, tuneEpochs: 2, batchSize: 30, learningRate: 0.01};

/** A study of the blobs. */
export const studyOf = (args: Partial<StudyArgs> & Pick<StudyArgs, 'methods'>) =>
  study({name: 'blobs', data: [blobs], nets: [mlp], seeds: [1], train: RECIPE, ...args});
