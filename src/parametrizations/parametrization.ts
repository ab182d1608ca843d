import type {Scalar, Tensor} from '@tensorflow/tfjs-core';
import type {WeightLayout} from '../structures/structure.js';
import type {Initializer, LayerVariable} from '../tfjs-internals.js';

/** The call of a layer that a weight is computed for. */
export interface LayerCall {
  /** Whether the call trains the layer, as `fit` does; false in `predict` and `evaluate`. */
  readonly training: boolean;
}

/**
 * One step from a weight's variable to what its layer computes with. A wrapped weight goes through a list of them, in
 * order: the mask first, then those that its layer was given, such as gates or a quantizer.
 */
export interface Parametrization {
  /**
   * Returns the new weight: a tensor of the same shape, made by ops that have gradients. It is called once for each
   * call of the layer, inside `tf.tidy`. `stripPruning` bakes in what it returns outside of training.
   *
   * @param weight the variable after the parametrizations before this one.
   */
  apply(weight: Tensor, call: LayerCall): Tensor;
  /**
   * Sets the variables by the weight's values, where they depend on these: called when a layer is made with weights of
   * its own, or gets those of the layer that it wraps, and by `reinitialize`; not when a model is loaded or copied.
   *
   * @param weight the variable after the parametrizations before this one.
   */
  start?(weight: Tensor): void;
  /**
   * A term that is added to the loss once per training step, however often the layer is used: an expected number of
   * open gates, for example. Like all penalties it is not part of `val_loss` and `evaluate`.
   */
  cost?(): Scalar;
  /** Whether `apply` draws random numbers in training, so that no two passes are alike. Defaults to false. */
  readonly isNoisy?: boolean;
}

/** A variable of a parametrization. */
export interface VariableArgs {
  /**
   * The axes of the weight that it runs along. It has the weight's size there and size 1 along all others, so that it
   * broadcasts: `weight.outputAxes` makes `[1, 1, 1, filters]` of a Conv2D kernel, and `[]` a single value.
   */
  readonly axes: readonly number[];
  /**
   * How many values it has at each place along the axes, along an axis of their own after the weight's: `{axes: [],
   * count: 16}` makes `[1, 1, 16]` of a Dense kernel. Defaults to one, without that axis.
   */
  readonly count?: number;
  /** Its initial values, redrawn by `reinitialize`. */
  readonly initializer: Initializer;
  /** Whether the optimizer steps it; false for values that a schedule or a counter sets. Defaults to true. */
  readonly trainable?: boolean;
}

/**
 * Adds a variable to the layer by its name: `log_alpha` for the kernel of `conv1` is saved as `conv1/kernel_log_alpha`.
 * It is trained, saved, loaded, rewound and reset as the kernel is, and `shrink` cuts it along with the kernel.
 */
export type AddVariable = (name: string, args: VariableArgs) => LayerVariable;

/** Makes the parametrization of one weight, when its layer is built. */
export type Parametrize = (weight: WeightLayout, addVariable: AddVariable) => Parametrization;
