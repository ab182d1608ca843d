import {expectCriterion} from '../src/criteria/expect-criterion.js';
import {magnitude} from '../src/criteria/magnitude.js';
import {renewMasks, zeroSoftly} from '../src/masks/update-masks.js';
import {option} from '../src/options/option.js';
import {read} from '../src/options/read.js';
import type {Args, Extended} from '../src/options/table.js';
import {filters} from '../src/structures/filters.js';
import {expectStructure} from '../src/structures/structure.js';
import {SCHEDULE, SCHEDULED_PRUNING, scheduledPruning, type ScheduleArgs} from './families/scheduled.js';
import type {Method} from './method.js';
import {PruningCallback} from './pruning-callback.js';

const OPTIONS = {
  /** Which weights matter least. Defaults to `magnitude({norm: 2})`. */
  criterion: option(expectCriterion, () => magnitude({norm: 2})),
  /** Which weights are pruned together. Defaults to `filters()`; any other structure works, too. */
  structure: option(expectStructure, filters),
};

/** Options of {@link SoftFilterPruning}. */
export type SoftFilterPruningArgs = ScheduleArgs & Args<Extended<typeof SCHEDULED_PRUNING, typeof OPTIONS>>;

/**
 * Zeroes the least important filters at the end of each epoch, and keeps training all of them: zeroed filters can grow
 * back, and each pass chooses again. The last pass, at the schedule's `endStep`, is hard: it masks the filters, with
 * their biases and batch normalizations, and they stay zero as with `GradualPruning`.
 *
 * The schedule gives the fraction to zero at each step: constant as in the paper, growing ({@link asymptoticDecay}), or
 * falling. Until the last pass nothing is masked; the sparsity in the logs is the one right after zeroing, and `fit`
 * validates before it. Steps are epochs by default.
 * He et al. 2018, https://arxiv.org/abs/1808.06866; with a growing rate: He et al. 2019,
 * https://arxiv.org/abs/1808.07471
 *
 * @throws TypeError or RangeError from the constructor if an option is unknown or wrong, or the schedule never ends;
 *     from `fit` what `GradualPruning` throws. Nothing is changed then.
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
  const options = read('SoftFilterPruning', args, {...SCHEDULE, ...SCHEDULED_PRUNING, ...OPTIONS});
  const {endStep} = options.schedule;
  if (endStep === Infinity) {
    throw new RangeError('Expected a `schedule` that ends, with a hard pass at its `endStep`, got one without end');
  }
  const hard = scheduledPruning(options, {
    regrows: step => step <= endStep,
    isPruned: ({step, sparsity}) => step < endStep || sparsity > 0, // soft passes leave no masks
    update: ({step, weights, seen}, sparsity, rule) =>
      (step === endStep ? renewMasks : zeroSoftly)(weights, sparsity, rule, seen),
  });
  return {...hard, stepUnit: 'epoch', keepsZeros: step => step >= endStep};
}
