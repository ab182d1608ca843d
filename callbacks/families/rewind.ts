import {expectOneOf, isCallable, received} from '../../src/options/expect.js';
import type {SnapshotPlace} from '../../src/layers/weight-snapshot.js';

/** What each round of `IterativePruning` starts from. */
export type Rewind = 'nothing' | 'learningRate' | 'weights' | 'reinitialize';

/** Options that have to do with rewinding. */
export interface RewindArgs {
  /** T: the steps that the dense model trains before the first pruning, at least 1. */
  trainSteps: number;
  /** t: the steps of training after each pruning, in [1, trainSteps]. Defaults to `trainSteps`, down to step 0. */
  retrainSteps?: number;
  /** Defaults to 'learningRate' if a `learningRate` is given, else to 'nothing'. */
  rewind?: Rewind;
  /**
   * The learning rate at each step of the dense training, from 0 to `trainSteps - 1`; a number in [0, Infinity). The
   * optimizer has its own rate again after the `fit`. By default it keeps its own.
   */
  learningRate?: (step: number) => number;
  /**
   * Where to save the weights of the step that is rewound to, so that a run can continue after a restart.
   */
  snapshot?: SnapshotPlace;
}

/** Whether it puts weights back. */
export function rewindsWeights(rewind: Rewind): boolean {
  return rewind === 'weights' || rewind === 'reinitialize';
}

/**
 * Expects a way to rewind that fits the other options; without one, the default.
 *
 * @throws TypeError or RangeError if it does not.
 */
export function expectRewind(args: RewindArgs): Rewind {
  const {trainSteps, retrainSteps = trainSteps, learningRate, snapshot} = args;
  if (learningRate !== undefined && !isCallable(learningRate)) {
    throw new TypeError(`Expected \`learningRate\` to be a function of the step, got ${received(learningRate)}`);
  }
  const {rewind = learningRate ? 'learningRate' : 'nothing'} = args;
  expectOneOf('rewind', rewind, ['nothing', 'learningRate', 'weights', 'reinitialize']);
  if (rewind === 'learningRate' && !learningRate) {
    throw new TypeError("Expected a `learningRate` to be rewound by `rewind: 'learningRate'`, got undefined");
  }
  if (rewind === 'reinitialize' && retrainSteps !== trainSteps) {
    throw new RangeError(
      `Expected \`retrainSteps\` to be \`trainSteps\` (${trainSteps}) with \`rewind: 'reinitialize'\`, got ` +
        `${retrainSteps}: weights that are new have not been trained`,
    );
  }
  if (snapshot !== undefined && !rewindsWeights(rewind)) {
    throw new TypeError(`Expected no \`snapshot\` with \`rewind: '${rewind}'\`, which rewinds no weights`);
  }
  return rewind;
}
