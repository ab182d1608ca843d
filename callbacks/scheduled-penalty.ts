import * as tf from '@tensorflow/tfjs-core';
import {integer} from '../src/options/option.js';
import {expectAbsent, read} from '../src/options/read.js';
import type {Args} from '../src/options/table.js';
import {addLoss, penaltyGradients, penaltyOn, tryPenalty} from '../src/penalties/add-penalty.js';
import type {PenalizedWeight, Penalty} from '../src/penalties/penalty.js';
import {PenaltyChoice} from './parts/penalty-choice.js';
import {PENALTY, PenaltyCallback, type PenalizedTraining, type PenaltyMethod} from './penalty-callback.js';

const OPTIONS = {
  /**
   * The steps between two choices, for a penalty that chooses which weights it drives to zero (`selectiveWeightDecay`,
   * `growingRegularization`), at least 1; refused for any other penalty. Defaults to the penalty's own `frequency`.
   */
  frequency: integer({min: 1}, undefined),
};

/** Options of {@link ScheduledPenalty}. */
export type ScheduledPenaltyArgs = Args<typeof PENALTY & typeof OPTIONS>;

/**
 * Adds a penalty to the loss while the model trains, with a strength that depends on the step.
 *
 *     loss + strength(step) * sum over the weights of penalty(w)
 *
 * The penalty is added when a `fit` begins and removed when it ends, even if it fails; see {@link addPenalty} for the
 * weights it applies to and the losses that include it.
 *
 * With a `target` in place of a strength, the strength is changed 200 times in a fit, such that at the end
 * `pruneByThreshold(model, {below, structure})` would take that fraction of the penalized weights:
 *
 *     strength = exp(30 e + sum of 5 e),   e = target - fraction of weights in groups below the threshold
 *
 * It begins with the penalty's own. For a number the threshold comes down along a cubic curve, from where that fraction
 * of the weights lies at first, and reaches `below` at two thirds of the fit. From then on (for a schedule, from its
 * end) it lands: the penalty pulls only on the smallest groups that make up the target, and pushes out of the
 * threshold, with the same force, what else is below. So no more groups follow, and those that are too many come back.
 *
 * For {@link entropyPenalty} the target may be the size of the file, `{bytes: 20_000}`: the bytes of the whole model as
 * {@link modelSize} counts them with the bits of the penalty, before {@link shrink} takes unused channels out. Only one
 * callback of a fit can have such a target. They come down along a cubic curve until two thirds of
 * the fit, with `e` the distance as a fraction of the bytes. Every tenth change of the strength writes the file into
 * memory; in between, the penalty's own estimate stands for it, which is `expectedBytes` in the logs. Begin with a
 * trained model: in one that is not, hardly any weight is worth less than others.
 *
 * In the logs, `penaltyStrength` is the strength and `expectedSparsity` the fraction below `below`. Scales of batch
 * normalizations count one each. The target is met as nearly as whole groups can; if it is missed by more than a
 * hundredth besides, a line on the console says so.
 *
 * Steps of an optimizer make no exact zeros: weights tremble around zero by about the learning rate times the noise of
 * their gradient, with Adam by up to a few learning rates. If that is more than `below`, no strength helps. With Adam,
 * use a learning rate of at most `below`; with gradient descent, one whose steps for the loss alone are smaller; or a
 * larger `below`, or {@link ProximalPenalty}. A fit of a few hundred steps is too short for some, such as `hoyerSquare`
 * on single weights. `l2` pulls on small weights hardly at all and on large ones most: to hold a fraction near zero it
 * scales down the whole model; prefer another penalty.
 *
 * @throws TypeError or RangeError from the constructor if an option is unknown, useless or wrong; from `fit` if
 *     `layers` matches nothing, the penalty does not return a scalar, the strength is not a number >= 0, or a target
 *     is given that can't be reached or whose training is of unknown length; TypeError from `fit` if another callback
 *     of it has a target of bytes, too.
 *
 * @example
 * const strength = step => 1e-4 * Math.min(1, step / 1000); // warms up
 * await model.fit(x, y, {epochs: 5, callbacks: [new ScheduledPenalty({penalty: l1({strength: 1}), strength})]});
 *
 * @example
 * const penalty = groupLasso({strength: 1e-4, structure: filters()});
 * await model.fit(x, y, {epochs: 30, callbacks: [new ScheduledPenalty({penalty, target: 0.5})]});
 * await pruneByThreshold(model, {below: 1e-3, structure: filters()}); // half of the weights
 */
export class ScheduledPenalty extends PenaltyCallback {
  readonly #term: PenaltyTerm;

  constructor(args: ScheduledPenaltyArgs) {
    const {penalty, frequency} = read('ScheduledPenalty', args, {...PENALTY, ...OPTIONS});
    if (!penalty.choose) expectAbsent('ScheduledPenalty', args, ['frequency'], 'for a penalty that chooses no weights');
    const term = new PenaltyTerm(penalty, frequency);
    super(term, args);
    this.#term = term;
  }

  /** Removes the penalty from the model before the end of a `fit`. */
  remove(): void {
    this.#term.release();
  }
}

/** A penalty as a term of the loss. */
class PenaltyTerm implements PenaltyMethod {
  readonly remembers: PenaltyChoice;
  readonly #penalty: Penalty;
  #strength = 0;
  #pulls: readonly tf.Tensor[] = [];
  #takeOff: (() => void) | undefined;

  constructor(penalty: Penalty, frequency = penalty.frequency ?? 1) {
    this.#penalty = penalty;
    this.remembers = new PenaltyChoice(frequency);
  }

  async begin(training: PenalizedTraining): Promise<void> {
    const {owner, model, weights} = training;
    this.remembers.begin(owner, weights);
    await this.batchBegin(training);
    const term = () =>
      tf.mul<tf.Scalar>(this.#strength, penaltyOn(weights, this.#penalty, this.remembers.coefficients, this.#pulls));
    this.#takeOff = addLoss(model, term);
  }

  async batchBegin({weights, step, strength, pulls}: PenalizedTraining): Promise<void> {
    const isOn = this.#takeOff !== undefined;
    const {choose} = this.#penalty;
    this.#strength = strength;
    this.#pulls = pulls;
    if (choose) await this.remembers.chooseIfDue(choose, step, {inBatch: isOn});
    if (!isOn) tryPenalty(weights, this.#penalty, this.remembers.coefficients);
  }

  gradients(weights: readonly PenalizedWeight[], factor: number): tf.Tensor[] {
    return penaltyGradients(weights, this.#penalty, {coefficients: this.remembers.coefficients, factor});
  }

  release(): void {
    this.#takeOff?.();
    this.#takeOff = undefined;
    this.remembers.release();
  }
}
