import {expectSelector, type LayerSelector} from '../src/layers/layer-selector.js';
import {expectNumber, isCallable, received} from '../src/options/expect.js';
import {expectPenalty} from '../src/penalties/add-penalty.js';
import {penalizedWeights} from '../src/penalties/penalized-weights.js';
import type {PenalizedWeight, Penalty} from '../src/penalties/penalty.js';
import type {ModelCallback} from './model-callback.js';
import {StepCallback, type StepCallbackArgs} from './step-callback.js';

/** What callbacks with a penalty take. */
export interface PenaltyCallbackArgs extends StepCallbackArgs {
  /** What weights cost. */
  penalty: Penalty;
  /** By what the penalty is multiplied at a step, a number >= 0. Defaults to 1 at each. */
  strength?: (step: number) => number;
  /** Which layers it is put on, wrapped or plain. Defaults to all that are trainable; a frozen one must be named. */
  layers?: LayerSelector;
}

/** The names of these options, for the checks. */
export const PENALTY_OPTIONS = ['penalty', 'strength', 'layers', 'stepUnit', 'initialStep'] as const;

/** A callback with a penalty whose strength goes by the step. */
export abstract class PenaltyCallback extends StepCallback {
  protected readonly penalty: Penalty;
  readonly #strength: (step: number) => number;
  readonly #selector: LayerSelector | undefined;

  constructor(args: PenaltyCallbackArgs) {
    super(args);
    const {penalty, strength = () => 1, layers} = args;
    this.penalty = expectPenalty(penalty);
    if (!isCallable(strength)) {
      throw new TypeError(`Expected \`strength\` to be a function of the step, got ${received(strength)}`);
    }
    this.#strength = strength;
    this.#selector = expectSelector('layers', layers);
  }

  /** By what the penalty is multiplied now. */
  protected strengthNow(): number {
    return expectNumber(`strength(${this.step})`, this.#strength(this.step), {min: 0});
  }

  protected override expectFitting(before: readonly ModelCallback[]): void {
    super.expectFitting(before);
    this.chosenWeights();
  }

  /** The weights of the model that is being trained. */
  protected chosenWeights(): PenalizedWeight[] {
    return penalizedWeights(this.constructor.name, this.trainedModel, this.penalty, this.#selector, this);
  }
}
