import type {Scalar, Tensor} from '@tensorflow/tfjs-core';
import type {WeightLayout} from '../structures/structure.js';
import type {LayerVariable} from '../tfjs-internals.js';

/** A weight that a penalty is put on: of a wrapped layer, or of a plain one. */
export interface PenalizedWeight {
  readonly layout: WeightLayout;
  /** The variable that the optimizer steps. */
  readonly variable: LayerVariable;
  /** Of a wrapped layer: 1 = kept, 0 = pruned. */
  readonly mask?: LayerVariable | undefined;
}

/** When a penalty chooses what it bears down on. */
export interface ChoiceTime {
  /** Steps completed. */
  readonly step: number;
  /** What was chosen last, in the order of the weights; undefined at the first time. */
  readonly previous: readonly Float32Array[] | undefined;
}

/**
 * A term of the loss: what a weight costs. The loss grows by the sum over all weights that it is put on. Any function
 * that gives a differentiable scalar is a penalty; it is called inside `tf.tidy`, in the training step itself.
 *
 * Those of the library may do more, by properties of the function.
 *
 * @example
 * addPenalty(model, weight => tf.mul(1e-4, tf.sum(tf.abs(weight))));
 */
export interface Penalty {
  /**
   * @param weight as its layer computes with it: zero where a mask is.
   * @param coefficients what `choose` has chosen for this weight, in its shape; undefined where there is no such
   *     method.
   */
  (weight: Tensor, layout: WeightLayout, coefficients?: Tensor): Scalar;
  /**
   * The proximal operator: the tensor `v` that makes `penalty(v) + |v - weight|^2 / (2 * step)` the smallest.
   *
   * @param step the step's size, above 0: the learning rate.
   */
  readonly proximal?: (weight: Tensor, layout: WeightLayout, step: number) => Tensor;
  /**
   * Chooses the coefficients of all weights together: of a penalty whose target changes as training goes on.
   *
   * @returns an array for each of the weights, with a value for each of its elements.
   */
  readonly choose?: (weights: readonly PenalizedWeight[], time: ChoiceTime) => Promise<Float32Array[]>;
  /** At how many steps `choose` is called, by default; 1 is every step. */
  readonly frequency?: number;
  /** What it is put on. Defaults to 'kernels'. */
  readonly appliesTo?: 'kernels' | 'batchNormScales';
}
