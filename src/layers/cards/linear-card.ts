import type * as tf from '@tensorflow/tfjs-core';
import type {Layer} from '../../tfjs-internals.js';

/** A weight that a layer multiplies with something, and what that is. */
export interface LinearStep {
  /** The layer's field that holds the weight. */
  readonly field: string;
  /** What the weight is multiplied with, of the step's input: `[parts, positions, inputs]`. Called in a tidy. */
  readonly features: (input: tf.Tensor) => tf.Tensor3D;
  /** The order of the weight's axes in which it is a stack of matrices, `[parts, inputs, outputs]`. */
  readonly order: readonly number[];
  /** The number of parts, each with inputs and outputs of its own. */
  readonly parts: number;
}

/** What is known of a kind of layer whose output, before bias and activation, is linear in each of its weights. */
export interface LinearCard {
  /** Its products in order: the first is one of the layer's input, each other one of the product before. */
  readonly linearSteps?: (layer: Layer) => readonly LinearStep[];
}

/** The linear cards of a family of layers, by class name. */
export type LinearCards = Readonly<Record<string, LinearCard>>;
