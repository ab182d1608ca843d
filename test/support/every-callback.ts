import * as tf from '@tensorflow/tfjs';
import {
  averagePercentageOfZeros,
  channels,
  fisher,
  grasp,
  groupLasso,
  growingRegularization,
  l1,
  movement,
  prunable,
  selectiveWeightDecay,
  taylor,
  wanda,
  weights,
} from 'tfjs-pruning';
import {
  GradualPruning,
  IterativePruning,
  ProximalPenalty,
  PruneAtInitialization,
  RigL,
  ScheduledPenalty,
  SoftFilterPruning,
  SparseEvolutionaryTraining,
  SparseMomentum,
  SparsityLogger,
  StaticSparse,
  TargetedDropout,
  type ResumableCallback,
} from 'tfjs-pruning/callbacks';
import {constantSparsity, oneShot, polynomialDecay} from 'tfjs-pruning/schedules';
import {OwnMethod} from './own-method.js';

/** A callback of ours. */
export type Resumable = tf.Callback & ResumableCallback;

/** From step 3 on, to 0.6 at step 7. */
export const growing = () => polynomialDecay({finalSparsity: 0.6, beginStep: 3, endStep: 7, frequency: 4});

/**
 * Each callback, and each kind of what one may remember; all end within eight steps, two epochs. Seeds are drawn where
 * they are by default.
 */
export const EVERY_CALLBACK: Record<string, (common?: {initialStep?: number}) => Resumable> = {
  'GradualPruning by magnitude': common => new GradualPruning({schedule: growing(), ...common}),
  'GradualPruning by taylor()': common => new GradualPruning({schedule: growing(), criterion: taylor(), ...common}),
  'GradualPruning by fisher(), of two batches': common =>
    new GradualPruning({schedule: growing(), criterion: fisher(), observedBatches: 2, ...common}),
  'GradualPruning by movement(), with regrowth': common =>
    new GradualPruning({schedule: growing(), criterion: movement(), regrowth: true, ...common}),
  'GradualPruning by wanda()': common => new GradualPruning({schedule: growing(), criterion: wanda(), ...common}),
  'GradualPruning by averagePercentageOfZeros(), in epochs': common =>
    new GradualPruning({
      schedule: oneShot({targetSparsity: 0.5, beginStep: 2}),
      stepUnit: 'epoch',
      criterion: averagePercentageOfZeros(),
      structure: channels(),
      ...common,
    }),
  'IterativePruning, weights rewound': common =>
    new IterativePruning({
      trainSteps: 3,
      retrainSteps: 2,
      rounds: 2,
      finalSparsity: 0.5,
      rewind: 'weights',
      learningRate: step => 0.1 / (step + 1),
      ...common,
    }),
  'IterativePruning, over the fit': common =>
    new IterativePruning({sparsity: 0.5, rounds: 1, rewind: 'weights', ...common}),
  'IterativePruning, by taylor(), weights drawn anew': common =>
    new IterativePruning({
      trainSteps: 3,
      rounds: 2,
      rate: 0.3,
      rates: {output: 0.1},
      rewind: 'reinitialize',
      criterion: taylor(),
      ...common,
    }),
  SoftFilterPruning: common =>
    new SoftFilterPruning({
      schedule: constantSparsity({targetSparsity: 0.5, beginStep: 2, endStep: 6, frequency: 2}),
      stepUnit: 'batch',
      ...common,
    }),
  'PruneAtInitialization by snip(), in rounds of two batches': common =>
    new PruneAtInitialization({sparsity: 0.6, rounds: 2, observedBatches: 2, ...common}),
  'PruneAtInitialization by grasp()': common =>
    new PruneAtInitialization({sparsity: 0.6, criterion: grasp(), observedBatches: 3, ...common}),
  StaticSparse: common => new StaticSparse({sparsity: 0.5, ...common}),
  'SoftFilterPruning, in epochs': common =>
    new SoftFilterPruning({
      schedule: constantSparsity({targetSparsity: 0.5, beginStep: 1, endStep: 2, frequency: 1}),
      ...common,
    }),
  'SparseMomentum, in epochs': common => new SparseMomentum({sparsity: 0.5, endStep: 2, ...common}),
  SparseEvolutionaryTraining: common =>
    new SparseEvolutionaryTraining({
      sparsity: 0.5,
      stepUnit: 'batch',
      frequency: 3,
      endStep: 7,
      startDeviation: 0.1,
      ...common,
    }),
  'RigL, over the fit': common => new RigL({sparsity: 0.5, endStep: 0.9, frequency: 0.3, stepUnit: 'fit', ...common}),
  RigL: common => new RigL({sparsity: 0.5, endStep: 8, frequency: 3, observedBatches: 2, ...common}),
  SparseMomentum: common => new SparseMomentum({sparsity: 0.5, stepUnit: 'batch', frequency: 3, endStep: 7, ...common}),
  TargetedDropout: common =>
    new TargetedDropout({schedule: oneShot({targetSparsity: 0.5, beginStep: 6}), seed: 3, ...common}),
  'TargetedDropout, growing': common => new TargetedDropout({schedule: growing(), ...common}),
  'ScheduledPenalty by l1()': common =>
    new ScheduledPenalty({penalty: l1({strength: 1e-2}), strength: step => step / 10, ...common}),
  'ScheduledPenalty by selectiveWeightDecay(), every third step': common =>
    new ScheduledPenalty({penalty: selectiveWeightDecay({sparsity: 0.5, strength: 0.1}), frequency: 3, ...common}),
  'ScheduledPenalty by growingRegularization(), chosen once': common =>
    new ScheduledPenalty({
      penalty: growingRegularization({variant: 1, sparsity: 0.5, growth: 0.3, frequency: 2, structure: weights()}),
      ...common,
    }),
  'ScheduledPenalty by growingRegularization(), chosen after picking': common =>
    new ScheduledPenalty({
      penalty: growingRegularization({
        variant: 2,
        sparsity: 0.5,
        growth: 0.3,
        frequency: 1,
        pickingGrowth: 0.1,
        pickingCeiling: 0.2,
        recovery: 0.1,
      }),
      ...common,
    }),
  'ScheduledPenalty by a target': common =>
    new ScheduledPenalty({
      penalty: l1({strength: 1e-2}),
      target: 0.5,
      below: 0.1,
      epochs: 2,
      batchesPerEpoch: 4,
      ...common,
    }),
  'ProximalPenalty by a target': common =>
    new ProximalPenalty({
      penalty: l1({strength: 1e-2}),
      target: 0.5,
      below: 0.1,
      epochs: 2,
      batchesPerEpoch: 4,
      ...common,
    }),
  ProximalPenalty: common =>
    new ProximalPenalty({penalty: groupLasso({strength: 0.1}), strength: step => step / 4, ...common}),
  SparsityLogger: () => new SparsityLogger({print: null}),
  'a method of a user': common => new OwnMethod(common),
};

/** A dense layer and a batch normalization behind it, one with a rectifier, and the output. */
export function net(): tf.LayersModel {
  const initializer = (seed: number) => ({kernelInitializer: tf.initializers.glorotNormal({seed})});
  const model = prunable(
    tf.sequential({
      layers: [
        tf.layers.dense({name: 'first', units: 5, inputShape: [6], ...initializer(1)}),
        tf.layers.batchNormalization({name: 'bn'}),
        tf.layers.dense({name: 'hidden', units: 6, activation: 'relu', ...initializer(2)}),
        tf.layers.dense({name: 'output', units: 2, ...initializer(3)}),
      ],
    }),
  );
  model.compile({optimizer: tf.train.momentum(0.1, 0.9), loss: 'meanSquaredError'});
  return model;
}
