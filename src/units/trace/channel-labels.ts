import type {Shape} from '@tensorflow/tfjs-layers';
import type {Layer} from '../../tfjs-internals.js';
import type {ChannelAxis} from './channel-trace.js';
import {DisjointSets} from './disjoint-sets.js';
import type {Resize, TracedTensor} from '../../layers/cards/layer-use.js';

/** An axis of a weight, and the channels along it. */
export interface TiedAxis extends Omit<ChannelAxis, 'units'> {
  readonly channels: Int32Array;
}

/** The number of channels in a layer's configuration. */
export interface SizedConfig {
  readonly layer: Layer;
  readonly path: string;
  readonly channels: Int32Array;
  readonly resize: Resize;
  /** Whether the layer makes the channels, or they are those of its input's shape, or others that pass through it. */
  readonly kind: 'made' | 'input' | 'passing';
  /**
   * Its index among those of its kind: a layer may make and size several lists of channels, in the same order at each
   * use.
   */
  readonly index: number;
  /** The layer's name for them, if it makes several lists. */
  readonly name?: string | undefined;
}

/** A layer that takes channels in. */
export interface ChannelTaker {
  readonly path: string;
  readonly channels: Int32Array;
}

/**
 * All that is known of the channels of a model so far: their numbers, where they are, and which ones form a unit.
 */
export class ChannelLabels {
  readonly sets = new DisjointSets();
  readonly axes: TiedAxis[] = [];
  readonly sizes: SizedConfig[] = [];
  /** The layers that take in channels without a weight. */
  readonly takers: ChannelTaker[] = [];
  /** Tensors that a layer works on along a different axis than that of their channels. */
  readonly crossed = new Set<TracedTensor>();
  readonly #axesOf = new Map<string, TiedAxis>();
  readonly #sizesOf = new Map<Layer, SizedConfig[]>();

  tie(tied: TiedAxis): void {
    const key = `${tied.variable.id} ${tied.axis}`;
    const before = this.#axesOf.get(key);
    if (before) {
      this.together(before.channels, tied.channels, `"${tied.path}" is shared`);
    } else {
      this.#axesOf.set(key, tied);
      this.axes.push(tied);
    }
  }

  /** A layer that is used more than once has one configuration. */
  size(sized: SizedConfig): void {
    const before = this.#sizesOf.get(sized.layer) ?? [];
    const same = before.find(({kind, index}) => kind === sized.kind && index === sized.index);
    if (same) {
      this.together(same.channels, sized.channels, `"${sized.path}" is shared`);
    } else {
      this.#sizesOf.set(sized.layer, [...before, sized]);
      this.sizes.push(sized);
    }
  }

  /** A list of channels that a layer makes, by its number; undefined before the layer's first use. */
  madeBy(layer: Layer, number: number): Int32Array | undefined {
    return this.#sizesOf.get(layer)?.find(({kind, index}) => kind === 'made' && index === number)?.channels;
  }

  /** @param where where they meet, for the reason. */
  together(a: Int32Array, b: Int32Array, where: string): void {
    if (a.length !== b.length) {
      for (const channels of [a, b]) this.freeze(channels, `meet others whose number is unknown, since ${where}`);
    } else {
      for (let i = 0; i < a.length; i++) this.sets.union(a[i]!, b[i]!);
    }
  }

  freeze(channels: Int32Array, reason: string): void {
    for (const channel of channels) this.sets.freeze(channel, reason);
  }

  /** A tensor of new channels, along its last axis, that must be kept. */
  frozenTensor(shape: Shape, reason: string): TracedTensor {
    return {shape, axis: shape.length - 1, channels: this.frozen(shape.at(-1), reason)};
  }

  /** New channels that must be kept; none if their number is not known. */
  frozen(count: number | null | undefined, reason: string): Int32Array {
    const channels = this.sets.add(count ?? 0);
    this.freeze(channels, reason);
    return channels;
  }
}
