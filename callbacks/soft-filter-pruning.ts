import {expectSchedule, type SparsitySchedule} from '../schedules/sparsity-schedule.js';
import {magnitude} from '../src/criteria/magnitude.js';
import {expectOptions} from '../src/options/expect.js';
import {filters} from '../src/structures/filters.js';
import type {EvidenceSource} from '../src/passes/evidence.js';
import type {PrunedWeight} from '../src/masks/pruned-weight.js';
import {updateMasks, zeroSoftly} from '../src/masks/update-masks.js';
import type {ZeroCount} from '../src/masks/zero-count.js';
import {SCHEDULED_PRUNING_OPTIONS, ScheduledPruning, type ScheduledPruningArgs} from './scheduled-pruning.js';

/** Options of {@link SoftFilterPruning}. */
export interface SoftFilterPruningArgs extends ScheduledPruningArgs {
  /**
   * What fraction is zeroed at each step; its last update, at `endStep`, is the hard one. A constant rate as in the
   * paper, or one that grows: `asymptoticDecay`. May also fall.
   */
  schedule: SparsitySchedule;
}

/**
 * Zeroes the least important filters at the end of each epoch, and trains on all of them: what was zeroed can grow
 * back, and be chosen or not the next time. At the schedule's `endStep` the last pass is hard: its filters are masked,
 * with their biases and batch normalizations, and stay zero as under `GradualPruning`.
 *
 * Until then nothing is masked, and the sparsity in the logs is that right after an epoch's zeroing; `fit` validates
 * before it. Steps are epochs, unless `stepUnit: 'batch'` says otherwise. Defaults: `structure: filters()`, any other
 * goes as well; `criterion: magnitude({norm: 2})`.
 * He et al. 2018, https://arxiv.org/abs/1808.06866; with a growing rate: He et al. 2019,
 * https://arxiv.org/abs/1808.07471
 *
 * @throws TypeError or RangeError from the constructor where an option is unknown or wrong, or the schedule never ends;
 *     from `fit` what `GradualPruning` throws. Nothing is changed then.
 *
 * @example
 * const schedule = constantSparsity({targetSparsity: 0.5, beginStep: 1, endStep: 20, frequency: 1});
 * await model.fit(x, y, {epochs: 20, callbacks: [new SoftFilterPruning({schedule, layers: /conv/})]});
 */
export class SoftFilterPruning extends ScheduledPruning {
  constructor(args: SoftFilterPruningArgs) {
    const {schedule} = expectOptions('SoftFilterPruning', args, ['schedule', ...SCHEDULED_PRUNING_OPTIONS]);
    if (expectSchedule('schedule', schedule).endStep === Infinity) {
      throw new RangeError('Expected a `schedule` that ends, with a hard pass at its `endStep`, got one without end');
    }
    super(schedule, {structure: filters(), criterion: magnitude({norm: 2}), stepUnit: 'epoch', ...args});
  }

  protected override get regrows(): boolean {
    return this.step <= this.schedule.endStep;
  }

  protected override get keepsZeros(): boolean {
    return this.step >= this.schedule.endStep;
  }

  /** A soft pass leaves nothing to be seen. */
  protected override get isPruned(): boolean {
    return this.step < this.schedule.endStep || super.isPruned;
  }

  protected override update(
    pruned: readonly PrunedWeight[],
    sparsity: number,
    step: number,
    seen: EvidenceSource,
  ): Promise<ZeroCount> {
    return (step === this.schedule.endStep ? updateMasks : zeroSoftly)(pruned, sparsity, this.rule);
  }
}
