import type * as tf from '@tensorflow/tfjs-core';
import type {LayerScores} from '../allocations/allocation.js';
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

/**
 * Which weights go together: a partition of a weight tensor into groups, each kept or pruned as a whole. A sparsity
 * asked for is a fraction of the groups.
 *
 * `pool` and `spread` number the groups alike, from 0, so that `spread(kept)` is the mask of the groups that `pool`
 * gave scores to. Neither may change what it is given. Both throw a RangeError that names the weight where its layer
 * has no such groups.
 */
export interface Structure {
  /**
   * One score a group, out of one score a weight.
   *
   * @param scores -Infinity marks weights that are gone for good: they count as 0, and a group of nothing else gets
   *     -Infinity. A group that must stay, whatever the others are worth, gets +Infinity.
   * @param reduction what the criterion asks for; the structure's own choice goes before it.
   */
  pool(scores: Float32Array, layout: WeightLayout, reduction?: Reduction): Float32Array;
  /** The mask of the weights (1 = kept), out of the mask of the groups. */
  spread(kept: Uint8Array, layout: WeightLayout): Uint8Array;
  /**
   * Whether a group is a whole unit of the layer, which takes its bias along, and the scale and shift of a batch
   * normalization that stands alone behind the layer.
   */
  readonly wholeUnits?: boolean;
  /**
   * Groups that go over several weights, instead of those of `pool` and `spread`, which then throw. Called before each
   * choice, and at the start of each `fit`.
   *
   * @param weights those that are pruned together, all of the model.
   * @param criterion the one that scores them; without it, any.
   * @throws RangeError where there are no such groups.
   */
  over?(model: Model, weights: readonly GroupedWeight[], criterion?: Scoring): Grouping;
}

/** A weight that is pruned together with others. */
export interface GroupedWeight {
  readonly kernel: LayerVariable;
  readonly layout: WeightLayout;
}

/** A partition of several weights into groups, each kept or pruned as a whole. */
export interface Grouping {
  /**
   * What an allocation decides on: lists of one score a group, each of groups that can be compared.
   *
   * @param scores for each weight, one score for each of its values; as in {@link Structure.pool}.
   */
  pool(scores: readonly Float32Array[], reduction?: Reduction): LayerScores[];
  /**
   * For each weight, whether `pool` goes by its scores: others are not asked of the criterion. Absent where it goes by
   * all.
   */
  readonly scored?: readonly boolean[];
  /**
   * What a criterion is given as `batchNormScale` of a weight, in the place of the one alone behind its layer; called
   * in a tidy.
   */
  batchNormScale?(weight: number): tf.Tensor | undefined;
  /** The mask of each weight (1 = kept), out of the masks of the groups that `pool` gave scores to. */
  spread(kept: readonly Uint8Array[]): Uint8Array[];
  /**
   * What becomes of vectors that belong to groups (biases, scales and shifts) under these masks of the weights: zero
   * where nothing is kept of the group. Absent where groups take nothing along.
   */
  withoutGone?(masks: readonly tf.Tensor[]): [variable: LayerVariable, value: tf.Tensor][];
  /** What is left alone though it was chosen, and why, in a sentence that is said once; undefined where nothing is. */
  readonly leftOut?: string | undefined;
}

/**
 * Expects a structure whose groups lie within one weight each.
 *
 * @param owner who asks, for messages.
 */
export function expectWithinWeights(owner: string, structure: Structure): Structure {
  if (!structure.over) return structure;
  throw new TypeError(
    `${owner} expects a \`structure\` whose groups lie within one weight, such as filters(), got one that couples several`,
  );
}
