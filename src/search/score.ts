import type {Model} from '../tfjs-internals.js';

/**
 * How good a pruned copy of the model is: the larger, the better. The copy is compiled like the model, if that is, and
 * disposed afterwards. It may be trained. Pass on `signal` to what takes long.
 *
 * @example
 * const score: Score = async model => accuracyOf(model) - 0.01 * (await measureLatency(model)).median;
 */
export type Score = (model: Model, about: ScoreTime) => number | Promise<number>;

/** When a copy is scored. */
export interface ScoreTime {
  /** What aborts the search, if there is one. */
  readonly signal: AbortSignal | undefined;
}
