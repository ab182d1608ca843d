import * as tf from '@tensorflow/tfjs-core';
import type {SparsitySchedule} from '../../schedules/sparsity-schedule.js';
import {say} from '../../src/display/say.js';
import {percent} from '../../src/display/table.js';
import {expectNumber, expectSparsity} from '../../src/options/expect.js';
import {option, needs, positive} from '../../src/options/option.js';
import type {Args, Values} from '../../src/options/table.js';
import type {PenalizedWeight, Penalty} from '../../src/penalties/penalty.js';
import {smallShares, type SmallShares, type Taken} from '../../src/penalties/small-shares.js';
import {expectWithinWeights, type WeightStructure} from '../../src/structures/each-weight.js';
import {weights as singleWeights} from '../../src/structures/weights.js';
import type {CallbackState} from './callback-state.js';
import {isDue, type PenalizedModel, type PenaltyGoal, type Progress, type Pull} from './penalty-goal.js';
import type {Logs} from './logs.js';
import {FIT_LENGTH} from './fit-length.js';
import {expectTarget} from './fitted-target.js';
import {fades, pullSize, stepsGrow, strengthLimit} from './pull-size.js';
import {ElementValues} from './element-values.js';
import {expectBytes, isBytes, type FileTarget} from './bytes-target.js';
import {AT_FIRST, nextStrength, type Bounds, type ControlState} from './strength-control.js';

const WHY = 'nothing is counted without one';

/** Options of a penalty whose strength is set by a target. */
export const STRENGTH_TARGET = {
  /**
   * In place of a `strength`, the fraction of weights that `pruneByThreshold({below, structure})` would take at the end
   * of the fit, in [0, 1); a schedule of such fractions, in fractions of the fit; or, for {@link entropyPenalty},
   * `{bytes: 20_000}`, the size of the compressed file.
   */
  target: option(expectPenaltyTarget, undefined),
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

function expectPenaltyTarget(name: string, target: PenaltyTarget): PenaltyTarget {
  return isBytes(target) ? expectBytes(name, target) : expectTarget(name, target);
}

/** What a penalty should reach: a fraction of small weights, a schedule of such fractions, or a size of the file. */
export type PenaltyTarget = number | SparsitySchedule | FileTarget;

/** Options of a penalty whose strength is set by a target. */
export type StrengthTargetArgs = Args<typeof STRENGTH_TARGET>;

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
 *
 * When the ramp has ended it lands: the penalty pulls only on the smallest groups that make up the fraction, and pushes
 * out what else is below the threshold. So no more groups follow, and those that are too many come back.
 */
export class StrengthTarget implements PenaltyGoal {
  readonly #target: number | SparsitySchedule;
  readonly #below: number;
  readonly #structure: WeightStructure;
  #control: ControlState = AT_FIRST;
  #ramp: Ramp = {from: null, begun: 0};
  readonly #pulls = new ElementValues('pulls', 'what was pulled');

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

  /** What its pull on each element is multiplied by: 1, 0 or -1, a tensor for each weight; empty before it lands. */
  get pulls(): readonly tf.Tensor[] {
    return this.#pulls.tensors;
  }

  /** `expectedSparsity`: the fraction of weights that are small now. */
  async logs({weights}: PenalizedModel): Promise<Logs> {
    return {expectedSparsity: (await this.#shares(weights)).below(this.#below).share};
  }

  /**
   * Called when a fit begins.
   *
   * @throws RangeError if the target can't be reached, since the best group of each weight is never small.
   */
  async begin({owner, weights}: PenalizedModel, {step, steps}: Progress): Promise<void> {
    const shares = await this.#shares(weights);
    const [most, last] = [shares.below(Infinity).share, this.#targetAt(1)];
    if (last > most + 0.01) {
      throw new RangeError(
        `${owner} expects a \`target\` of at most ${most.toFixed(4)}, since the best group of each weight stays, ` +
          `got ${last}`,
      );
    }
    this.#pulls.begin(owner, weights);
    this.#pulls.upload();
    if (this.#ramp.from !== null) return;
    this.#ramp = {from: Math.max(this.#below, shares.thresholdOf(Math.min(last, most))), begun: step / steps};
  }

  /** Called before each batch: changes the strength if it is due. */
  async drive({weights}: PenalizedModel, {step, steps}: Progress, pull: Pull): Promise<void> {
    if (!isDue(step, steps)) return;
    const progress = step / steps;
    const threshold = this.#thresholdAt(progress);
    const shares = await this.#shares(weights);
    const [wanted, small] = [shares.nearest(this.#targetAt(progress)), shares.below(threshold)];
    const isLanding = progress >= this.#rampEnd;
    const missing = wanted.share - small.share;
    const bounds = await boundsOf(pull, weights, {wanted, threshold, isHolding: isLanding && missing >= 0});
    // what is too much is pushed out, which takes strength as well
    this.#control = nextStrength(this.#control, isLanding ? Math.abs(missing) : missing, bounds);
    if (isLanding) this.#pulls.set(pullsOf(wanted, small));
  }

  /** Called when a fit ends. */
  release(): void {
    this.#pulls.release();
  }

  /** Says if the target was missed, by more than whole groups must miss it. */
  async sayIfMissed({owner, weights}: PenalizedModel): Promise<void> {
    const shares = await this.#shares(weights);
    const [small, wanted] = [shares.below(this.#below).share, shares.nearest(this.#targetAt(1)).share];
    if (Math.abs(small - wanted) < 0.01 + 1e-9) return;
    const why =
      small < wanted
        ? `the threshold for that is ${shares.thresholdOf(wanted).toPrecision(2)}. Train longer, with a smaller ` +
          'learning rate, or give a larger `below`'
        : 'train longer';
    say(owner, `${percent(small)} of the weights are below ${this.#below} instead of ${percent(wanted)}; ${why}`);
  }

  reset(): void {
    this.#control = AT_FIRST;
    this.#ramp = {from: null, begun: 0};
    this.#pulls.reset();
  }

  state(): CallbackState {
    const {json, tensors} = this.#pulls.state();
    return {json: {...json, control: {...this.#control}, ramp: {...this.#ramp}}, tensors};
  }

  async restore(state: CallbackState): Promise<void> {
    const {control, ramp} = state.json as unknown as {control: ControlState; ramp: Ramp};
    for (const [name, value] of Object.entries({...control, begun: ramp.begun})) expectNumber(`control.${name}`, value);
    await this.#pulls.restore(state);
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

  #shares(weights: readonly PenalizedWeight[]): Promise<SmallShares> {
    return smallShares(weights, this.#structure);
  }
}

async function boundsOf(
  {optimizer, gradients}: Pull,
  weights: readonly PenalizedWeight[],
  {wanted, threshold, isHolding}: {wanted: Taken; threshold: number; isHolding: boolean},
): Promise<Bounds> {
  if (!gradients || !optimizer) return {limit: Infinity, phase: isHolding ? 'hold' : 'move'};
  const sizeAt = async (factor: number) => {
    const all = tf.tidy(() => gradients(weights, factor));
    try {
      return await pullSize(all, wanted.masks);
    } finally {
      tf.dispose(all);
    }
  };
  const isLimited = stepsGrow(optimizer);
  if (!isHolding && !isLimited) return {limit: Infinity, phase: 'move'};
  const size = await sizeAt(1);
  const limit = isLimited ? strengthLimit(optimizer, size, threshold) : Infinity;
  if (!isHolding) return {limit, phase: 'move'};
  return {limit, phase: fades(size, await sizeAt(0.5)) ? 'grow' : 'hold'};
}

/** 1 for what is wanted, -1 for what else is small, 0 for the rest. */
function pullsOf(wanted: Taken, small: Taken): Float32Array[] {
  return wanted.masks.map((mask, i) =>
    Float32Array.from(mask, (kept, at) => (kept === 0 ? 1 : small.masks[i]![at] === 0 ? -1 : 0)),
  );
}
