/** A study of a small net on MNIST-1D: npx tfjs-pruning study examples/studies/first.js */
import * as tf from '@tensorflow/tfjs-layers';
import {globalRanking, prunable} from 'tfjs-pruning';
import {GradualPruning} from 'tfjs-pruning/callbacks';
import {method, mnist1d, net, strategy, study} from 'tfjs-pruning/study';

// #region net
const cnn = net({
  name: 'cnn',
  version: 1,
  make({seed, inputShape}) {
    const kernelInitializer = tf.initializers.heNormal({seed});
    const conv = {filters: 25, kernelSize: 5, strides: 2, padding: 'same', activation: 'relu', kernelInitializer};
    return tf.sequential({
      layers: [
        tf.layers.conv1d({name: 'conv1', inputShape, ...conv}),
        tf.layers.conv1d({name: 'conv2', ...conv}),
        tf.layers.conv1d({name: 'conv3', ...conv}),
        tf.layers.flatten(),
        tf.layers.dense({name: 'output', units: 10, activation: 'softmax', kernelInitializer}),
      ],
    });
  },
});
// #endregion

// #region method
const gradual = method({
  name: 'GradualPruning',
  version: 1,
  train: ({net: fresh, sparsity, layers}) => ({
    model: prunable(fresh, {layers}),
    callbacks: [new GradualPruning({sparsity, layers, allocation: globalRanking()})],
  }),
});
// #endregion

// #region study
export default study({
  name: 'first',
  data: [mnist1d()],
  nets: [cnn],
  methods: [gradual, ...['random', 'layerMagnitude', 'globalMagnitude'].map(name => strategy({name}))],
  targets: {compression: [2, 4, 8, 16, 32]},
  seeds: [1, 2, 3],
  train: {epochs: 20, tuneEpochs: 10, batchSize: 100},
});
// #endregion
