import {constantSparsity} from '../schedules/constant-sparsity.js';
import type {SparsitySchedule} from '../schedules/sparsity-schedule.js';
import {expectCriterion} from '../src/criteria/expect-criterion.js';
import {magnitude} from '../src/criteria/magnitude.js';
import {renewMasks, zeroSoftly} from '../src/masks/update-masks.js';
import {option} from '../src/options/option.js';
import {read} from '../src/options/read.js';
import type {Args, Extended} from '../src/options/table.js';
import {filters} from '../src/structures/filters.js';
import {expectStructure} from '../src/structures/structure.js';
import {readSchedule, SCHEDULE, type ScheduleArgs} from './families/fit-schedule.js';
import {SCHEDULED_PRUNING, scheduledPruning} from './families/scheduled.js';
import type {Method} from './method.js';
import {PRUNING, PruningCallback} from './pruning-callback.js';

const OPTIONS = {
  /** Which weights matter least. Defaults to `magnitude({norm: 2})`. */
  criterion: option(expectCriterion, () => magnitude({norm: 2})),
  /** Which weights are pruned together. Defaults to `filters()`; any other structure works, too. */
  structure: option(expectStructure, filters),
};

/** Options of {@link SoftFilterPruning}. */
export type SoftFilterPruningArgs = ScheduleArgs &
  Args<Extended<typeof SCHEDULED_PRUNING & typeof PRUNING, typeof OPTIONS>>;

/**
 * Zeroes the least important filters at the end of each epoch, and keeps training all of them: zeroed filters can grow
 * back, and each pass chooses again. The last pass, at the schedule's `endStep`, is hard: it masks the filters, with
 * their biases and batch normalizations, and they stay zero as with `GradualPruning`.
 *
 * The schedule gives the fraction to zero at each step: constant as in the paper, growing ({@link asymptoticDecay}), or
 * falling. Until the last pass nothing is masked; the sparsity in the logs is the one right after zeroing, and `fit`
 * validates before it. Steps are epochs by default. `sparsity` alone zeroes this fraction after each epoch of the fit;
 * the pass after the last one is hard.
 * He et al. 2018, https://arxiv.org/abs/1808.06866; with a growing rate: He et al. 2019,
 * https://arxiv.org/abs/1808.07471
 *
 * @throws TypeError or RangeError from the constructor if an option is unknown or wrong, or the schedule never ends;
 *     from `fit` what `GradualPruning` throws. Nothing is changed then.
 *
 * @example
 * await model.fit(x, y, {epochs: 20, callbacks: [new SoftFilterPruning({sparsity: 0.5, layers: /conv/})]});
 *
 * @example
 * const schedule = constantSparsity({targetSparsity: 0.5, beginStep: 1, endStep: 20, frequency: 1});
 * await model.fit(x, y, {epochs: 20, callbacks: [new SoftFilterPruning({schedule, layers: /conv/})]});
 */
export class SoftFilterPruning extends PruningCallback {
  constructor(args: SoftFilterPruningArgs) {
    super(softFilterPruning(args), args);
  }
}

function softFilterPruning(args: SoftFilterPruningArgs): Method {
  const options = read('SoftFilterPruning', args, {...SCHEDULE, ...SCHEDULED_PRUNING, ...PRUNING, ...OPTIONS});
  if (options.schedule?.endStep === Infinity) {
    throw new RangeError('Expected a `schedule` that ends, with a hard pass at its `endStep`, got one without end');
  }
  const schedule = readSchedule('SoftFilterPruning', options, everyEpoch);
  const hard = scheduledPruning(schedule, options, {
    regrows: step => step <= schedule.endStep,
    isPruned: ({step, sparsity}) => step < schedule.endStep || sparsity > 0, // soft passes leave no masks
    update: ({step, weights, seen}, sparsity, rule) =>
      (step === schedule.endStep ? renewMasks : zeroSoftly)(weights, sparsity, rule, seen),
  });
  return {stepUnit: 'epoch', unitOfFit: 'epoch', ...hard, keepsZeros: step => step >= schedule.endStep};
}

/** The same sparsity after every epoch, as in the paper. */
function everyEpoch(targetSparsity: number): SparsitySchedule {
  return constantSparsity({targetSparsity, beginStep: 1e-4, endStep: 1, frequency: 1e-4});
}
