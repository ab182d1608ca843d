import type {ChannelRole} from '../../layers/cards/layer-use.js';
import type {Layer, LayerVariable} from '../../tfjs-internals.js';

/** An axis of a weight that channels run along. */
export interface ChannelAxis {
  /** The layer that has the weight, without its wrappers. */
  readonly layer: Layer;
  /** Its name, after those of the models and wrappers around it: `base/conv1`, `bidirectional/forward_lstm`. */
  readonly path: string;
  /** The layer's field that holds the weight: `kernel`, `bias`, `gamma`, `movingMean`. */
  readonly field: string;
  /** The weight. */
  readonly variable: LayerVariable;
  /** Counted from the start. */
  readonly axis: number;
  /** What a position of the axis does with its channel. */
  readonly role: ChannelRole;
  /** The unit at each position of the axis. */
  readonly units: Int32Array;
}

/** Channels that a layer makes: its outputs, or others that it uses inside. */
export interface ChannelSource {
  /**
   * The layer's path. If a layer makes several lists of channels, each but the first has a name appended:
   * `mlp/hidden`, `mlp/2`.
   */
  readonly path: string;
  /** The path of the layer. */
  readonly home: string;
  /** The layer, without its wrappers. */
  readonly layer: Layer;
  /** The unit of each output channel. */
  readonly units: Int32Array;
}

/**
 * Units with slices of the same weights along the same axes, so that they can be compared: the filters of a
 * convolution, a stage of residual blocks.
 */
export interface ChannelGroup {
  /**
   * The layers that make these channels, joined: `conv1`, `conv2 + conv4`; several groups of the same layers are
   * numbered.
   */
  readonly name: string;
  /** Their paths. */
  readonly layers: readonly string[];
  /** The paths of the layers that take the channels in. */
  readonly consumers: readonly string[];
  /** In the order of their channels. */
  readonly units: Int32Array;
  /** Why none of them can be removed; undefined if they can be. */
  readonly frozen: string | undefined;
}

/**
 * Where all channels of a model come from and where they go. A **unit** is the smallest thing that can be removed:
 * channels of one or more layers that are added, multiplied or shared, so that they are kept or removed together. Units
 * are numbered from 0.
 */
export interface ChannelTrace {
  /** How many units there are: channels that go together count as one. */
  readonly unitCount: number;
  /** The layers that make channels. */
  readonly sources: readonly ChannelSource[];
  /** All axes of all weights along which channels run, in the order in which data flows. */
  readonly axes: readonly ChannelAxis[];
  /** The channels that the same layers make. */
  readonly groups: readonly ChannelGroup[];
}
