/**
 * What accuracy do masks cost that the sparse runtime likes? Single weights against what `recommendStructure` chooses,
 * at equal sparsity: npx tfjs-pruning study examples/studies/blocks.js
 */
import * as tf from '@tensorflow/tfjs-layers';
import {prunable, recommendStructure} from 'tfjs-pruning';
import {GradualPruning} from 'tfjs-pruning/callbacks';
import {dataSet, method, net, study} from 'tfjs-pruning/study';
import {digits} from './support/digits.js';

/** The structures by the names of their methods, made for a net. */
const STRUCTURES = {
  weights: () => undefined,
  recommended: model => recommendStructure(model),
  'recommended-int8': model => recommendStructure(model, {precision: 'int8'}),
};

const gradual = structure =>
  method({
    name: structure,
    version: 1,
    train({net: model, sparsity, layers}) {
      const chosen = STRUCTURES[structure](model);
      const callback = new GradualPruning({sparsity, layers, ...(chosen && {structure: chosen})});
      return {model: prunable(model, {layers}), callbacks: [callback]};
    },
  });

/** Gradual pruning by each structure, on some nets. */
export function blocks(args) {
  return study({
    methods: Object.keys(STRUCTURES).map(gradual),
    targets: {sparsity: [0.8, 0.9]},
    seeds: [1, 2, 3],
    ...args,
  });
}

const mnist = dataSet({
  name: 'mnist',
  version: 1,
  options: {count: 12_000},
  load: ({count}) => ({train: digits('train', count, [28, 28, 1]), test: digits('t10k', 10_000, [28, 28, 1])}),
});

const {flatten, dense, conv2d, maxPooling2d} = tf.layers;

const lenet300 = net({
  name: 'LeNet-300-100',
  version: 1,
  make({seed, inputShape}) {
    const kernelInitializer = tf.initializers.glorotNormal({seed});
    return tf.sequential({
      layers: [
        flatten({inputShape}),
        dense({name: 'hidden1', units: 300, activation: 'relu', kernelInitializer}),
        dense({name: 'hidden2', units: 100, activation: 'relu', kernelInitializer}),
        dense({name: 'output', units: 10, activation: 'softmax', kernelInitializer}),
      ],
    });
  },
});

const lenet5 = net({
  name: 'LeNet-5',
  version: 1,
  make({seed, inputShape}) {
    const kernelInitializer = tf.initializers.heNormal({seed});
    const conv = {kernelSize: 5, activation: 'relu', kernelInitializer};
    return tf.sequential({
      layers: [
        conv2d({name: 'conv1', filters: 20, inputShape, ...conv}),
        maxPooling2d({poolSize: 2}),
        conv2d({name: 'conv2', filters: 50, ...conv}),
        maxPooling2d({poolSize: 2}),
        flatten(),
        dense({name: 'hidden', units: 500, activation: 'relu', kernelInitializer}),
        dense({name: 'output', units: 10, activation: 'softmax', kernelInitializer}),
      ],
    });
  },
});

export default blocks({
  name: 'blocks',
  data: [mnist],
  nets: [lenet300, lenet5],
  train: {epochs: 10, tuneEpochs: 5, batchSize: 100, optimizer: 'fusedAdam'},
});
