/** Spam or not, by nets of an Embedding and a Conv1D or a GRU: npx tfjs-pruning study examples/studies/spam.js */
import * as tf from '@tensorflow/tfjs-layers';
import {globalRanking, hardConcrete, prunable} from 'tfjs-pruning';
import {GradualPruning, LearnedMasks} from 'tfjs-pruning/callbacks';
import {method, net, strategy, study} from 'tfjs-pruning/study';
import {spamMails} from './support/spam-mails.js';

const WORDS = 2000;
const LENGTH = 40;

/** A net that looks words up, reads them, and answers with two classes. */
function reader(name, layersOf) {
  return net({
    name,
    version: 1,
    make({seed, inputShape}) {
      const embeddingsInitializer = tf.initializers.randomUniform({minval: -0.05, maxval: 0.05, seed});
      const kernelInitializer = tf.initializers.glorotUniform({seed});
      const words = {name: 'words', inputDim: WORDS, outputDim: 16, embeddingsInitializer, inputShape};
      return tf.sequential({
        layers: [
          tf.layers.embedding(words),
          ...layersOf({kernelInitializer, recurrentInitializer: kernelInitializer}),
          tf.layers.dense({name: 'output', units: 2, activation: 'softmax', kernelInitializer}),
        ],
      });
    },
  });
}

const conv = reader('conv', ({kernelInitializer}) => [
  tf.layers.conv1d({name: 'conv', filters: 32, kernelSize: 5, activation: 'relu', kernelInitializer}),
  tf.layers.globalMaxPooling1d(),
]);

const gru = reader('gru', initializers => [tf.layers.gru({name: 'gru', units: 24, ...initializers})]);

const gradual = method({
  name: 'GradualPruning',
  version: 1,
  train: ({net: fresh, sparsity, layers}) => ({
    model: prunable(fresh, {layers}),
    callbacks: [new GradualPruning({sparsity, layers, allocation: globalRanking()})],
  }),
});

const learned = method({
  name: 'LearnedMasks',
  version: 1,
  train: ({net: fresh, sparsity, layers, seed}) => ({
    model: prunable(fresh, {layers, gate: hardConcrete({seed})}),
    callbacks: [new LearnedMasks({target: sparsity})],
  }),
});

export default study({
  name: 'spam',
  data: [spamMails({words: WORDS, length: LENGTH})],
  nets: [conv, gru],
  methods: [gradual, learned, ...['layerMagnitude', 'globalMagnitude'].map(name => strategy({name}))],
  targets: {sparsity: [0.5, 0.8, 0.9, 0.95]},
  seeds: [1, 2],
  train: {epochs: 4, tuneEpochs: 2, batchSize: 128, learningRate: 0.01},
});
