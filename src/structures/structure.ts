import * as tf from '@tensorflow/tfjs-core';
import {expectFunction, received} from '../options/expect.js';
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
   * The number of gates that the outputs consist of, one after the other: 4 in an LSTM, where unit `u` has the outputs
   * `u + units * gate`.
   */
  readonly gates: number;
}

/** How the scores of a group's weights are combined into the score of the group. */
export type Reduction = (typeof REDUCTIONS)[number];

export const REDUCTIONS = ['sum', 'mean', 'max'] as const;

/** What a structure must know of the criterion that scores its groups. */
export interface Scoring {
  /**
   * How to combine the scores of a group's weights, unless the structure specifies it. Defaults to 'mean'.
   */
  readonly reduction?: Reduction;
  /**
   * Which groups the scores can rank, if all weights of an output or of an input score the same. Leave it out if each
   * weight has a score of its own.
   */
  readonly tellsApart?: 'outputs' | 'inputs';
  /**
   * Whether weights can't be scored without `batchNormScale`. Channels without a batch normalization are then left
   * alone if others have one.
   */
  readonly needsBatchNormScale?: boolean;
}

/** What a criterion is told about a weight besides its values. */
export interface ScoredWeight {
  /** What the axes of the weight mean. */
  readonly layout: WeightLayout;
  /**
   * The scale (gamma) of the batch normalization that follows this layer alone, one value per output. For coupled
   * channels of a layer without one: the mean size of the scales of the other layers that make or pass on the same
   * channels, or else of all batch normalizations they pass through.
   */
  readonly batchNormScale?: tf.Tensor | undefined;
  /**
   * One value per output, computed from each batch normalization that `batchNormScale` would come from, and averaged
   * over them in the same way. Undefined if there is none with a scale.
   */
  readonly ofBatchNorms?: (value: ValueOfBatchNorm) => tf.Tensor | undefined;
}

/** The scale (gamma) and the shift (beta) of a batch normalization; a shift of zeros if it has none. */
export interface BatchNormVectors {
  /** Its scale (gamma). */
  readonly scale: tf.Tensor;
  /** Its shift (beta). */
  readonly shift: tf.Tensor;
}

/** One value per channel of a batch normalization. */
export type ValueOfBatchNorm = (vectors: BatchNormVectors) => tf.Tensor;

/** A weight that is pruned together with others. */
export interface GroupedWeight {
  /** The variable of the weight, dense or masked. */
  readonly kernel: LayerVariable;
  /** What the axes of the weight mean. */
  readonly layout: WeightLayout;
  /** The vectors of its outputs; undefined if these are not the layer's outputs. */
  readonly vectors?: UnitVectors | undefined;
}

/** The vectors that belong to the outputs of a kernel, with one value per output. */
export interface UnitVectors {
  /** The scale (gamma) of the batch normalization that follows this layer alone. */
  readonly scale: LayerVariable | undefined;
  /** Its shift (beta). */
  readonly shift?: LayerVariable | undefined;
  /** All that must be zero to remove an output: the layer's bias, and that batch normalization's scale and shift. */
  readonly all: readonly LayerVariable[];
}

/** Groups that an allocation compares. */
export interface LayerScores {
  /**
   * The weight's name, such as `conv1/kernel`, in a nested model `base/conv1/kernel`; for coupled channels, the names
   * of their layers: `conv1 + conv2`.
   */
  readonly name: string;
  /**
   * One score per group; groups with the smallest scores are removed first. Groups that are already pruned score
   * -Infinity, groups that must be kept +Infinity.
   */
  readonly scores: Float32Array;
  /** The tensor's shape and the meaning of its axes; if groups span several tensors, those of the first. */
  readonly layout: WeightLayout;
  /** How many groups to keep at least, unless the allocation has a limit of its own. Defaults to 1. */
  readonly minKept?: number;
  /**
   * For coupled channels: the kinds of layers that they run through, for `isomorphic()`. Channels with equal chains
   * play the same part in the model.
   */
  readonly chain?: string;
}

/** The slices of a variable, each of which belongs to a group. */
export interface GroupSlices {
  /** The kernel or vector. */
  readonly variable: LayerVariable;
  /** The axes along which slices differ. */
  readonly axes: readonly number[];
  /**
   * The group of each slice, in the order of the axes; -1 for none. Groups are numbered through all lists that `pool`
   * returns.
   */
  readonly groups: Int32Array;
  /** Whether they make what a group gives, take it in, or are a vector of biases, scales or shifts. */
  readonly role: 'makes' | 'takes' | 'vector';
}

/** A partition of weights into groups, each kept or pruned as a whole. A sparsity is a fraction of the groups. */
export interface Grouping {
  /**
   * Scores the groups, from the scores of the weights.
   *
   * @param scores for each weight, one score for each of its values; -Infinity for values that are masked already.
   * @returns lists of groups that can be compared.
   */
  pool(scores: readonly Float32Array[]): LayerScores[];
  /** The mask of each weight (1 = kept), from the masks of the groups that `pool` scored. */
  spread(kept: readonly Uint8Array[]): Uint8Array[];
  /**
   * What the criterion is told about a weight; undefined for a weight whose scores `pool` ignores. Called in a tidy.
   * Defaults to its layout, and the scale of the batch normalization that follows its layer alone.
   */
  about?(weight: number): ScoredWeight | undefined;
  /**
   * The new values of the vectors that belong to groups (biases, scales and shifts), given masks of the weights: zero
   * where nothing of the group is kept. Leave it out if the groups have no such vectors.
   */
  withoutGone?(masks: readonly tf.Tensor[]): VectorValue[];
  /** The slices of all variables that belong to the groups. By default each value is in the one group that masks it. */
  slices?(): GroupSlices[];
  /** What was chosen but is not pruned, and why, in a sentence that is reported once. */
  readonly leftOut?: string | undefined;
}

/** A vector and its new value. */
export type VectorValue = [variable: LayerVariable, value: tf.Tensor];

/**
 * Which weights are pruned together: a function that partitions weights into groups. It is called before each choice of
 * masks, and at the start of each `fit`. {@link eachWeight} makes one that partitions each weight on its own.
 *
 * @param weights all weights that are pruned together.
 * @param model the model that they are part of.
 * @param scoring how the criterion scores them.
 * @throws RangeError, with the weight's name, if there are no such groups.
 */
export type Structure = (weights: readonly GroupedWeight[], model: Model, scoring: Scoring) => Grouping;

/** Expects a structure: any function. */
export function expectStructure(option: string, structure: Structure): Structure {
  if (typeof (structure as unknown) !== 'object') return expectFunction(option, structure, 'such as filters()');
  throw new TypeError(
    `Expected \`${option}\` to be a function such as filters(), got ${received(structure)}; ` +
      'turn {pool, spread} into one with eachWeight',
  );
}

/** What a criterion is told about a weight by default: its layout, and the scale that follows its layer alone. */
export function aboutWeight({layout, vectors}: GroupedWeight): ScoredWeight {
  return {
    layout,
    // Read only when asked for: few criteria need it.
    get batchNormScale() {
      return vectors?.scale?.read();
    },
    ofBatchNorms: value => {
      const {scale, shift} = vectors ?? {};
      return scale && value(vectorsOf({scale, shift}));
    },
  };
}

/** Reads the vectors of a batch normalization. */
export function vectorsOf({scale, shift}: {scale: LayerVariable; shift?: LayerVariable | undefined}): BatchNormVectors {
  return {scale: scale.read(), shift: shift?.read() ?? tf.zerosLike(scale.read())};
}
