import type {Shape} from '@tensorflow/tfjs-layers';
import type {Config, Layer} from '../../tfjs-internals.js';

/** What an axis of a weight does with the channels that run along it. */
export type ChannelRole =
  /** A position of the axis makes a channel: the filters of a convolution, its bias. */
  | 'makes'
  /** A position of the axis takes a channel in: the inputs of a kernel. */
  | 'takes'
  /**
   * A position of the axis belongs to a channel that passes through: the scale of a batch normalization, a depthwise
   * kernel.
   */
  | 'passes';

/** A tensor that flows through a model, and the channels that run along one of its axes. */
export interface TracedTensor {
  /** With the batch first. */
  readonly shape: Shape;
  /** The axis that the channels run along; in what a rule returns, negative axes count from the end. */
  readonly axis: number;
  /** The channel at each position of that axis; empty if its size is not known. */
  readonly channels: Int32Array;
  /** The tensor that this one is a time step of, or the other way round, if a wrapper splits or joins them. */
  readonly of?: TracedTensor;
}

/**
 * Writes the number of remaining channels into a layer's configuration.
 *
 * @param config the layer's configuration, to be changed in place.
 * @param left how many channels remain.
 * @param kept the former positions of the remaining channels, ascending, for configurations that depend on more than
 *     their number.
 */
export type Resize = (config: Config, left: number, kept: Int32Array) => void;

/** One use of a layer, as a channel rule sees it: what comes in, and what the rule can say of the layer's channels. */
export interface LayerUse {
  /** The layer itself, without a pruning wrapper. */
  readonly layer: Layer;
  /** What comes in: one tensor for each input. */
  readonly inputs: readonly TracedTensor[];
  /** With the batch first, one for each output. */
  readonly outputShapes: readonly Shape[];
  /**
   * New channels that the layer makes, the same at each of its uses. A layer may make several lists of channels, such
   * as hidden and output units: in the same order at each use.
   *
   * @param count how many there are.
   * @param resize writes their number into the configuration.
   * @param name tells several lists apart in plans: `hidden` of a layer `mlp` is `mlp/hidden`. Without names the first
   *     is `mlp`, the second `mlp/2`.
   */
  makes(count: number, resize: Resize, name?: string): Int32Array;
  /**
   * Says how the configuration holds the number of channels that other layers make, such as a target shape or the size
   * of a part. Call it once per number, in the same order at each use.
   */
  sized(channels: Int32Array, resize: Resize): void;
  /**
   * The channels of an input along an axis. If its channels run along another axis, the layer mixes or moves them: then
   * these and those along this axis are frozen.
   */
  along(input: TracedTensor, axis: number): Int32Array;
  /** Channels by their positions, in any order and any number of times: parts, permutations, repetitions. */
  pick(channels: Int32Array, positions: readonly number[]): Int32Array;
  /**
   * Says that channels run along an axis of the weight in the layer's field of that name, if there is one. Several
   * lists along one axis, such as the inputs of each group of a grouped convolution, are removed together.
   */
  tie(field: string, axis: number, channels: Int32Array, role: ChannelRole): void;
  /** Says that the channels in `a` and in `b` are kept or removed together, position by position. */
  together(a: Int32Array, b: Int32Array): void;
  /**
   * Says that the layer uses channels up without a weight, such as by summing over them. Several lists, the `factors`,
   * mean products of one channel of each, such as queries and keys. Without a plan, `shrink` then removes such channels
   * only if they are zero: they come in as zeros, or the layer makes them from zeros alone. In a declared rule this is
   * assumed of all channels that end in the layer: they neither leave it nor are tied to a weight that takes them in.
   * Of these, the channels that the layer makes itself are kept.
   */
  takes(...factors: readonly Int32Array[]): void;
  /**
   * Says that each output value is an unchanged input value: the layer does not use values that it drops. An output
   * channel holds values of that channel, and of channels `together` with it that do not leave the layer.
   */
  movesValues(): void;
  /** Says that channels must be kept, and why, in your own words; reports print the reason after the rule's name. */
  freeze(channels: Int32Array, reason: string): void;
  /** Whether any of the channels can still be removed. */
  isFree(channels: Int32Array): boolean;
  /**
   * An output of this `shape` with new channels along its last axis that must be kept, for a reason: they are sums over
   * others.
   */
  staying(shape: Shape, reason: string): TracedTensor;
  /** Gives up on the layer: all of its inputs and outputs must be kept, for a reason. */
  refuse(reason: string): TracedTensor[];
  /** The same use of a layer inside this one, such as its cell, to tie its weights; name it if there are several. */
  of(layer: Layer, name?: string): LayerUse;
  /**
   * Traces inputs through a layer inside this one, by that layer's own rule. Call `sized` to say how this layer's
   * configuration holds the number of channels that the inner one makes.
   */
  through(layer: Layer, inputs: readonly TracedTensor[]): TracedTensor[];
}

/** Follows channels through a layer: returns a tensor for each output. */
export type ChannelRule = (use: LayerUse) => TracedTensor[];
