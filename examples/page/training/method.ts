import type {Callback} from '@tensorflow/tfjs-layers';
import {
  blocks,
  coupledChannels,
  erdosRenyiKernel,
  filters,
  globalRanking,
  weights,
  type Allocation,
  type Structure as PrunedParts,
} from 'tfjs-pruning';
import {
  GradualPruning,
  IterativePruning,
  PruneAtInitialization,
  RigL,
  SparseEvolutionaryTraining,
} from 'tfjs-pruning/callbacks';
import {polynomialDecay, type SparsitySchedule} from 'tfjs-pruning/schedules';
import type {Choices, Structure} from '../choices.js';

const ROUNDS = 3;

/** What goes together, and how much of each layer. */
interface Parts {
  readonly structure: PrunedParts;
  readonly allocation?: Allocation;
  readonly layers?: RegExp;
}

const parts: Readonly<Record<Structure, () => Parts>> = {
  weights: () => ({structure: weights(), allocation: erdosRenyiKernel()}), // small layers keep more
  blocks: () => ({structure: blocks([2, 2]), allocation: erdosRenyiKernel()}),
  filters: () => ({structure: filters(), layers: /^(?!output)/}), // the neurons of the last layer are the answers
  coupledChannels: () => ({structure: coupledChannels()}),
};

/** A callback that prunes, and tells which fraction of the weights is zero. */
export type Pruning = Callback & {readonly sparsity: number};

/** The callback that prunes as chosen, in a training of so many steps. */
export function pruningCallback(choices: Choices, steps: number): Pruning {
  const {method, structure, sparsity, epochs} = choices;
  const pruned = parts[structure]();
  switch (method) {
    case 'gradual':
      return new GradualPruning({schedule: ramp(sparsity, steps), ...pruned});
    case 'regrowth':
      return new GradualPruning({schedule: ramp(sparsity, steps), regrowth: true, ...pruned});
    case 'lottery': {
      const trainSteps = Math.floor(steps / (ROUNDS + 1));
      return new IterativePruning({trainSteps, rounds: ROUNDS, finalSparsity: sparsity, rewind: 'weights', ...pruned});
    }
    case 'snip':
      return new PruneAtInitialization({sparsity, ...pruned, allocation: globalRanking()});
    case 'rigl':
      return new RigL({sparsity, seed: 1, endStep: Math.round(0.75 * steps), frequency: Math.ceil(steps / 24)});
    case 'set':
      return new SparseEvolutionaryTraining({sparsity, seed: 1, endStep: Math.max(1, epochs - 1)});
  }
}

/** From a tenth of the training to two thirds; the rest recovers. */
function ramp(finalSparsity: number, steps: number): SparsitySchedule {
  const [beginStep, endStep] = [Math.round(steps / 10), Math.round((2 * steps) / 3)];
  return polynomialDecay({finalSparsity, beginStep, endStep, frequency: Math.max(1, Math.round(steps / 60))});
}
