import {expectPlace} from '../../src/layers/weight-snapshot.js';
import {expectFunction} from '../../src/options/expect.js';
import {integer, oneOf, option} from '../../src/options/option.js';
import {expectAbsent} from '../../src/options/read.js';
import type {Args, Values} from '../../src/options/table.js';

/** The options that have to do with rewinding. */
export const REWIND = {
  /** T: the steps for which the dense model trains before the first pruning, at least 1. Given unless `sparsity` is. */
  trainSteps: integer({min: 1}, undefined),
  /** t: the steps of training after each pruning, in [1, trainSteps]. Defaults to `trainSteps`, back to step 0. */
  retrainSteps: integer({min: 1}, undefined),
  /** What each round starts from. Defaults to 'learningRate' if a `learningRate` is given, else to 'nothing'. */
  rewind: oneOf(['nothing', 'learningRate', 'weights', 'reinitialize'], undefined),
  /**
   * The learning rate at each step of the dense training, from 0 to `trainSteps - 1`; with `sparsity`, at each fraction
   * of the dense training, in [0, 1). A number in [0, Infinity). The optimizer gets its own rate back after the `fit`.
   * By default it keeps its own.
   */
  learningRate: option((name, rate: (step: number) => number) => expectFunction(name, rate, 'of the step'), undefined),
  /** Where to save the weights to rewind to, so that a run can continue after a restart; only if it rewinds weights. */
  snapshot: option(expectPlace, undefined),
};

/** Options that have to do with rewinding. */
export type RewindArgs = Args<typeof REWIND>;

/** What each round of `IterativePruning` starts from. */
export type Rewind = NonNullable<RewindArgs['rewind']>;

/** Whether it puts weights back. */
export function rewindsWeights(rewind: Rewind): boolean {
  return rewind === 'weights' || rewind === 'reinitialize';
}

/**
 * Fills in the defaults that depend on other options.
 *
 * @throws TypeError or RangeError if options contradict each other.
 */
export function rewindOf<T extends Values<typeof REWIND> & {readonly trainSteps: number}>(owner: string, options: T) {
  const {trainSteps, retrainSteps = trainSteps, learningRate} = options;
  const {rewind = learningRate ? 'learningRate' : 'nothing'} = options;
  if (retrainSteps > trainSteps) {
    throw new RangeError(`Expected \`retrainSteps\` to be at most \`trainSteps\` (${trainSteps}), got ${retrainSteps}`);
  }
  if (rewind === 'learningRate' && !learningRate) {
    throw new TypeError("Expected a `learningRate` to be rewound by `rewind: 'learningRate'`, got undefined");
  }
  if (rewind === 'reinitialize' && retrainSteps !== trainSteps) {
    throw new RangeError(
      `Expected \`retrainSteps\` to be \`trainSteps\` (${trainSteps}) with \`rewind: 'reinitialize'\`, got ` +
        `${retrainSteps}: weights that are new have not been trained`,
    );
  }
  if (!rewindsWeights(rewind)) {
    expectAbsent<RewindArgs>(owner, options, ['snapshot'], `with \`rewind: '${rewind}'\`, which rewinds no weights`);
  }
  return {...options, retrainSteps, rewind};
}
