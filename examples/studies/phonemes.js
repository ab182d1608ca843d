/**
 * How words are pronounced, by LSTMs with attention: single weights pruned against whole units cut out.
 * npx tfjs-pruning study examples/studies/phonemes.js
 */
import * as tf from '@tensorflow/tfjs-layers';
import {globalRanking, planChannelPruning, prunable, random, shrink} from 'tfjs-pruning';
import {GradualPruning} from 'tfjs-pruning/callbacks';
import {method, net, strategy, study, top1} from 'tfjs-pruning/study';
import {LETTERS, pronunciations, wholeWords} from './support/pronunciations.js';

/** Units of each layer. */
const UNITS = 48;

// #region net
const attention = net({
  name: 'attention',
  version: 1,
  make({seed, inputShapes, outputShape: [, phonemes]}) {
    const kernelInitializer = tf.initializers.glorotUniform({seed});
    const embeddingsInitializer = tf.initializers.randomUniform({minval: -0.5, maxval: 0.5, seed});
    const embedded = (input, name, inputDim) =>
      tf.layers.embedding({name, inputDim, outputDim: 24, embeddingsInitializer}).apply(input);
    const recurrent = {units: UNITS, returnSequences: true, kernelInitializer, recurrentInitializer: kernelInitializer};
    const dense = {kernelInitializer};
    const [letters, previous] = inputShapes.map(shape => tf.input({shape, dtype: 'int32'}));
    const read = tf.layers.lstm({name: 'reader', ...recurrent}).apply(embedded(letters, 'letters', LETTERS));
    const mean = tf.layers.globalAveragePooling1d({name: 'mean'}).apply(read);
    // States that the reader returned would be as good, but tf.js runs a layer once for each output that is used.
    const state = ['state', 'cell'].map(name =>
      tf.layers.dense({name, units: UNITS, activation: 'tanh', ...dense}).apply(mean),
    );
    const speaker = tf.layers.lstm({name: 'speaker', ...recurrent});
    const spoken = speaker.apply(embedded(previous, 'previous', phonemes), {initialState: state});
    const scores = tf.layers.dot({name: 'scores', axes: [2, 2]}).apply([spoken, read]);
    const weights = tf.layers.softmax({name: 'weights', axis: -1}).apply(scores);
    const context = tf.layers.dot({name: 'context', axes: [2, 1]}).apply([weights, read]);
    const both = tf.layers.concatenate({name: 'both'}).apply([context, spoken]);
    const hidden = tf.layers.dense({name: 'hidden', units: UNITS, activation: 'tanh', ...dense}).apply(both);
    const outputs = tf.layers.dense({name: 'output', units: phonemes, activation: 'softmax', ...dense}).apply(hidden);
    return tf.model({inputs: [letters, previous], outputs});
  },
});
// #endregion

const gradual = method({
  name: 'GradualPruning',
  version: 1,
  train: ({net: fresh, sparsity, layers}) => ({
    model: prunable(fresh, {layers}),
    callbacks: [new GradualPruning({sparsity, layers, allocation: globalRanking()})],
  }),
});

// #region units
/** Units of all layers cut out of the trained net, which is fine-tuned then. */
const fewerUnits = method({
  name: 'fewerUnits',
  version: 1,
  async prune({net: trained, target: {compression}}) {
    const plan = await planChannelPruning(trained, {parameters: 1 / compression});
    return {model: await shrink(trained, plan), callbacks: []};
  },
});
// #endregion

/** The same, with units chosen at random out of the net as it was made: a small net trained from scratch. */
const fromScratch = method({
  name: 'fromScratch',
  version: 1,
  async train({net: fresh, target: {compression}, seed}) {
    const plan = await planChannelPruning(fresh, {parameters: 1 / compression, criterion: random({seed})});
    return {model: await shrink(fresh, plan), callbacks: []};
  },
});

export default study({
  name: 'phonemes',
  data: [pronunciations({letters: 8, train: 6000, test: 1000})],
  nets: [attention],
  methods: [gradual, strategy({name: 'globalMagnitude'}), fewerUnits, fromScratch],
  targets: {compression: [2, 4, 8]},
  seeds: [1, 2],
  train: {epochs: 6, tuneEpochs: 3, batchSize: 100, learningRate: 0.005},
  metrics: [top1(), wholeWords()],
});
