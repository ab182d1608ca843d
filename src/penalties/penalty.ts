import type {Scalar, Tensor} from '@tensorflow/tfjs-core';
import type {WeightStructure} from '../structures/each-weight.js';
import type {WeightLayout} from '../structures/structure.js';
import type {LayerVariable} from '../tfjs-internals.js';

/** A weight that a penalty applies to, of a wrapped or a plain layer. */
export interface PenalizedWeight {
  /** What the axes of the weight mean. */
  readonly layout: WeightLayout;
  /** The variable that the optimizer steps. */
  readonly variable: LayerVariable;
  /** The mask of a wrapped layer: 1 = kept, 0 = pruned. */
  readonly mask?: LayerVariable | undefined;
}

/** The time at which a penalty chooses its coefficients. */
export interface ChoiceTime {
  /** Completed steps. */
  readonly step: number;
  /** The last choice, in the order of the weights; undefined at first. */
  readonly previous: readonly Float32Array[] | undefined;
}

/** How weights are coded in a file. */
export interface CodeLength {
  /** About how many bits a weight takes when it is quantized. */
  readonly lengthOf: (weight: Tensor, layout: WeightLayout) => Scalar;
  /** Bits of a quantized weight before it is coded. */
  readonly bits: number;
}

/**
 * A loss term: the cost of a weight, summed over all weights that it applies to. Any function that returns a
 * differentiable scalar is a penalty; it is called inside `tf.tidy` in the training step.
 *
 * Properties of the function are optional.
 *
 * @example
 * addPenalty(model, weight => tf.mul(1e-4, tf.sum(tf.abs(weight))));
 */
export interface Penalty {
  /**
   * @param weight as its layer computes with it: pruned weights are zero.
   * @param coefficients the coefficients chosen by `choose`, in the shape of the weight; undefined without it.
   */
  (weight: Tensor, layout: WeightLayout, coefficients?: Tensor): Scalar;
  /**
   * The proximal operator: the tensor `v` that minimizes `penalty(v) + |v - weight|^2 / (2 * step)`.
   *
   * @param step the step size, above 0: the learning rate.
   */
  readonly proximal?: (weight: Tensor, layout: WeightLayout, step: number) => Tensor;
  /**
   * Chooses the coefficients of all weights together, for a penalty that changes during training.
   *
   * @returns one array for each weight, with a value for each of its elements.
   */
  readonly choose?: (weights: readonly PenalizedWeight[], time: ChoiceTime) => Promise<Float32Array[]>;
  /** How many steps lie between two calls of `choose`. Defaults to 1. */
  readonly frequency?: number;
  /** How weights are coded in a file, if the penalty is on the size of that; a target of bytes needs it. */
  readonly code?: CodeLength;
  /** The groups that it drives to zero as a whole. Defaults to single weights. */
  readonly structure?: WeightStructure;
  /** What it applies to. Defaults to 'kernels'. */
  readonly appliesTo?: 'kernels' | 'batchNormScales';
}
