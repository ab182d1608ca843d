import * as tf from '@tensorflow/tfjs-core';
import type {PlacedPrunableLayer} from '../../src/layers/model-layers.js';
import type {PrunedWeight} from '../../src/masks/pruned-weight.js';
import {stepsEachAlone} from '../../src/optimizers/steps-each-alone.js';
import type {Grouping} from '../../src/structures/structure.js';
import {assign} from '../../src/tfjs-internals.js';

/**
 * Keeps kernels at zero where their masks are, and what belongs to whole units with them; and says to the weights what
 * gradients they need for it. For one fit: `release` takes all of it back.
 */
export class Projector {
  readonly #layers: readonly PlacedPrunableLayer[];
  readonly #weights: readonly PrunedWeight[];
  readonly #grouping: Grouping | undefined;

  /** @param straightThrough whether gradients reach masked weights; the layers' own setting, which is saved, stays. */
  constructor(
    layers: readonly PlacedPrunableLayer[],
    weights: readonly PrunedWeight[],
    {grouping, straightThrough = false}: {grouping?: Grouping | undefined; straightThrough?: boolean | undefined},
  ) {
    this.#layers = layers;
    this.#weights = weights;
    this.#grouping = grouping;
    if (straightThrough) for (const {weight} of weights) weight.straightThrough = true;
  }

  /** Makes kernels zero where their masks are. */
  project(): void {
    for (const {weight} of this.#weights) weight.project();
    tf.tidy(() => this.#projectVectors());
  }

  /**
   * Tells the weights whether they are projected after each step: the gradients of masked weights need not be masked
   * then. They are zero all the same for an optimizer that may look at all gradients at once.
   */
  announce(isProjecting: boolean, optimizer: tf.Optimizer | undefined): void {
    const projectedAfterUpdates = isProjecting && stepsEachAlone(optimizer);
    for (const {weight} of this.#weights) weight.projectedAfterUpdates = projectedAfterUpdates;
  }

  release(): void {
    for (const {weight} of this.#weights) weight.projectedAfterUpdates = false;
    for (const {layer} of this.#layers) {
      for (const weight of layer.maskedWeights) weight.straightThrough = layer.gradient === 'straightThrough';
    }
  }

  #projectVectors(): void {
    const vectors = this.#grouping?.withoutGone?.(this.#weights.map(({weight}) => weight.mask.read())) ?? [];
    for (const [vector, value] of vectors) assign(vector, value);
  }
}
