import * as tf from '@tensorflow/tfjs-core';
import {expectSchedule, type SparsitySchedule} from '../schedules/sparsity-schedule.js';
import {perOutput} from '../src/allocations/per-output.js';
import type {Allocation} from '../src/allocations/allocation.js';
import {expectSees} from '../src/criteria/expect-criterion.js';
import type {PlacedPrunableLayer} from '../src/layers/model-layers.js';
import {expectMaskRule, type MaskRuleArgs, type MaskRule} from '../src/masks/mask-rule.js';
import {expectInteger, expectNumber, expectOptions, expectSparsity} from '../src/options/expect.js';
import {randomNumbers} from '../src/math/random-numbers.js';
import {dropped} from '../src/parametrizations/dropped.js';
import {chooseMasks, type Choices} from '../src/masks/choose-masks.js';
import {placedWeights, type PrunedWeight} from '../src/masks/pruned-weight.js';
import {maskOf, updateMasks} from '../src/masks/update-masks.js';
import type {ZeroCount} from '../src/masks/zero-count.js';
import type {Structure} from '../src/structures/structure.js';
import {say} from '../src/display/say.js';
import type {CallbackState} from './callback-state.js';
import {PruningCallback, type PruningCallbackArgs} from './pruning-callback.js';

/** Options of {@link TargetedDropout}. */
export interface TargetedDropoutArgs extends MaskRuleArgs, Pick<PruningCallbackArgs, 'layers' | 'initialStep'> {
  /**
   * Which fraction of the groups is targeted at each step, and at whose `endStep` these are pruned for good; Infinity
   * is never. At which steps it updates makes no difference.
   */
  schedule: SparsitySchedule;
  /** The probability with which each targeted group is dropped for a batch, in [0, 1]. Defaults to 0.5. */
  rate?: number;
  /** How the targeted are shared out. Defaults to `perOutput()`, within each unit or filter. */
  allocation?: Allocation;
  /** A whole number >= 0; another one drops others. Defaults to 0. */
  seed?: number;
}

const OPTIONS = ['schedule', 'rate', 'criterion', 'structure', 'allocation', 'layers', 'seed', 'initialStep'];

/**
 * Targeted dropout: makes a model ready for pruning while it trains dense. In each batch the least important weights
 * are dropped by chance, so that the others learn to do without them; at the schedule's end they are pruned.
 *
 *     targeted: the fraction schedule.sparsityAt(step) of the smallest |w| of each output
 *     dropped:  each of them with the probability `rate`, for one batch, without any scaling
 *
 * Evaluation, validation and prediction see the whole kernels. With `structure: filters()` whole units are dropped,
 * which the paper ranks by `magnitude({norm: 2})`. What is dropped follows from the seed, the step and the weight's
 * name alone. Each batch takes a selection over all kernels. The paper lets the targeted fraction or the rate grow: a
 * growing schedule does the former. Gomez et al. 2018, https://arxiv.org/abs/1905.13678
 *
 * @throws TypeError or RangeError from the constructor where an option is unknown or wrong, or the criterion observes
 *     training; from `fit` where the model has no wrapped layer, `layers` matches none, weights are NaN, or it has
 *     pruned another model before.
 *
 * @example
 * new TargetedDropout({schedule: polynomialDecay({finalSparsity: 0.9, endStep: 2000}), rate: 0.66});
 */
export class TargetedDropout extends PruningCallback {
  readonly #schedule: SparsitySchedule;
  readonly #rate: number;
  readonly #rule: MaskRule;
  readonly #seed: number;
  #targets: readonly PrunedWeight[] = [];
  #drawn: tf.Tensor[] = [];
  #takeAway: (() => void)[] = [];
  #isPruned = false;
  #madeZeros = false;
  #saidTooShort = false;

  constructor(args: TargetedDropoutArgs) {
    super(expectOptions('TargetedDropout', args, OPTIONS));
    const {schedule, rate = 0.5, seed = 0, allocation = perOutput()} = args;
    this.#schedule = expectSchedule('schedule', schedule);
    this.#rate = expectNumber('rate', rate, {min: 0, max: 1, includeMax: true});
    this.#seed = expectInteger('seed', seed);
    this.#rule = expectMaskRule({...args, allocation});
    expectSees('TargetedDropout', this.#rule.criterion, ['model']);
  }

  override reset(step = 0): void {
    super.reset(step);
    this.#isPruned = false;
    this.#madeZeros = false;
    this.#saidTooShort = false;
  }

  override async state(): Promise<CallbackState> {
    const {json, tensors} = await super.state();
    const [isPruned, madeZeros, saidTooShort] = [this.#isPruned, this.#madeZeros, this.#saidTooShort];
    return {json: {...json, isPruned, madeZeros, saidTooShort}, tensors};
  }

  override async onBatchBegin(batch: number): Promise<void> {
    await super.onBatchBegin(batch);
    if (!this.#isPruned) await this.#drop();
  }

  override async onBatchEnd(): Promise<void> {
    this.#dropNothing();
    await super.onBatchEnd();
  }

  override async onTrainEnd(): Promise<void> {
    await super.onTrainEnd();
    this.#sayIfTooShort();
  }

  protected override readonly keepsZeros = true;

  protected override get onlyMasksMore(): boolean {
    return true;
  }

  protected override get structure(): Structure {
    return this.#rule.structure;
  }

  /** A callback that has pruned would leave another model dense. */
  // eslint-disable-next-line @typescript-eslint/require-await -- an error is to be a rejection
  protected override async expectUsable(): Promise<void> {
    if (!this.#madeZeros || this.sparsity > 0) return;
    throw new RangeError(
      `TargetedDropout has pruned a model by step ${this.step}, but the one in this fit is dense. Use a new callback for each model, ` +
        'or call reset()',
    );
  }

  protected override prepare(layers: readonly PlacedPrunableLayer[]): void {
    this.#targets = placedWeights(this.trainedModel, layers);
  }

  protected override release(): void {
    this.#dropNothing();
    this.#targets = [];
    super.release();
  }

  protected override async restoring(state: CallbackState): Promise<() => void> {
    const takeOver = await super.restoring(state);
    const {isPruned, madeZeros, saidTooShort} = state.json as Record<string, boolean>;
    return () => {
      takeOver();
      this.#isPruned = isPruned!;
      this.#madeZeros = madeZeros!;
      this.#saidTooShort = saidTooShort!;
    };
  }

  protected override async prune(step: number, pruned: readonly PrunedWeight[]): Promise<ZeroCount | undefined> {
    if (step < this.#schedule.endStep || this.#isPruned) return undefined;
    const count = await updateMasks(pruned, this.#targetedAt(this.#schedule.endStep), this.#rule);
    this.#isPruned = true;
    this.#madeZeros = count.zeros > 0;
    return count;
  }

  async #drop(): Promise<void> {
    const targeted = this.#targetedAt(this.step);
    if (targeted === 0 || this.#rate === 0) return;
    this.#dropNothing();
    const drawn = this.#draw(await chooseMasks(this.#targets, targeted, this.#rule));
    this.#drawn = tf.tidy(() => drawn.map((mask, i) => tf.keep(maskOf(mask, this.#targets[i]!.weight.layout))));
    this.#takeAway = this.#targets.map(({weight}, i) => weight.parametrize(dropped(this.#drawn[i]!)));
  }

  /** The masks of one batch. */
  #draw({grouping, layers, groups}: Choices): Uint8Array[] {
    const kept = layers.map(({name}, i) => {
      const chances = randomNumbers(groups[i]!.length, `${this.#seed} ${this.step} ${name}`);
      return groups[i]!.map((isSafe, group) => (isSafe === 1 || chances[group]! >= this.#rate ? 1 : 0));
    });
    return grouping.spread(kept);
  }

  #dropNothing(): void {
    for (const takeAway of this.#takeAway.splice(0)) takeAway();
    tf.dispose(this.#drawn);
    this.#drawn = [];
  }

  #targetedAt(step: number): number {
    return expectSparsity(`schedule.sparsityAt(${step})`, this.#schedule.sparsityAt(step));
  }

  /** Once a training: a `fit` that is one of many says no more than the first of them. */
  #sayIfTooShort(): void {
    const {endStep} = this.#schedule;
    if (this.#isPruned || this.#saidTooShort || endStep === Infinity) return;
    this.#saidTooShort = true;
    say(
      'TargetedDropout',
      `this fit stopped at step ${this.step}, before the schedule's end at step ${endStep}, where the model is ` +
        'pruned. Train on with the same callback, or give the schedule an earlier end',
    );
  }
}
