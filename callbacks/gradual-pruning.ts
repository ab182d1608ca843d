import {expectSchedule, type SparsitySchedule} from '../schedules/sparsity-schedule.js';
import type {Criterion} from '../src/criteria/criterion.js';
import type {PlacedPrunableLayer} from '../src/layers/model-layers.js';
import {expectMaskRule, type MaskRuleArgs} from '../src/mask-rule.js';
import {expectInteger, expectOptions, expectSparsity, received} from '../src/math/expect.js';
import {observes} from '../src/observer.js';
import {updateMasks, type MaskRule, type PrunedWeight, type ZeroCount} from '../src/update-masks.js';
import {PruningCallback, type PruningCallbackArgs} from './pruning-callback.js';

/** Options of {@link GradualPruning}. */
export interface GradualPruningArgs extends PruningCallbackArgs, MaskRuleArgs {
  /** How sparse the layers are at each step. */
  schedule: SparsitySchedule;
  /**
   * Whether pruned weights live on behind their masks, are trained straight through them, and can come back at the next
   * update (pruning with feedback). Defaults to false: what is pruned stays zero.
   */
  regrowth?: boolean;
  /**
   * For a criterion that observes training (`taylor()`, `wanda()`, ...): how many batches before each update it observes.
   * Each one costs time. Infinity is all of them. Defaults to 30, and to all for a criterion that remembers (`movement()`).
   */
  observedBatches?: number;
}

const OPTIONS = [
  'schedule',
  'criterion',
  'structure',
  'allocation',
  'layers',
  'stepUnit',
  'regrowth',
  'observedBatches',
  'initialStep',
];

/**
 * Prunes while the model trains: at every update of the schedule the least important weights are masked, until the final
 * sparsity is reached; training makes up for what was lost in between.
 *
 * Pruned weights are zero in the kernels at the end of every batch, whatever the optimizer's momentum does, so every
 * checkpoint is sparse. The step is counted over all `fit` and `fitDataset` calls of the same callback. `logs.sparsity`,
 * and so `History`, holds the fraction of zeros among the pruned layers at the end of each epoch (of several such callbacks
 * the last one's; `SparsityLogger` counts all wrapped layers).
 *
 * One callback is for one model; `reset()` it, or make a new one, for another. Only while it is in the list are kernels kept
 * at zero. Put plain-object callbacks into `new tf.CustomCallback({...})` beside it: tf.js does not mix the two.
 * Zhu & Gupta 2017, https://arxiv.org/abs/1710.01878; regrowth: Lin et al. 2020, https://arxiv.org/abs/2006.07253
 *
 * @throws TypeError or RangeError from the constructor where an option is unknown or wrong; from `fit` where the model has
 *     no wrapped layer, `layers` matches none, weights are NaN, or the schedule asks for fewer zeros than before without
 *     `regrowth`. Masks and weights are then as they were before the update.
 *
 * @example
 * await model.fit(x, y, {epochs: 5, callbacks: [
 *   new GradualPruning({schedule: polynomialDecay({finalSparsity: 0.9, endStep: 2000, frequency: 100})})]});
 */
export class GradualPruning extends PruningCallback {
  readonly #schedule: SparsitySchedule;
  readonly #rule: MaskRule;
  readonly #observedBatches: number;
  #firstStep: number;
  #applied: number | undefined;
  #saidTooShort = false;

  constructor(args: GradualPruningArgs) {
    super(expectOptions('GradualPruning', args, OPTIONS));
    const {schedule, regrowth = false} = args;
    this.#firstStep = this.step;
    this.#schedule = expectSchedule('schedule', schedule);
    const rule = expectMaskRule(args);
    if (typeof regrowth !== 'boolean')
      throw new TypeError(`Expected \`regrowth\` to be true or false, got ${received(regrowth)}`);
    this.#rule = {...rule, regrowth};
    const {observedBatches = rule.criterion.remembers === true ? Infinity : 30} = args;
    this.#observedBatches =
      observedBatches === Infinity ? observedBatches : expectInteger('observedBatches', observedBatches, {min: 1});
  }

  override reset(step = 0): void {
    super.reset(step);
    this.#firstStep = step;
    this.#applied = undefined;
    this.#saidTooShort = false;
  }

  override async onTrainBegin(): Promise<void> {
    await super.onTrainBegin();
    this.#expectSomethingDone();
    const {plannedSteps} = this;
    if (plannedSteps === undefined || this.#schedule.endStep === Infinity) return;
    this.#sayIfTooShort('will stop', this.step + plannedSteps);
  }

  override async onTrainEnd(): Promise<void> {
    await super.onTrainEnd();
    this.#sayIfTooShort('stopped', this.step);
  }

  protected override get keepsZeros(): boolean {
    return !this.#rule.regrowth;
  }

  protected override get criterion(): Criterion {
    return this.#rule.criterion;
  }

  protected override observesBatch(batch: number): boolean {
    return this.isJustBefore(this.#schedule, this.#observedBatches, batch);
  }

  protected override get wholeUnits(): boolean {
    return this.#rule.structure.wholeUnits === true;
  }

  protected override prepare(layers: readonly PlacedPrunableLayer[]): void {
    if (this.#rule.regrowth) for (const {layer} of layers) layer.gradient = 'straightThrough';
  }

  protected override async prune(step: number, pruned: readonly PrunedWeight[]): Promise<ZeroCount | undefined> {
    if (!this.#schedule.updatesAt(step)) return undefined;
    const sparsity = expectSparsity(`schedule.sparsityAt(${step})`, this.#schedule.sparsityAt(step));
    if (this.#isDoneAlready(step, pruned)) {
      this.#applied = sparsity;
      return undefined;
    }
    if (!this.#rule.regrowth && sparsity < (this.#applied ?? 0)) {
      throw new RangeError(
        `The schedule asks for sparsity ${sparsity} at step ${step} after ${this.#applied}; ` +
          'weights come back only with `regrowth: true`',
      );
    }
    const count = await updateMasks(pruned, sparsity, this.#rule);
    this.#applied = sparsity;
    return count;
  }

  /** Training that is resumed at an update has made it, and has observed nothing yet to make it again by. */
  #isDoneAlready(step: number, pruned: readonly PrunedWeight[]): boolean {
    const sawNothing = observes(this.#rule.criterion) && pruned.every(({observed}) => !observed);
    return sawNothing && step > 0 && step === this.#firstStep && this.sparsity > 0;
  }

  /** A callback whose schedule is over would leave a dense model dense. */
  #expectSomethingDone(): void {
    const target = this.#schedule.sparsityAt(this.step);
    if (this.step <= this.#schedule.endStep || this.sparsity > 0 || target === 0) return;
    throw new RangeError(
      `GradualPruning is at step ${this.step}, after its schedule's end at step ${this.#schedule.endStep}, but the model is ` +
        `dense instead of ${target} sparse. Use a new callback for each model, or call reset()`,
    );
  }

  /** Once a training: a `fit` that is one of many says no more than the first of them. */
  #sayIfTooShort(stops: string, lastStep: number): void {
    const {endStep} = this.#schedule;
    const reached = endStep === Infinity ? this.#applied !== undefined : lastStep >= endStep;
    if (reached || this.#saidTooShort) return;
    this.#saidTooShort = true;
    const goal =
      endStep === Infinity
        ? 'first update'
        : `end at step ${endStep}, where the sparsity is ${this.#schedule.sparsityAt(endStep)}`;
    // eslint-disable-next-line no-console -- training that is too short throws nothing, and must not pass in silence
    console.warn(
      `GradualPruning: this fit ${stops} at step ${lastStep}, before the schedule's ${goal}. ` +
        'Train on with the same callback, or give the schedule earlier steps.',
    );
  }
}
