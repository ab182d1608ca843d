import type {Shape} from '@tensorflow/tfjs-layers';
import type {Config, Layer} from '../../tfjs-internals.js';
import type {ChannelRole} from './channel-trace.js';

/** A tensor that flows through a model, and the channels that run along one of its axes. */
export interface TracedTensor {
  /** With the batch first. */
  readonly shape: Shape;
  /** The axis along which the channels run. */
  readonly axis: number;
  /** The channel at each position of that axis; empty where its size is not known. */
  readonly channels: Int32Array;
  /** The tensor that this one is a step of, or the other way round, where a wrapper cuts up its input or puts its output together. */
  readonly of?: TracedTensor;
}

/** Writes into a layer's configuration how many channels are left. */
export type Resize = (config: Config, left: number) => void;

/** One use of a layer, as the rule of its class sees it: what comes in, and what can be said of the layer's channels. */
export interface LayerUse {
  /** The layer itself, without a pruning wrapper around it. */
  readonly layer: Layer;
  readonly inputs: readonly TracedTensor[];
  /** With the batch first, one for each output. */
  readonly outputShapes: readonly Shape[];
  /** Channels that the layer makes itself, the same at each of its uses, and how its configuration says their number. */
  makes(count: number, resize: Resize): Int32Array;
  /** Says how the configuration holds the number of channels that come from elsewhere, such as a target shape. */
  sized(channels: Int32Array, resize: Resize): void;
  /**
   * The channels of an input along an axis. Where others run along another axis, the layer mixes or moves them: they are
   * frozen, and those along this axis with them.
   */
  along(input: TracedTensor, axis: number): Int32Array;
  /** Says that channels run along an axis of a weight: the one in the layer's field of that name, if there is one. */
  tie(field: string, axis: number, channels: Int32Array, role: ChannelRole): void;
  /** Says that channels stay or go together, position by position. */
  together(a: Int32Array, b: Int32Array): void;
  /** Says that channels must stay, and why: a sentence about the layer, such as `goes through a softmax`. */
  freeze(channels: Int32Array, reason: string): void;
  /** Gives up on the layer: all of its inputs must stay, and all of its outputs, for a reason. */
  refuse(reason: string): TracedTensor[];
  /** The same use of a layer inside this one, such as its cell; one of several has a name of its own. */
  of(layer: Layer, name?: string): LayerUse;
  /** Traces inputs through another layer inside this one, by the rule of its class. */
  through(layer: Layer, inputs: readonly TracedTensor[]): TracedTensor[];
}

/** Follows channels through a layer: returns what is known of each output. */
export type ChannelRule = (use: LayerUse) => TracedTensor[];
