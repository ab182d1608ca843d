import {expectAllocation} from '../../src/allocations/allocation.js';
import {erdosRenyiKernel} from '../../src/allocations/erdos-renyi.js';
import {random} from '../../src/criteria/random.js';
import {sayOnce} from '../../src/display/say.js';
import {percent} from '../../src/display/table.js';
import {renewMasks} from '../../src/masks/update-masks.js';
import type {ZeroCount} from '../../src/masks/zero-count.js';
import {drawnSeed} from '../../src/math/random-numbers.js';
import {integer, option, sparsity} from '../../src/options/option.js';
import type {Args, Values} from '../../src/options/table.js';
import {weights} from '../../src/structures/weights.js';
import type {Method, PrunedTraining} from '../method.js';
import {PRUNING_BY_STEPS} from '../pruning-callback.js';
import {expectSparse} from './expect-sparse.js';

const OPTIONS = {
  /** The fraction of zeros from the first batch on, in [0, 1). */
  sparsity: sparsity(),
  /** How the sparsity is shared among layers. Defaults to `erdosRenyiKernel()`: small layers are denser. */
  allocation: option(expectAllocation, erdosRenyiKernel),
  /** The seed of all random choices, a whole number >= 0. Drawn by default; give one to repeat a training. */
  seed: integer({}, drawnSeed),
};

/** The options of every callback that trains a model sparse from the start. */
export const SPARSE_TRAINING: typeof OPTIONS & typeof PRUNING_BY_STEPS = {...OPTIONS, ...PRUNING_BY_STEPS};

/** Options of every callback that trains a model sparse from the start. */
export type SparseTrainingArgs = Args<typeof SPARSE_TRAINING>;

/** Sparsities this close count as equal: numbers of groups are rounded. */
const ROUNDING = 0.01;

/** Moves connections at a step after the first, if an update is due; returns the zeros afterwards. */
export type Rewire = (training: PrunedTraining, seed: number) => Promise<ZeroCount | undefined>;

/**
 * A method that trains a model sparse from the start: before the first batch, a dense model gets random masks; a model
 * that is sparse already keeps its masks.
 *
 * Does not work with tf.train.rmsprop and `centered`: tf.js turns gradients that are exactly 0 into NaN, and units have
 * such gradients if all their connections are masked or new.
 */
export function sparseTraining(
  {sparsity, seed, allocation}: Values<typeof OPTIONS>,
  rewire: Rewire = () => Promise.resolve(undefined),
): Method {
  const memory = {seed, wasSparse: false};
  const ruleNow = () => ({criterion: random({seed: memory.seed}), structure: weights(), allocation});
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
      if (training.sparsity > 0) return undefined; // resumed at an update that was made before
      const count = await renewMasks(training.weights, sparsity, ruleNow());
      memory.wasSparse = count.zeros > 0;
      return count;
    },
  };
}

/** Existing masks are kept, whatever sparsity is asked for. Said once per callback. */
function sayIfOtherwiseSparse(subject: object, {owner, sparsity}: PrunedTraining, asked: number): void {
  if (sparsity === 0 || Math.abs(sparsity - asked) < ROUNDING) return;
  sayOnce(
    subject,
    owner,
    `the model is sparse already: ${percent(sparsity)} of its weights are masked. These masks are kept, and none ` +
      `are drawn for \`sparsity\` ${asked}; for masks of that sparsity begin with a dense model`,
  );
}
