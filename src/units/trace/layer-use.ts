import type {Shape} from '@tensorflow/tfjs-layers';
import type {Config, Layer} from '../../tfjs-internals.js';
import type {ChannelRole} from './channel-trace.js';

/** A tensor that flows through a model, and the channels that run along one of its axes. */
export interface TracedTensor {
  /** With the batch first. */
  readonly shape: Shape;
  /** The axis along which the channels run; in what a rule returns, negative ones count from the end. */
  readonly axis: number;
  /** The channel at each position of that axis; empty where its size is not known. */
  readonly channels: Int32Array;
  /**
   * The tensor that this one is a step of, or the other way round, where a wrapper cuts up its input or puts its output
   * together.
   */
  readonly of?: TracedTensor;
}

/**
 * Writes into a layer's configuration how many channels are left.
 *
 * @param kept their positions among those that were there, ascending: for a configuration that says more than their
 *     number, such as the order in which it deals them out.
 */
export type Resize = (config: Config, left: number, kept: Int32Array) => void;

/**
 * One use of a layer, as the rule of its class sees it: what comes in, and what can be said of the layer's channels.
 */
export interface LayerUse {
  /** The layer itself, without a pruning wrapper around it. */
  readonly layer: Layer;
  readonly inputs: readonly TracedTensor[];
  /** With the batch first, one for each output. */
  readonly outputShapes: readonly Shape[];
  /**
   * Channels that the layer makes itself, the same at each of its uses, and how its configuration says their number. A
   * layer may make several numbers of them, such as hidden and output units: in the same order at each use.
   *
   * @param name tells them apart in plans, where there are several: `hidden` of a layer `mlp` are those of
   *     `mlp/hidden`. Without names the first are those of `mlp`, the second of `mlp/2`.
   */
  makes(count: number, resize: Resize, name?: string): Int32Array;
  /**
   * Says how the configuration holds the number of channels that come from elsewhere, such as a target shape, or the
   * size of a part. Of several numbers each is said by itself, in the same order at each use.
   */
  sized(channels: Int32Array, resize: Resize): void;
  /**
   * The channels of an input along an axis. Where others run along another axis, the layer mixes or moves them: they
   * are frozen, and those along this axis with them.
   */
  along(input: TracedTensor, axis: number): Int32Array;
  /**
   * Some of the channels, by their positions, in any order and any number of times: parts, permutations, repetitions.
   */
  pick(channels: Int32Array, positions: readonly number[]): Int32Array;
  /**
   * Says that channels run along an axis of a weight: the one in the layer's field of that name, if there is one.
   * Several lists along one axis, such as the inputs of each group of a grouped convolution, go together.
   */
  tie(field: string, axis: number, channels: Int32Array, role: ChannelRole): void;
  /** Says that channels stay or go together, position by position. */
  together(a: Int32Array, b: Int32Array): void;
  /**
   * Says that the layer takes channels in without a weight, as a sum over them does; of several lists their products,
   * of one channel each, as queries and keys. `shrink` without a plan then keeps them, but for those that are zero:
   * those that come in as such, and those that the layer makes by nothing but zeros. It is assumed of all channels that
   * a rule of your own lets end in the layer, neither on their way out nor tied to a weight that takes them in; but
   * then those that the layer makes are kept.
   */
  takes(...factors: readonly Int32Array[]): void;
  /**
   * Says that each value of the outputs is one of the inputs, unchanged: what is not passed on is of no use to the
   * layer.
   */
  movesValues(): void;
  /** Says that channels must stay, and why, in your own words: they are printed behind the name of the rule. */
  freeze(channels: Int32Array, reason: string): void;
  /** An output of new channels, along its last axis, that must stay, and why: a sum over others. */
  staying(shape: Shape, reason: string): TracedTensor;
  /** Gives up on the layer: all of its inputs must stay, and all of its outputs, for a reason. */
  refuse(reason: string): TracedTensor[];
  /**
   * The same use of a layer inside this one, such as its cell, to tie its weights; one of several has a name of its
   * own.
   */
  of(layer: Layer, name?: string): LayerUse;
  /**
   * Traces inputs through another layer inside this one, by the rule of its class. How this one's configuration holds
   * the number of channels that the other makes is said by `sized`.
   */
  through(layer: Layer, inputs: readonly TracedTensor[]): TracedTensor[];
}

/** Follows channels through a layer: returns what is known of each output. */
export type ChannelRule = (use: LayerUse) => TracedTensor[];
