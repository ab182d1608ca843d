import * as tf from '@tensorflow/tfjs-core';
import {integer} from '../src/options/option.js';
import {expectAbsent, read} from '../src/options/read.js';
import type {Args} from '../src/options/table.js';
import {addLoss, penaltyOn, tryPenalty} from '../src/penalties/add-penalty.js';
import type {Penalty} from '../src/penalties/penalty.js';
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
 * @throws TypeError or RangeError from the constructor if an option is unknown, useless or wrong; from `fit` if
 *     `layers` matches nothing, the penalty does not return a scalar, or the strength is not a number >= 0.
 *
 * @example
 * const strength = step => 1e-4 * Math.min(1, step / 1000); // warms up
 * await model.fit(x, y, {epochs: 5, callbacks: [new ScheduledPenalty({penalty: l1({strength: 1}), strength})]});
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
      tf.mul<tf.Scalar>(this.#strength, penaltyOn(weights, this.#penalty, this.remembers.coefficients));
    this.#takeOff = addLoss(model, term);
  }

  async batchBegin({weights, step, strength}: PenalizedTraining): Promise<void> {
    const isOn = this.#takeOff !== undefined;
    const {choose} = this.#penalty;
    this.#strength = strength;
    if (choose) await this.remembers.chooseIfDue(choose, step, {inBatch: isOn});
    if (!isOn) tryPenalty(weights, this.#penalty, this.remembers.coefficients);
  }

  release(): void {
    this.#takeOff?.();
    this.#takeOff = undefined;
    this.remembers.release();
  }
}
