import {expectSchedule, type SparsitySchedule} from '../schedules/sparsity-schedule.js';
import {observes, type Criterion} from '../src/criteria/criterion.js';
import {expectSees} from '../src/criteria/expect-criterion.js';
import {expectMaskRule, type MaskRuleArgs, type MaskRule} from '../src/masks/mask-rule.js';
import {expectInteger, expectSparsity} from '../src/options/expect.js';
import {percent} from '../src/display/table.js';
import type {EvidenceSource} from '../src/passes/evidence.js';
import type {PrunedWeight} from '../src/masks/pruned-weight.js';
import {roundsToNone} from '../src/masks/rounds-to-none.js';
import {updateMasks} from '../src/masks/update-masks.js';
import type {ZeroCount} from '../src/masks/zero-count.js';
import type {Structure} from '../src/structures/structure.js';
import {say} from '../src/display/say.js';
import type {CallbackState} from './callback-state.js';
import {PruningCallback, type PruningCallbackArgs} from './pruning-callback.js';

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

/**
 * What callbacks share whose masks follow a schedule: when criteria observe, what an update asks for, and what is to be
 * said where a schedule is not followed to its end. A method says what an update does.
 */
export abstract class ScheduledPruning extends PruningCallback {
  protected readonly schedule: SparsitySchedule;
  protected readonly rule: MaskRule;
  readonly #observedBatches: number;
  #applied: number | undefined;
  #saidTooShort = false;
  #saidSparse = false;

  constructor(schedule: SparsitySchedule, args: ScheduledPruningArgs, {regrowth = false} = {}) {
    super(args);
    this.schedule = expectSchedule('schedule', schedule);
    this.rule = {...expectMaskRule(args), regrowth};
    expectSees(this.constructor.name, this.rule.criterion, ['gradients', 'inputs', 'model']);
    const {observedBatches = this.#remembers ? Infinity : 30} = args;
    this.#observedBatches =
      observedBatches === Infinity ? observedBatches : expectInteger('observedBatches', observedBatches, {min: 1});
  }

  override reset(step = 0): void {
    super.reset(step);
    this.#applied = undefined;
    this.#saidTooShort = false;
    this.#saidSparse = false;
  }

  override async state(): Promise<CallbackState> {
    const {json, tensors} = await super.state();
    return {json: {...json, applied: this.#applied ?? null, saidTooShort: this.#saidTooShort}, tensors};
  }

  override async onTrainBegin(): Promise<void> {
    await super.onTrainBegin();
    const {plannedSteps} = this;
    if (plannedSteps === undefined || this.schedule.endStep === Infinity) return;
    this.#sayIfTooShort('will stop', this.step + plannedSteps);
  }

  override async onTrainEnd(): Promise<void> {
    await super.onTrainEnd();
    this.#sayIfTooShort('stopped', this.step);
  }

  protected override async restoring(state: CallbackState): Promise<() => void> {
    const takeOver = await super.restoring(state);
    const {applied, saidTooShort} = state.json as {applied: number | null; saidTooShort: boolean};
    if (applied !== null) expectSparsity('applied', applied);
    return () => {
      takeOver();
      this.#applied = applied ?? undefined;
      this.#saidTooShort = saidTooShort;
    };
  }

  /** What an update does; by default masks are chosen and put in place. Returns the zeros afterwards. */
  protected update(
    pruned: readonly PrunedWeight[],
    sparsity: number,
    _step: number,
    seen: EvidenceSource,
  ): Promise<ZeroCount> {
    return updateMasks(pruned, sparsity, this.ruleNow, seen);
  }

  protected override get onlyMasksMore(): boolean {
    return this.rule.regrowth !== true;
  }

  /** Whether what was pruned may come back at the next update. */
  protected get regrows(): boolean {
    return this.rule.regrowth === true;
  }

  /** Whether the model has been pruned, as far as can be seen: what is resumed at an update has had it then. */
  protected get isPruned(): boolean {
    return this.sparsity > 0;
  }

  protected override get keepsZeros(): boolean {
    return !this.regrows;
  }

  protected override get criterion(): Criterion {
    return this.rule.criterion;
  }

  protected override get structure(): Structure {
    return this.rule.structure;
  }

  protected override observesBatch(batch: number): boolean {
    return this.isJustBefore(this.schedule, this.#observedBatches, batch);
  }

  protected override get hasGathered(): boolean {
    if (this.step >= this.schedule.endStep) return false;
    return this.#remembers || this.hasGatheredFor(this.schedule, this.#observedBatches);
  }

  get #remembers(): boolean {
    return observes(this.criterion) && this.criterion.remembers === true;
  }

  protected override async prune(
    step: number,
    pruned: readonly PrunedWeight[],
    seen: EvidenceSource,
  ): Promise<ZeroCount | undefined> {
    if (!this.schedule.updatesAt(step)) return undefined;
    const sparsity = this.#sparsityAt(step);
    if (await this.#isDoneAlready(step, sparsity, pruned, seen)) {
      this.#applied = sparsity;
      return undefined;
    }
    if (!this.regrows && sparsity < (this.#applied ?? 0)) {
      throw new RangeError(
        `The schedule asks for sparsity ${sparsity} at step ${step} after ${this.#applied}; ` +
          'weights come back only with `regrowth: true`',
      );
    }
    const count = await this.update(pruned, sparsity, step, seen);
    this.#applied = sparsity;
    return count;
  }

  /**
   * Where nothing was observed yet that an update could go by, and updates do not wait: one that asks for no zeros has
   * nothing to do, and training that is resumed at an update has made it.
   */
  async #isDoneAlready(
    step: number,
    sparsity: number,
    pruned: readonly PrunedWeight[],
    {gathered}: EvidenceSource,
  ): Promise<boolean> {
    const sawNothing = gathered?.size === 0;
    if (!sawNothing || this.defersUpdates) return false;
    if (step > 0 && step === this.firstStep && this.isPruned) return true;
    return (this.sparsity === 0 || !this.regrows) && roundsToNone(pruned, sparsity, this.ruleNow);
  }

  /** A callback whose schedule is over would leave a dense model dense. */
  protected override async expectUsable(pruned: readonly PrunedWeight[]): Promise<void> {
    const target = this.#sparsityAt(this.step);
    if (this.step === 0) this.#sayIfSparse(target);
    if (this.step <= this.schedule.endStep || this.sparsity > 0 || target === 0) return;
    if (await roundsToNone(pruned, target, this.ruleNow)) return;
    throw new RangeError(
      `${this.constructor.name} is at step ${this.step}, after its schedule's end at step ${this.schedule.endStep}, but the model is ` +
        `dense instead of ${target} sparse. Use a new callback for each model, or call reset()`,
    );
  }

  #sparsityAt(step: number): number {
    return expectSparsity(`schedule.sparsityAt(${step})`, this.schedule.sparsityAt(step));
  }

  /** What an update would go by now. */
  protected get ruleNow(): MaskRule {
    return this.rule;
  }

  /** A schedule from 0 on a model that is sparse already takes nothing back, and does nothing for a while. */
  #sayIfSparse(target: number): void {
    if (this.regrows || this.sparsity <= target || this.#saidSparse) return;
    this.#saidSparse = true;
    const {endStep} = this.schedule;
    const last = endStep === Infinity ? 0 : endStep;
    const most = this.#sparsityAt(last);
    if (most === 0) return; // the way to ask for nothing but that masks are kept
    const isMore = most > this.sparsity;
    say(
      this.constructor.name,
      `${percent(this.sparsity)} of the weights are masked already, and stay so; the schedule asks for less` +
        (isMore
          ? ` until step ${this.#firstStepAbove(this.sparsity)}`
          : `, ${percent(most)} at its end, and prunes nothing`),
    );
  }

  #firstStepAbove(sparsity: number): number {
    let step = this.step;
    while (!(this.schedule.updatesAt(step) && this.schedule.sparsityAt(step) > sparsity)) {
      if (step >= this.schedule.endStep) break;
      step++;
    }
    return step;
  }

  /** Once a training: a `fit` that is one of many says no more than the first of them. */
  #sayIfTooShort(stops: string, lastStep: number): void {
    const {endStep} = this.schedule;
    const lastNeeded = this.defersUpdates ? endStep + 1 : endStep;
    const reached = endStep === Infinity ? this.#applied !== undefined : lastStep >= lastNeeded;
    if (reached || this.#saidTooShort) return;
    this.#saidTooShort = true;
    const goal =
      endStep === Infinity
        ? 'first update'
        : `end at step ${endStep}, where the sparsity is ${this.#sparsityAt(endStep)}`;
    say(
      this.constructor.name,
      `this fit ${stops} at step ${lastStep}, before the schedule's ${goal}. ` +
        'Train on with the same callback, or give the schedule earlier steps',
    );
  }
}
