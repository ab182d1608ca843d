import type {InputShapes} from '../report/input-shapes.js';
import type {ModelSizes} from '../report/model-sizes.js';

/** What a plan does with one group of channels. */
export interface PlannedGroup {
  /** The layers that make the channels, joined: `conv2 + conv4`. */
  readonly name: string;
  /** The layers that make the channels. */
  readonly layers: readonly string[];
  /** How many channels the group had before the first of a chain of plans. */
  readonly initial: number;
  /** How many channels it has in the model. */
  readonly before: number;
  /** How many it keeps. */
  readonly after: number;
  /**
   * Why the others are kept, if not for the target, to follow "channels": `are held by minKept 8`. Undefined if none
   * are left.
   */
  readonly reason?: string;
}

/** What `planChannelPruning` decides: plain data to print, save as JSON, and apply as masks or by surgery. */
export interface ChannelPlan {
  /** The output channels that are removed, ascending, by the path of the layer that makes them. */
  readonly remove: Readonly<Record<string, readonly number[]>>;
  /** What each group of channels loses. */
  readonly groups: readonly PlannedGroup[];
  /** The sizes of the model. */
  readonly before: ModelSizes;
  /**
   * The sizes of the model that `shrink` makes by the plan. Only a model with dead channels may turn out larger, since
   * a channel that holds a constant is kept if the constant can't be moved into a bias.
   */
  readonly after: ModelSizes;
  /**
   * The fraction of the multiply-adds that is left, if their number depends on open sizes but the fraction does not:
   * all kernels multiply more often in the same proportion when an input grows.
   */
  readonly multiplyAddsLeft?: number;
  /** The sizes of the inputs at which multiply-adds are counted, if they were given. */
  readonly inputShapes?: InputShapes;
  /** What was asked for: `{sparsity: 0.5}`, `{multiplyAdds: 0.25}`. */
  readonly target: Readonly<Record<string, number>>;
  /**
   * What the plan could not deliver, and why: by how much it misses the target, that a small fraction of few channels
   * rounds to none, or which limit holds a layer's own sparsity. Undefined if it delivers everything.
   */
  readonly shortfall?: string;
}
