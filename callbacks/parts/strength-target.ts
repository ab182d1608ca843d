import type {SparsitySchedule} from '../../schedules/sparsity-schedule.js';
import {say} from '../../src/display/say.js';
import {percent} from '../../src/display/table.js';
import {expectNumber, expectSparsity} from '../../src/options/expect.js';
import {option, needs, positive} from '../../src/options/option.js';
import type {Args, Values} from '../../src/options/table.js';
import type {PenalizedWeight, Penalty} from '../../src/penalties/penalty.js';
import {smallShares} from '../../src/penalties/small-shares.js';
import {expectWithinWeights, type WeightStructure} from '../../src/structures/each-weight.js';
import {weights as singleWeights} from '../../src/structures/weights.js';
import type {CallbackState, Remembering} from './callback-state.js';
import {FIT_LENGTH} from './fit-length.js';
import {expectTarget} from './fitted-target.js';
import {AT_FIRST, CHANGES, nextStrength, type ControlState} from './strength-control.js';

const WHY = 'nothing is counted without one';

/** Options of a penalty whose strength is set by a target. */
export const STRENGTH_TARGET = {
  /**
   * In place of a `strength`, the fraction of weights that `pruneByThreshold({below, structure})` would take at the end
   * of the fit, in [0, 1); or a schedule of such fractions, in fractions of the fit.
   */
  target: option(expectTarget, undefined),
  /** With a `target`: which weights are small, by the score of their group, a number > 0. Defaults to 1e-3. */
  below: needs('target', WHY, positive(undefined)),
  /** With a `target`: the groups that are counted. Defaults to those of the penalty, or else single weights. */
  structure: needs(
    'target',
    WHY,
    option((name, structure: WeightStructure) => expectWithinWeights(`\`${name}\``, structure), undefined),
  ),
  /** The epochs of the training, at least 1; only with a `target`. Defaults to the `epochs` of the first fit. */
  epochs: needs('target', 'only a target is laid over the fit', FIT_LENGTH.epochs),
  /** The batches of an epoch, at least 1; only with a `target`. Defaults to what tf.js knows. */
  batchesPerEpoch: needs('target', 'only a target is laid over the fit', FIT_LENGTH.batchesPerEpoch),
};

/** Options of a penalty whose strength is set by a target. */
export type StrengthTargetArgs = Args<typeof STRENGTH_TARGET>;

/** Where a fit stands. */
export interface Progress {
  readonly step: number;
  /** The steps of the whole training. */
  readonly steps: number;
}

/** The fraction of the fit at which the ramp to a number ends. */
const RAMP_END = 2 / 3;

/** What is remembered besides the control. */
interface Ramp {
  /** The threshold that the target would take at first; null before the first fit. */
  readonly from: number | null;
  /** The fraction of the fit at which that was. */
  readonly begun: number;
}

/**
 * The strength of a penalty, set such that a fraction of the weights falls below a threshold.
 *
 * For a number, the fraction is the same at all times and the threshold comes down: from where the fraction of the
 * weights is small at first, to `below`. So there is a distance to see from the first step on, though it may take
 * thousands of them until the first weight is small.
 */
export class StrengthTarget implements Remembering {
  readonly #target: number | SparsitySchedule;
  readonly #below: number;
  readonly #structure: WeightStructure;
  #control: ControlState = AT_FIRST;
  #ramp: Ramp = {from: null, begun: 0};

  constructor(
    target: number | SparsitySchedule,
    {below, structure}: Pick<Values<typeof STRENGTH_TARGET>, 'below' | 'structure'>,
    penalty: Penalty,
  ) {
    this.#target = target;
    this.#below = below ?? 1e-3;
    this.#structure = structure ?? penalty.structure ?? singleWeights();
  }

  /** What the penalty is multiplied by. */
  get strength(): number {
    return this.#control.strength;
  }

  /** The fraction of weights that are small now. */
  async share(weights: readonly PenalizedWeight[]): Promise<number> {
    return (await this.#shares(weights)).below(this.#below);
  }

  /**
   * Called when a fit begins.
   *
   * @throws RangeError if the target can't be reached, since the best group of each weight is never small.
   */
  async begin(owner: string, weights: readonly PenalizedWeight[], {step, steps}: Progress): Promise<void> {
    const shares = await this.#shares(weights);
    const [most, last] = [shares.below(Infinity), this.#targetAt(1)];
    if (last > most + 0.01) {
      throw new RangeError(
        `${owner} expects a \`target\` of at most ${most.toFixed(4)}, since the best group of each weight stays, ` +
          `got ${last}`,
      );
    }
    if (this.#ramp.from !== null) return;
    this.#ramp = {from: Math.max(this.#below, shares.thresholdOf(Math.min(last, most))), begun: step / steps};
  }

  /** Called before each batch: changes the strength if it is due. */
  async drive(weights: readonly PenalizedWeight[], {step, steps}: Progress): Promise<void> {
    if (!isDue(step, steps)) return;
    const progress = step / steps;
    const small = (await this.#shares(weights)).below(this.#thresholdAt(progress));
    this.#control = nextStrength(this.#control, this.#targetAt(progress) - small, progress >= this.#rampEnd);
  }

  /** Says if the target was missed. */
  async sayIfMissed(owner: string, weights: readonly PenalizedWeight[]): Promise<void> {
    const shares = await this.#shares(weights);
    const [small, wanted] = [shares.below(this.#below), this.#targetAt(1)];
    if (Math.abs(small - wanted) < 0.01 + 1e-9) return;
    const why =
      small < wanted
        ? `the threshold for that is ${shares.thresholdOf(wanted).toPrecision(2)}. Train longer, with a smaller ` +
          'learning rate towards the end, or give a larger `below`'
        : 'train longer, or begin with a smaller strength of the penalty';
    say(owner, `${percent(small)} of the weights are below ${this.#below} instead of ${percent(wanted)}; ${why}`);
  }

  reset(): void {
    this.#control = AT_FIRST;
    this.#ramp = {from: null, begun: 0};
  }

  state(): CallbackState {
    return {json: {control: {...this.#control}, ramp: {...this.#ramp}}, tensors: {}};
  }

  restore({json}: CallbackState): void {
    const {control, ramp} = json as unknown as {control: ControlState; ramp: Ramp};
    for (const [name, value] of Object.entries({...control, begun: ramp.begun})) expectNumber(`control.${name}`, value);
    this.#control = {...control};
    this.#ramp = {...ramp};
  }

  get #rampEnd(): number {
    return typeof this.#target === 'number' ? RAMP_END : Math.min(1, this.#target.endStep);
  }

  #targetAt(progress: number): number {
    if (typeof this.#target === 'number') return this.#target;
    return expectSparsity('target.sparsityAt', this.#target.sparsityAt(Math.min(1, progress)));
  }

  #thresholdAt(progress: number): number {
    const {from, begun} = this.#ramp;
    if (typeof this.#target !== 'number' || progress >= RAMP_END) return this.#below;
    const left = (RAMP_END - progress) / (RAMP_END - begun);
    return this.#below + (from! - this.#below) * left ** 3;
  }

  #shares(weights: readonly PenalizedWeight[]) {
    return smallShares(weights, this.#structure);
  }
}

/** Whether one of the changes, which are equally spaced over the training, falls on a step. */
function isDue(step: number, steps: number): boolean {
  const changesAt = (at: number) => Math.floor((at * CHANGES) / steps);
  return step === 0 || changesAt(step) > changesAt(step - 1);
}
