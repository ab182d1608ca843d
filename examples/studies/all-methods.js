/**
 * Every method of the package on MNIST-1D, single weights, from half of them to 98 %:
 *
 *     npx tfjs-pruning study examples/studies/all-methods.js
 */
import * as tf from '@tensorflow/tfjs-layers';
import {
  bernoulli,
  continuousSparsification,
  differentiablePruning,
  dynamicThreshold,
  filters,
  globalRanking,
  hardConcrete,
  l1,
  movement,
  prunable,
  pruneOnce,
  reconstruct,
  scaleGates,
  softThreshold,
  synFlow,
} from 'tfjs-pruning';
import {
  GradualPruning,
  IterativePruning,
  LearnedMasks,
  PruneAtInitialization,
  RigL,
  ScheduledPenalty,
  SoftFilterPruning,
  SparseEvolutionaryTraining,
  SparseMomentum,
  StaticSparse,
  TargetedDropout,
} from 'tfjs-pruning/callbacks';
import {method, mnist1d, net, strategy, study} from 'tfjs-pruning/study';

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

/** A method that trains the wrapped net with a callback. */
const byCallback = (name, makeCallback) =>
  method({
    name,
    version: 1,
    train: call => ({model: prunable(call.net, {layers: call.layers}), callbacks: [makeCallback(call)]}),
  });

const GATES = {
  bernoulli,
  continuousSparsification,
  differentiablePruning,
  dynamicThreshold,
  hardConcrete,
  scaleGates,
  softThreshold,
};

/** A method that trains a gate for each weight. */
const byGate = ([name, makeGate]) =>
  method({
    name,
    version: 1,
    train: ({net: fresh, sparsity, layers}) => ({
      model: prunable(fresh, {layers, gate: makeGate()}),
      callbacks: [new LearnedMasks({target: sparsity})],
    }),
  });

/** A penalty drives weights to zero in the first two thirds of the training; those that are small then are masked. */
const penalty = method({
  name: 'l1',
  version: 1,
  train: ({net: fresh, sparsity, layers}) => ({
    model: prunable(fresh, {layers}),
    callbacks: [new ScheduledPenalty({penalty: l1({strength: 1e-4}), target: sparsity})],
  }),
  finish: async (model, {sparsity, layers}) => {
    await pruneOnce(model, {sparsity, layers, allocation: globalRanking()});
    return model;
  },
});

/** Pruned in one shot, and brought back by least squares before it is fine-tuned. */
const reconstructed = method({
  name: 'reconstruct',
  version: 1,
  async prune({net: teacher, sparsity, layers, data: {xs}}) {
    const model = prunable(teacher, {layers});
    await pruneOnce(model, {sparsity, layers, allocation: globalRanking()});
    await reconstruct(model, {teacher, data: {xs}});
    return {model, callbacks: []};
  },
});

const ranked = ({sparsity, layers}) => ({sparsity, layers, allocation: globalRanking()});

export default study({
  name: 'all-methods',
  data: [mnist1d()],
  nets: [cnn],
  methods: [
    byCallback('GradualPruning', call => new GradualPruning(ranked(call))),
    byCallback('movement', call => new GradualPruning({...ranked(call), criterion: movement(), regrowth: true})),
    byCallback('IterativePruning', call => new IterativePruning(ranked(call))),
    byCallback('lotteryTicket', call => new IterativePruning({...ranked(call), rewind: 'weights'})),
    byCallback('TargetedDropout', ({sparsity, layers}) => new TargetedDropout({sparsity, layers})),
    byCallback('SNIP', ({sparsity, layers}) => new PruneAtInitialization({sparsity, layers})),
    byCallback('SynFlow', call => new PruneAtInitialization({...ranked(call), criterion: synFlow()})),
    byCallback('StaticSparse', ({sparsity, layers, seed}) => new StaticSparse({sparsity, layers, seed})),
    byCallback('SET', ({sparsity, layers, seed}) => new SparseEvolutionaryTraining({sparsity, layers, seed})),
    byCallback('RigL', ({sparsity, layers, seed}) => new RigL({sparsity, layers, seed})),
    byCallback('SparseMomentum', ({sparsity, layers, seed}) => new SparseMomentum({sparsity, layers, seed})),
    byCallback('SoftFilterPruning', ({sparsity}) => new SoftFilterPruning({sparsity, layers: /conv/})),
    byCallback('filters', ({sparsity}) => new GradualPruning({sparsity, structure: filters(), layers: /conv/})),
    penalty,
    ...Object.entries(GATES).map(byGate),
    ...['random', 'layerMagnitude', 'globalMagnitude', 'globalGradient'].map(name => strategy({name})),
    reconstructed,
  ],
  targets: {sparsity: [0.5, 0.8, 0.9, 0.95, 0.98]},
  seeds: [1, 2, 3, 4, 5],
  train: {epochs: 20, tuneEpochs: 10, batchSize: 100, optimizer: 'fusedAdam', learningRate: 0.005},
});
