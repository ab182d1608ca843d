import * as tf from '@tensorflow/tfjs-core';
import type {PlacedWeight} from '../../src/masks/placed-weights.js';
import {stepsEachAlone} from '../../src/optimizers/steps-each-alone.js';
import type {Grouping} from '../../src/structures/structure.js';
import {assign} from '../../src/tfjs-internals.js';

/**
 * Keeps kernels, and the vectors of whole units, at zero where masks are, and controls which gradients reach masked
 * weights. It is made for one fit: `release` undoes all of it.
 */
export class Projector {
  readonly #weights: readonly PlacedWeight[];
  readonly #grouping: Grouping | undefined;
  /** Stop the gradients that reach masked weights. */
  readonly #stopGradients: (() => void)[];
  /** The same for gradients that pass because the kernels are projected after each step. */
  #stopUnseen: (() => void)[] = [];

  /** @param straightThrough whether gradients reach masked weights, whatever the setting of their layers. */
  constructor(weights: readonly PlacedWeight[], grouping: Grouping | undefined, straightThrough: boolean) {
    this.#weights = weights;
    this.#grouping = grouping;
    this.#stopGradients = straightThrough ? weights.map(({weight}) => weight.letGradientsThrough()) : [];
  }

  /** Makes kernels zero where their masks are. */
  project(): void {
    for (const {weight} of this.#weights) weight.project();
    tf.tidy(() => this.#projectVectors());
  }

  /**
   * Tells the weights whether they are projected after each step. If they are, their gradients need no masking, unless
   * the optimizer may look at all gradients at once.
   */
  announce(isProjecting: boolean, optimizer: tf.Optimizer | undefined): void {
    const isUndone = isProjecting && stepsEachAlone(optimizer);
    if (isUndone === this.#stopUnseen.length > 0) return;
    for (const stop of this.#stopUnseen.splice(0)) stop();
    if (isUndone) this.#stopUnseen = this.#weights.map(({weight}) => weight.letGradientsThrough({unseen: true}));
  }

  release(): void {
    for (const stop of [...this.#stopGradients.splice(0), ...this.#stopUnseen.splice(0)]) stop();
  }

  #projectVectors(): void {
    const vectors = this.#grouping?.withoutGone?.(this.#weights.map(({weight}) => weight.mask.read())) ?? [];
    for (const [vector, value] of vectors) assign(vector, value);
  }
}
