import {expectSelector, type LayerSelector} from '../../src/layers/layer-selector.js';
import {expectNumber, isCallable, received} from '../../src/options/expect.js';
import {expectPenalty} from '../../src/penalties/add-penalty.js';
import {penalizedWeights} from '../../src/penalties/penalized-weights.js';
import type {PenalizedWeight, Penalty} from '../../src/penalties/penalty.js';
import type {FitGuard} from './fit-guard.js';
import type {StepArgs} from './step-counter.js';

/** What callbacks with a penalty take. */
export interface PenaltyCallbackArgs extends StepArgs {
  /** What weights cost. */
  penalty: Penalty;
  /** What the penalty is multiplied by at a step, a number >= 0. Defaults to 1 at each. */
  strength?: (step: number) => number;
  /** Which layers it is put on, wrapped or plain. Defaults to all that are trainable; a frozen one must be named. */
  layers?: LayerSelector;
}

/** The names of these options, for the checks. */
export const PENALTY_OPTIONS = ['penalty', 'strength', 'layers', 'stepUnit', 'initialStep'] as const;

/** A penalty on some of a model's layers, with a strength that goes by the step. */
export class PenaltyOnLayers {
  readonly penalty: Penalty;
  readonly #strength: (step: number) => number;
  readonly #selector: LayerSelector | undefined;

  constructor({penalty, strength = () => 1, layers}: PenaltyCallbackArgs) {
    this.penalty = expectPenalty(penalty);
    if (!isCallable(strength)) {
      throw new TypeError(`Expected \`strength\` to be a function of the step, got ${received(strength)}`);
    }
    this.#strength = strength;
    this.#selector = expectSelector('layers', layers);
  }

  /** What the penalty is multiplied by at a step. */
  strengthAt(step: number): number {
    return expectNumber(`strength(${step})`, this.#strength(step), {min: 0});
  }

  /** The weights of the model that is trained; what is left alone is said to each callback once. */
  weightsIn({owner, model, callback}: FitGuard): PenalizedWeight[] {
    return penalizedWeights(owner, model, this.penalty, this.#selector, callback);
  }
}
