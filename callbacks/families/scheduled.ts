import type {SparsitySchedule} from '../../schedules/sparsity-schedule.js';
import {observes} from '../../src/criteria/criterion.js';
import {expectSees} from '../../src/criteria/expect-criterion.js';
import {MASK_RULE, type MaskRule} from '../../src/masks/mask-rule.js';
import {renewMasks} from '../../src/masks/update-masks.js';
import type {ZeroCount} from '../../src/masks/zero-count.js';
import {expectSparsity} from '../../src/options/expect.js';
import {integer, needs} from '../../src/options/option.js';
import type {Args, Values} from '../../src/options/table.js';
import type {Goal, Method, PrunedTraining} from '../method.js';
import type {PRUNING} from '../pruning-callback.js';
import {isFitted, layOver} from './fit-schedule.js';

const OBSERVED = {
  /**
   * How many batches before each update a criterion observes that watches training (`taylor()`, `wanda()`, ...). Each
   * one costs time; Infinity observes all. Refused without a criterion. Defaults to 30, and to Infinity for a criterion
   * that remembers (`movement()`).
   */
  observedBatches: needs(
    'criterion',
    'magnitude(), the default, reads the weights alone',
    integer({min: 1, orInfinity: true}, undefined),
  ),
};

/** The options of every callback that chooses masks by a schedule. */
export const SCHEDULED_PRUNING: typeof MASK_RULE & typeof OBSERVED = {...MASK_RULE, ...OBSERVED};

/** Options of every callback that chooses masks by a schedule. */
export type ScheduledPruningArgs = Args<typeof SCHEDULED_PRUNING & typeof PRUNING>;

/** What distinguishes a method from others by a schedule. By default, pruned weights stay pruned. */
export interface ScheduledVariation {
  /** Whether pruned weights keep training behind their masks and compete again at each update. */
  readonly regrowth?: boolean;
  /** Whether what was pruned may come back at an update after this step. Defaults to `regrowth`. */
  readonly regrows?: (step: number) => boolean;
  /** Whether the model has been pruned already, as far as its masks show; true when resumed at an update. */
  readonly isPruned?: (training: PrunedTraining) => boolean;
  /** Changes to the rule at a step. */
  readonly ruleAt?: (step: number) => Partial<MaskRule>;
  /** What an update does. By default it chooses masks and applies them. */
  readonly update?: (training: PrunedTraining, sparsity: number, rule: MaskRule) => Promise<ZeroCount>;
  /** Whether updates wait for the next batch. */
  readonly defersUpdates?: boolean;
}

/** A method whose masks follow a schedule. */
export function scheduledPruning(
  schedule: SparsitySchedule,
  options: Values<typeof SCHEDULED_PRUNING>,
  {defersUpdates = false, ...variation}: ScheduledVariation = {},
): Method {
  const {criterion, structure, allocation} = options;
  const {
    regrowth = false,
    regrows = () => regrowth,
    isPruned = ({sparsity}) => sparsity > 0,
    update = ({weights, seen}, sparsity, rule) => renewMasks(weights, sparsity, rule, seen),
  } = variation;
  expectSees('Pruning by a schedule', criterion, ['gradients', 'inputs', 'model']);
  const {observedBatches: batches = observes(criterion) && criterion.remembers ? Infinity : 30} = options;
  const memory = {applied: null as number | null};
  const sparsityAt = (step: number) => expectSparsity(`schedule.sparsityAt(${step})`, schedule.sparsityAt(step));
  const ruleAt = (step: number): MaskRule => {
    return {criterion, structure, allocation, regrowth, ...variation.ruleAt?.(step)};
  };
  let saidSparser = false;

  /**
   * Whether an update that has no observations to use can be skipped: it asks for no zeros, or a training resumed at
   * this step has made it already.
   */
  async function isDoneAlready(training: PrunedTraining, sparsity: number): Promise<boolean> {
    const {step, firstStep, weights, seen} = training;
    const sawNothing = seen.gathered?.size === 0;
    if (!sawNothing || defersUpdates) return false;
    if (step > 0 && step === firstStep && isPruned(training)) return true;
    if (training.sparsity > 0 && regrows(step)) return false;
    const {roundsToNone} = await import('../../src/masks/rounds-to-none.js');
    return roundsToNone(weights, sparsity, ruleAt(step));
  }

  function expectRising(step: number, sparsity: number): void {
    if (regrows(step) || sparsity >= (memory.applied ?? 0)) return;
    throw new RangeError(
      `The schedule asks for sparsity ${sparsity} at step ${step} after ${memory.applied}; ` +
        'weights come back only with `regrowth: true`',
    );
  }

  return {
    observes: {criterion, updates: schedule, batches},
    structure,
    ...(!regrowth && {masks: 'more'}),
    defersUpdates,
    goal: goalOf(schedule, sparsityAt, defersUpdates ? 1 : 0),
    memory,
    ...(isFitted(schedule) && {stepUnit: 'fit'}),
    keepsZeros: step => !regrows(step),
    reset: () => void (saidSparser = false),

    async prepare(training) {
      layOver(schedule, training);
      const {step, sparsity} = training;
      const asked = sparsityAt(step);
      // The first fit of a dense model needs no more code.
      if (step === 0 && sparsity > asked && !saidSparser && !regrows(step)) {
        const {sayIfSparser} = await import('./say-if-sparser.js');
        saidSparser = sayIfSparser(training, schedule, sparsityAt);
      }
      if (step > schedule.endStep && sparsity === 0) {
        const {expectSparse} = await import('./expect-sparse.js');
        await expectSparse(training, asked, ruleAt(step));
      }
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

/** The end of a schedule, or its first update if it has no end. */
function goalOf(schedule: SparsitySchedule, sparsityAt: (step: number) => number, delay: number): Goal {
  const trainOn = 'Train on with the same callback';
  const remedy = isFitted(schedule) ? trainOn : `${trainOn}, or give the schedule earlier steps`;
  if (schedule.endStep === Infinity && !isFitted(schedule)) {
    return {name: "the schedule's first update", isReachedAt: step => hasUpdatedBy(schedule, step), remedy};
  }
  return {
    get name() {
      const {endStep} = schedule;
      return `the schedule's end at step ${endStep}, where the sparsity is ${sparsityAt(endStep)}`;
    },
    isReachedAt: step => step >= schedule.endStep + delay,
    remedy,
  };
}

function hasUpdatedBy(schedule: SparsitySchedule, last: number): boolean {
  for (let step = 0; step <= last; step++) if (schedule.updatesAt(step)) return true;
  return false;
}
