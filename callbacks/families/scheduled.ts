import {expectSchedule, type SparsitySchedule} from '../../schedules/sparsity-schedule.js';
import {observes} from '../../src/criteria/criterion.js';
import {expectSees} from '../../src/criteria/expect-criterion.js';
import {expectMaskRule, type MaskRule, type MaskRuleArgs} from '../../src/masks/mask-rule.js';
import {roundsToNone} from '../../src/masks/rounds-to-none.js';
import {updateMasks} from '../../src/masks/update-masks.js';
import type {ZeroCount} from '../../src/masks/zero-count.js';
import {expectInteger, expectSparsity} from '../../src/options/expect.js';
import type {Goal, Method, PrunedTraining} from '../method.js';
import type {PruningCallbackArgs} from '../pruning-callback.js';
import {expectSparse} from './expect-sparse.js';
import {sayIfSparser} from './say-if-sparser.js';

/** What all callbacks take that prune by a schedule. */
export interface ScheduledPruningArgs extends PruningCallbackArgs, MaskRuleArgs {
  /**
   * For a criterion that observes training (`taylor()`, `wanda()`, ...): how many batches before each update it
   * observes. Each one costs time. Infinity is all of them. Defaults to 30, and to all for a criterion that remembers
   * (`movement()`).
   */
  observedBatches?: number;
}

/** The names of these options, for the checks. */
export const SCHEDULED_PRUNING_OPTIONS = [
  'criterion',
  'structure',
  'allocation',
  'layers',
  'stepUnit',
  'observedBatches',
  'initialStep',
] as const;

/** In what a method differs from others by a schedule; by default what is pruned stays so. */
export interface ScheduledVariation {
  /** Whether pruned weights live on behind their masks and compete again at each update. */
  readonly regrowth?: boolean;
  /** Whether what was pruned may come back at an update after this step. Defaults to `regrowth`. */
  readonly regrows?: (step: number) => boolean;
  /** Whether the model has been pruned, as far as its masks show it: a model that is resumed at an update has. */
  readonly isPruned?: (training: PrunedTraining) => boolean;
  /** By what masks are chosen at a step; a part of the rule. */
  readonly ruleAt?: (step: number) => Partial<MaskRule>;
  /** What an update does. By default masks are chosen and put in place. */
  readonly update?: (training: PrunedTraining, sparsity: number, rule: MaskRule) => Promise<ZeroCount>;
  /** Whether updates wait for the next batch. */
  readonly defersUpdates?: boolean;
}

/** A method whose masks follow a schedule. */
export function scheduledPruning(
  schedule: SparsitySchedule,
  args: ScheduledPruningArgs,
  {defersUpdates = false, ...variation}: ScheduledVariation = {},
): Method {
  expectSchedule('schedule', schedule);
  const {regrowth = false, update = chooseMasksAnew, isPruned = hasZeros, regrows = () => regrowth} = variation;
  const plainRule = {...expectMaskRule(args), regrowth};
  const {criterion, structure} = plainRule;
  expectSees('Pruning by a schedule', criterion, ['gradients', 'inputs', 'model']);
  const {observedBatches = observes(criterion) && criterion.remembers ? Infinity : 30} = args;
  const memory = {applied: null as number | null};
  const sparsityAt = (step: number) => expectSparsity(`schedule.sparsityAt(${step})`, schedule.sparsityAt(step));
  const ruleAt = (step: number): MaskRule => ({...plainRule, ...variation.ruleAt?.(step)});
  let saidSparser = false;

  /**
   * If nothing was observed yet that an update could go by, and updates do not wait: one that asks for no zeros has
   * nothing to do, and a training that is resumed at an update has made it.
   */
  async function isDoneAlready(training: PrunedTraining, sparsity: number): Promise<boolean> {
    const {step, firstStep, weights, seen} = training;
    const sawNothing = seen.gathered?.size === 0;
    if (!sawNothing || defersUpdates) return false;
    if (step > 0 && step === firstStep && isPruned(training)) return true;
    return (training.sparsity === 0 || !regrows(step)) && roundsToNone(weights, sparsity, ruleAt(step));
  }

  function expectRising(step: number, sparsity: number): void {
    if (regrows(step) || sparsity >= (memory.applied ?? 0)) return;
    throw new RangeError(
      `The schedule asks for sparsity ${sparsity} at step ${step} after ${memory.applied}; ` +
        'weights come back only with `regrowth: true`',
    );
  }

  return {
    observes: {criterion, updates: schedule, batches: expectObservedBatches(observedBatches)},
    structure,
    ...(!regrowth && {masks: 'more'}),
    defersUpdates,
    goal: goalOf(schedule, sparsityAt, defersUpdates ? 1 : 0),
    memory,
    keepsZeros: step => !regrows(step),
    reset: () => void (saidSparser = false),

    async prepare(training) {
      const {step} = training;
      const asked = sparsityAt(step);
      if (step === 0 && !saidSparser && !regrows(step)) saidSparser = sayIfSparser(training, schedule, sparsityAt);
      if (step > schedule.endStep) await expectSparse(training, asked, ruleAt(step));
    },

    async atStep(training) {
      const {step} = training;
      if (!schedule.updatesAt(step)) return undefined;
      const sparsity = sparsityAt(step);
      const isDone = await isDoneAlready(training, sparsity);
      if (!isDone) expectRising(step, sparsity);
      const count = isDone ? undefined : await update(training, sparsity, ruleAt(step));
      memory.applied = sparsity;
      return count;
    },
  };
}

function chooseMasksAnew({weights, seen}: PrunedTraining, sparsity: number, rule: MaskRule): Promise<ZeroCount> {
  return updateMasks(weights, sparsity, rule, seen);
}

function hasZeros({sparsity}: PrunedTraining): boolean {
  return sparsity > 0;
}

function expectObservedBatches(batches: number): number {
  return batches === Infinity ? batches : expectInteger('observedBatches', batches, {min: 1});
}

/** The end of a schedule, or its first update if it has no end. */
function goalOf(schedule: SparsitySchedule, sparsityAt: (step: number) => number, delay: number): Goal {
  const {endStep} = schedule;
  const remedy = 'Train on with the same callback, or give the schedule earlier steps';
  if (endStep === Infinity) {
    return {name: "the schedule's first update", isReachedAt: step => hasUpdatedBy(schedule, step), remedy};
  }
  return {
    get name() {
      return `the schedule's end at step ${endStep}, where the sparsity is ${sparsityAt(endStep)}`;
    },
    isReachedAt: step => step >= endStep + delay,
    remedy,
  };
}

function hasUpdatedBy(schedule: SparsitySchedule, last: number): boolean {
  for (let step = 0; step <= last; step++) if (schedule.updatesAt(step)) return true;
  return false;
}
