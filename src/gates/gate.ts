import type {Tensor} from '@tensorflow/tfjs-core';
import type {WeightLayout} from '../structures/structure.js';
import type {Initializer, LayerVariable} from '../tfjs-internals.js';

/** The moment at which gates are asked for their values. */
export interface GateCall {
  /** Whether the call trains the layer, as `fit` does; false in `predict` and `evaluate`. */
  readonly training: boolean;
  /** Batches completed since training began; noise is drawn from a seed and this number. */
  readonly step: number;
  /** How much of the training with gates is over, in [0, 1]: what temperatures follow. */
  readonly progress: number;
  /** The fraction of zeros that is asked for at this step; undefined if training follows a strength instead. */
  readonly sparsity: number | undefined;
}

/** The groups of weights that gates open and close. */
export interface GateGroups {
  /** The name of the weight that holds the gates: the first one that makes the groups, such as `conv1/kernel`. */
  readonly name: string;
  /**
   * The shape of a tensor with one value for each group: the weight's shape if each weight is a group, that shape with
   * size 1 along other axes if groups are whole slices, `[1, 1, 1, filters]` for filters; else `[groups]`.
   */
  readonly shape: readonly number[];
  /** What the axes of the weight mean. */
  readonly layout: WeightLayout;
  /** The L2 norm of each group's weights, with gradients; call it in `values` and `openness` only. */
  norms(): Tensor;
}

/** A variable of gates. */
export interface GateVariableArgs {
  /** Its initial values, redrawn by `reinitialize`. */
  readonly initializer: Initializer;
  /** Its shape. Defaults to one value for each group. */
  readonly shape?: readonly number[];
  /** Whether the optimizer steps it; false for what `beforeStep` sets. Defaults to true. */
  readonly trainable?: boolean;
}

/** Adds a variable by its name: `log_alpha` for `conv1/kernel` is saved as `conv1/kernel_log_alpha`. */
export type AddGateVariable = (name: string, args: GateVariableArgs) => LayerVariable;

/** The gates of the groups of one weight. */
export interface Gate {
  /**
   * What the weights of each group are multiplied by: 0 closes a group. Outside of training it is final: what the model
   * computes with after hardening. Made by ops that have gradients, inside `tf.tidy`.
   */
  values(call: GateCall): Tensor;
  /**
   * How open each group is, in [0, 1], with gradients: what a target or a strength pushes down. Leave it out if
   * `values` follows `call.sparsity` by itself.
   */
  openness?(call: GateCall): Tensor;
  /**
   * Ranks the groups: if `values` closes all of a weight's groups, the largest stays open. Defaults to `openness`; of
   * gates without it, all may close.
   */
  ranks?(): Tensor;
  /** Whether `values` follows `call.sparsity` by itself. Defaults to false. */
  readonly followsSparsity?: boolean;
  /** Called before each batch, and before the gates are decided for good: sets what is computed outside of a pass. */
  beforeStep?(call: GateCall): Promise<void>;
  /** The values that the kernel starts with, in place of its own. */
  start?(kernel: Tensor): Tensor;
  /** Whether `values` draws random numbers in training. Defaults to false. */
  readonly isNoisy?: boolean;
  /** Whether the weights themselves are not trained, only the gates. Defaults to false. */
  readonly freezesKernel?: boolean;
}

/** Makes the gates of the groups of one weight, when its layer is built. */
export type MakeGate = (groups: GateGroups, addVariable: AddGateVariable) => Gate;
