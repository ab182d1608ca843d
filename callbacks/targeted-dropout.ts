import * as tf from '@tensorflow/tfjs-core';
import {expectAllocation} from '../src/allocations/allocation.js';
import {perOutput} from '../src/allocations/per-output.js';
import {chooseMasks, type Choices} from '../src/masks/choose-masks.js';
import {expectSees} from '../src/criteria/expect-criterion.js';
import {MASK_RULE} from '../src/masks/mask-rule.js';
import type {PlacedWeight} from '../src/masks/placed-weights.js';
import {maskOf, renewMasks} from '../src/masks/update-masks.js';
import {randomNumbers} from '../src/math/random-numbers.js';
import {expectSparsity} from '../src/options/expect.js';
import {fraction, integer, oneOf, option} from '../src/options/option.js';
import {read} from '../src/options/read.js';
import type {Args, Extended} from '../src/options/table.js';
import {dropped} from '../src/parametrizations/dropped.js';
import {expectSparse} from './families/expect-sparse.js';
import {isFitted, layOver, readSchedule, SCHEDULE, type ScheduleArgs} from './families/fit-schedule.js';
import type {Method} from './method.js';
import {PRUNING, PruningCallback} from './pruning-callback.js';

const OPTIONS = {
  /** The probability that a targeted group is dropped for a batch, in [0, 1]. Defaults to 0.5. */
  rate: fraction(0.5),
  /** How the targeted groups are shared among layers. Defaults to `perOutput()`, within each unit or filter. */
  allocation: option(expectAllocation, perOutput),
  /** The seed of the dropped groups, a whole number >= 0. Defaults to 0. */
  seed: integer({}, 0),
  /** What a step counts: completed batches, or the fraction of the fit. Defaults to 'fit' with `sparsity` alone. */
  stepUnit: oneOf(['batch', 'fit'], undefined),
};

/** Options of {@link TargetedDropout}. */
export type TargetedDropoutArgs = ScheduleArgs & Args<Extended<typeof PRUNING & typeof MASK_RULE, typeof OPTIONS>>;

/**
 * Targeted dropout: prepares a model for pruning while it trains dense. In each batch it drops some of the least
 * important weights at random, so that the others learn to do without them; at the schedule's end it prunes them.
 *
 *     targeted: the fraction schedule.sparsityAt(step) of the smallest |w| of each output
 *     dropped:  each of them with the probability `rate`, for one batch, without any scaling
 *
 * Only the schedule's sparsities and its `endStep` matter, not the steps of its updates; with an infinite `endStep`
 * nothing is ever pruned. The paper lets the targeted fraction or the rate grow: use a growing schedule for the former.
 *
 * With `sparsity` alone, the targeted fraction rises from a tenth of the fit to two thirds of it, as in
 * `GradualPruning`, and is pruned there.
 *
 * Evaluation, validation and prediction use the whole kernels. With `structure: filters()` whole units are dropped; the
 * paper ranks them by `magnitude({norm: 2})`. The seed, the step and the name of a weight determine what is dropped of
 * it. Each batch costs a selection over all kernels. Gomez et al. 2018, https://arxiv.org/abs/1905.13678
 *
 * @throws TypeError or RangeError from the constructor if an option is unknown or wrong, or the criterion observes
 *     training; from `fit` if the model has no wrapped layer, `layers` matches none, weights are NaN, or the callback
 *     has pruned another model before.
 *
 * @example
 * new TargetedDropout({schedule: polynomialDecay({finalSparsity: 0.9, endStep: 2000}), rate: 0.66});
 */
export class TargetedDropout extends PruningCallback {
  constructor(args: TargetedDropoutArgs) {
    super(targetedDropout(args), args);
  }
}

function targetedDropout(args: TargetedDropoutArgs): Method {
  const options = read('TargetedDropout', args, {...SCHEDULE, ...MASK_RULE, ...PRUNING, ...OPTIONS});
  const {rate, seed, criterion, structure, allocation} = options;
  const schedule = readSchedule('TargetedDropout', options);
  const rule = {criterion, structure, allocation};
  expectSees('TargetedDropout', criterion, ['model']);
  const targetedAt = (step: number) => expectSparsity(`schedule.sparsityAt(${step})`, schedule.sparsityAt(step));
  const memory = {isPruned: false, madeZeros: false};
  let stopDropping: (() => void) | undefined;
  const takeBack = () => {
    stopDropping?.();
    stopDropping = undefined;
  };
  return {
    structure,
    masks: 'more',
    drawsByName: true,
    memory,
    unitOfFit: 'batch',
    ...(isFitted(schedule) && {stepUnit: 'fit'}),
    goal: {
      get name() {
        return `the schedule's end at step ${schedule.endStep}, where the model is pruned`;
      },
      isReachedAt: step => step >= schedule.endStep || schedule.endStep === Infinity,
      remedy: 'Train on with the same callback, or give the schedule an earlier end',
    },
    keepsZeros: () => true,

    async prepare(training) {
      layOver(schedule, training);
      if (memory.madeZeros) await expectSparse(training, targetedAt(schedule.endStep), rule);
    },

    async atStep({step, weights}) {
      if (step < schedule.endStep || memory.isPruned) return undefined;
      const count = await renewMasks(weights, targetedAt(schedule.endStep), rule);
      memory.isPruned = true;
      memory.madeZeros = count.zeros > 0;
      return count;
    },

    async batchBegin({step, weights}) {
      const targeted = targetedAt(step);
      if (memory.isPruned || targeted === 0 || rate === 0) return;
      const masks = draw(await chooseMasks(weights, targeted, rule), rate, `${seed} ${step}`);
      takeBack();
      stopDropping = drop(weights, masks);
    },
    batchEnd: takeBack,
    release: takeBack,
  };
}

/** Draws the masks of one batch. */
function draw({grouping, layers, groups}: Choices, rate: number, seed: string): Uint8Array[] {
  const kept = layers.map(({name}, i) => {
    const chances = randomNumbers(groups[i]!.length, `${seed} ${name}`);
    return groups[i]!.map((isSafe, group) => (isSafe === 1 || chances[group]! >= rate ? 1 : 0));
  });
  return grouping.spread(kept);
}

/** Multiplies weights by masks in training passes. Returns a function that stops it. */
function drop(weights: readonly PlacedWeight[], masks: readonly Uint8Array[]): () => void {
  const tensors = tf.tidy(() => masks.map((mask, i) => tf.keep(maskOf(mask, weights[i]!.weight.layout))));
  const stops = weights.map(({weight}, i) => weight.parametrize(dropped(tensors[i]!)));
  return () => {
    stops.forEach(stop => stop());
    tf.dispose(tensors);
  };
}
