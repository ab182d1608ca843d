import type {WeightLayout} from '../structures/structure.js';

/** One weight tensor that an allocation decides on. */
export interface LayerScores {
  /** The tensor's name, such as `conv1/kernel`. */
  readonly name: string;
  /**
   * One score a group; the groups with the smallest go first. Groups that are gone for good score -Infinity, groups that must
   * stay +Infinity.
   */
  readonly scores: Float32Array;
  /** The tensor's shape and the meaning of its axes. */
  readonly layout: WeightLayout;
}

/**
 * Shares a target sparsity among layers, and says which of their groups are kept (1) and which are not (0): one array
 * for each of `layers`, in their order.
 */
export type Allocation = (layers: readonly LayerScores[], sparsity: number) => Uint8Array[];
