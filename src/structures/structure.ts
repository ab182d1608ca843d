import type * as tf from '@tensorflow/tfjs-core';
import {isCallable, received} from '../options/expect.js';
import type {LayerVariable, Model} from '../tfjs-internals.js';

/** What a weight tensor's axes mean: enough to tell its filters, channels, rows or blocks apart. */
export interface WeightLayout {
  /** The weight's name, such as `conv1/kernel`, in a nested model `base/conv1/kernel`. */
  readonly name: string;
  /** The tensor's shape, as tf.js stores it: a Dense kernel is `[inputs, outputs]`, a Conv2D kernel is HWIO. */
  readonly shape: readonly number[];
  /** Axes that run over the layer's inputs. */
  readonly inputAxes: readonly number[];
  /** Axes that run over the layer's outputs (units, filters). */
  readonly outputAxes: readonly number[];
  /**
   * Into how many gates, one behind the other, the outputs fall: 4 in an LSTM, whose unit `u` has the outputs `u +
   * units * gate`.
   */
  readonly gates: number;
}

/** How the scores of a group's weights make the score of the group. */
export type Reduction = 'sum' | 'mean' | 'max';

/** What a structure must know of the criterion that scores its groups. */
export interface Scoring {
  /**
   * How to combine the scores of a group's weights, unless the structure has a choice of its own. Defaults to 'mean'.
   */
  readonly reduction?: Reduction;
  /**
   * What scores can rank, if all weights of an output or of an input score the same. Leave it out if each weight has a
   * score of its own.
   */
  readonly tellsApart?: 'outputs' | 'inputs';
  /**
   * Whether weights can't be scored without `batchNormScale`. Channels without a batch normalization are then left
   * alone if others have one.
   */
  readonly needsBatchNormScale?: boolean;
}

/** What a criterion may know of a weight beside its values. */
export interface ScoredWeight {
  readonly layout: WeightLayout;
  /**
   * The scale (gamma) of the batch normalization that alone follows the layer, one value for each output. For coupled
   * channels of a layer without one: the mean size of the scales of the other layers that make or pass on the same
   * channels, or else of all batch normalizations on their way.
   */
  readonly batchNormScale?: tf.Tensor | undefined;
}

/** A weight that is pruned together with others. */
export interface GroupedWeight {
  readonly kernel: LayerVariable;
  readonly layout: WeightLayout;
  /** What belongs to its outputs; undefined if those are not the layer's. */
  readonly vectors?: UnitVectors | undefined;
}

/** What belongs to the outputs of a kernel: vectors of one value an output. */
export interface UnitVectors {
  /** The scale (gamma) of the batch normalization that alone follows the layer. */
  readonly scale: LayerVariable | undefined;
  /** All that must be zero to remove an output: the layer's bias, and that batch normalization's scale and shift. */
  readonly all: readonly LayerVariable[];
}

/** Groups that can be compared: what an allocation decides on. */
export interface LayerScores {
  /**
   * The weight's name, such as `conv1/kernel`, in a nested model `base/conv1/kernel`; for coupled channels the names of
   * their layers, `conv1 + conv2`.
   */
  readonly name: string;
  /**
   * One score for each group; groups with the smallest scores are removed first. Groups that are pruned already score
   * -Infinity, groups that must be kept +Infinity.
   */
  readonly scores: Float32Array;
  /** The tensor's shape and the meaning of its axes; if the groups go over several tensors, those of the first. */
  readonly layout: WeightLayout;
  /** How many groups are kept at least, unless the allocation has a limit of its own. Defaults to 1. */
  readonly minKept?: number;
}

/** A partition of weights into groups, each kept or pruned as a whole. A sparsity is a fraction of the groups. */
export interface Grouping {
  /**
   * Scores the groups, out of the scores of the weights.
   *
   * @param scores for each weight, one score for each of its values; -Infinity for values that are masked already.
   * @returns lists of groups that can be compared.
   */
  pool(scores: readonly Float32Array[]): LayerScores[];
  /** The mask of each weight (1 = kept), out of the masks of the groups that `pool` scored. */
  spread(kept: readonly Uint8Array[]): Uint8Array[];
  /**
   * What the criterion is told of a weight; undefined for a weight whose scores `pool` ignores. Called in a tidy.
   * Defaults to {@link aboutWeight}.
   */
  about?(weight: number): ScoredWeight | undefined;
  /**
   * The new values of vectors that belong to groups (biases, scales and shifts) under these masks of the weights: zero
   * where nothing is kept of the group. Leave it out if groups take nothing along.
   */
  withoutGone?(masks: readonly tf.Tensor[]): VectorValue[];
  /** What is not pruned though it was chosen, and why, in a sentence that is said once. */
  readonly leftOut?: string | undefined;
}

/** A vector and its new value. */
export type VectorValue = [variable: LayerVariable, value: tf.Tensor];

/**
 * Which weights are pruned together: a function that partitions weights into groups. It is called before each choice of
 * masks, and at the start of each `fit`. {@link eachWeight} makes one that partitions each weight for itself.
 *
 * @param weights all weights that are pruned together.
 * @param model that they are part of.
 * @param scoring how the criterion scores them.
 * @throws RangeError, with the weight's name, if there are no such groups.
 */
export type Structure = (weights: readonly GroupedWeight[], model: Model, scoring: Scoring) => Grouping;

/** Expects a structure: one of ours, or any function. */
export function expectStructure(structure: Structure): Structure {
  if (isCallable(structure)) return structure;
  const hint = typeof (structure as unknown) === 'object' ? '; make one of {pool, spread} by eachWeight' : '';
  throw new TypeError(
    `Expected \`structure\` to be a function, as filters() returns it, got ${received(structure)}${hint}`,
  );
}

/** What a criterion is told of a weight: its layout, and the scale alone behind its layer. */
export function aboutWeight({layout, vectors}: GroupedWeight): ScoredWeight {
  return {
    layout,
    // Few ask for it.
    get batchNormScale() {
      return vectors?.scale?.read();
    },
  };
}
