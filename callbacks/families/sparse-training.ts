import type {Allocation} from '../../src/allocations/allocation.js';
import {erdosRenyiKernel} from '../../src/allocations/erdos-renyi.js';
import {random} from '../../src/criteria/random.js';
import {sayOnce} from '../../src/display/say.js';
import {percent} from '../../src/display/table.js';
import {expectMaskRule} from '../../src/masks/mask-rule.js';
import {updateMasks} from '../../src/masks/update-masks.js';
import type {ZeroCount} from '../../src/masks/zero-count.js';
import {expectInteger, expectSparsity} from '../../src/options/expect.js';
import type {Method, PrunedTraining} from '../method.js';
import type {PruningCallbackArgs} from '../pruning-callback.js';
import {drawnSeed} from './drawn-seed.js';
import {expectSparse} from './expect-sparse.js';

/** What all callbacks take that train a model which is sparse from its start. */
export interface SparseTrainingArgs extends PruningCallbackArgs {
  /** The fraction of zeros from the first batch on, in [0, 1). */
  sparsity: number;
  /** How the sparsity is shared among layers. Defaults to `erdosRenyiKernel()`: small layers are denser. */
  allocation?: Allocation;
  /**
   * A whole number >= 0 that all chance follows from; drawn by default. Give one for a training that can be repeated.
   */
  seed?: number;
}

/** By how much sparsities differ that are meant to be the same: groups are counted in whole numbers. */
const ROUNDING = 0.01;

/** The option names, for the checks. */
export const SPARSE_TRAINING_OPTIONS = ['sparsity', 'allocation', 'seed', 'layers', 'stepUnit', 'initialStep'] as const;

/** Moves connections at a step after the first, if it is time to; returns the zeros afterwards. */
export type Rewire = (training: PrunedTraining, seed: number) => Promise<ZeroCount | undefined>;

/**
 * A method that trains a model which is sparse from its start: before the first batch a dense model gets random masks,
 * a model that is sparse already keeps those that it has.
 *
 * tf.train.rmsprop with `centered` does not go with it: tf.js makes NaN of gradients that are exactly 0 in it, as units
 * have whose connections are all masked or new.
 */
export function sparseTraining(args: SparseTrainingArgs, rewire: Rewire = () => Promise.resolve(undefined)): Method {
  const {sparsity, seed = drawnSeed(), allocation = erdosRenyiKernel()} = args;
  expectSparsity('sparsity', sparsity);
  const memory = {seed: expectInteger('seed', seed), wasSparse: false};
  const ruleNow = () => expectMaskRule({allocation, criterion: random({seed: memory.seed})});
  ruleNow(); // an allocation that is none is refused at once
  return {
    memory,
    keepsZeros: () => true,

    async prepare(training) {
      if (training.step === 0 && training.firstStep === 0) sayIfOtherwiseSparse(memory, training, sparsity);
      if (memory.wasSparse) await expectSparse(training, sparsity, ruleNow());
      memory.wasSparse ||= training.sparsity > 0;
    },

    async atStep(training) {
      if (training.step !== training.firstStep) return rewire(training, memory.seed);
      if (training.sparsity > 0) return undefined; // a training that is resumed at an update has made it
      const count = await updateMasks(training.weights, sparsity, ruleNow());
      memory.wasSparse = count.zeros > 0;
      return count;
    },
  };
}

/** Masks that are there are kept, whatever sparsity is asked for. Said once to each hearer. */
function sayIfOtherwiseSparse(hearer: object, {owner, sparsity}: PrunedTraining, asked: number): void {
  if (sparsity === 0 || Math.abs(sparsity - asked) < ROUNDING) return;
  sayOnce(
    hearer,
    owner,
    `the model is sparse already: ${percent(sparsity)} of its weights are masked. These masks are kept, and none ` +
      `are drawn for \`sparsity\` ${asked}; for masks of that sparsity begin with a dense model`,
  );
}
