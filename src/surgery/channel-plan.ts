import type {InputShapes} from '../report/input-shapes.js';
import type {ModelSizes} from '../report/model-sizes.js';

/** What a plan does with one group of channels. */
export interface PlannedGroup {
  readonly name: string;
  /** The layers that make the channels. */
  readonly layers: readonly string[];
  /** How many channels each of them has in this group before anything was removed, in the first of a chain of plans. */
  readonly initial: number;
  readonly before: number;
  readonly after: number;
  /**
   * Why others stay, where something else than the target says so, as said of channels: `are held by minKept 8`.
   * Undefined where none are left.
   */
  readonly reason?: string;
}

/** What `planChannelPruning` decides: plain data, to be printed, saved as JSON, and applied as masks or as surgery. */
export interface ChannelPlan {
  /** The output channels that go, by the path of the layer that makes them, ascending. */
  readonly remove: Readonly<Record<string, readonly number[]>>;
  readonly groups: readonly PlannedGroup[];
  readonly before: ModelSizes;
  /**
   * The sizes of what `shrink` makes by the plan; only of a model with dead channels it may be larger, since channels
   * that hold a constant stay where it can't be moved into a bias.
   */
  readonly after: ModelSizes;
  /**
   * The fraction of the multiply-adds that is left, where they hang on open sizes, but this does not: all kernels that
   * multiply do so the more often, the larger an input is.
   */
  readonly multiplyAddsLeft?: number;
  /** The sizes of the inputs at which multiply-adds are counted, where they were given. */
  readonly inputShapes?: InputShapes;
  /** What was asked for: `{sparsity: 0.5}`, `{multiplyAdds: 0.25}`. */
  readonly target: Readonly<Record<string, number>>;
  /**
   * What of all that was asked for does not go, and why: by how much the target is missed, that a small fraction of few
   * channels rounds to none, where a sparsity of a layer's own is held by a limit. Undefined where the plan gives all.
   */
  readonly shortfall?: string;
}
