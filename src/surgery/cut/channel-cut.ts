import * as tf from '@tensorflow/tfjs-core';
import {prunableLayers} from '../../layers/model-layers.js';
import {isPrunableLayer} from '../../layers/prunable-layer.js';
import {
  fieldsOf,
  isLayer,
  isModel,
  type Config,
  type Layer,
  type LayerVariable,
  type Model,
} from '../../tfjs-internals.js';
import type {SizedConfig} from '../../units/trace/channel-labels.js';
import type {ChannelSweep, TracedCall} from '../../units/trace/channel-sweep.js';

/** What is left of a model's weights and configurations without some channels. */
export class ChannelCut {
  /** The kept positions of each weight that gets smaller, by axis. */
  readonly #kept = new Map<number, Map<number, Int32Array>>();
  readonly #sizes = new Map<Layer, SizedConfig[]>();
  readonly #isRemoved: (channel: number) => boolean;
  readonly #biased: ReadonlySet<Layer>;

  /** @param biased layers that get a bias. */
  constructor(
    model: Model,
    sweep: ChannelSweep,
    isRemoved: (channel: number) => boolean,
    biased: ReadonlySet<Layer> = new Set(),
  ) {
    this.#isRemoved = isRemoved;
    this.#biased = biased;
    for (const {variable, axis, channels} of sweep.axes) {
      if (!channels.some(isRemoved)) continue;
      const axes = this.#kept.get(variable.id) ?? new Map<number, Int32Array>();
      this.#kept.set(variable.id, axes.set(axis, this.positionsKept(channels)));
    }
    for (const {kernel, variables} of prunableLayers(model).flatMap(({layer}) => layer.maskedWeights)) {
      const axes = [...(this.#kept.get(kernel.id) ?? [])];
      for (const {id, shape} of variables) this.#kept.set(id, new Map(axes.filter(([axis]) => shape[axis] !== 1)));
    }
    for (const size of sweep.sizes) this.#sizes.set(size.layer, [...(this.#sizes.get(size.layer) ?? []), size]);
  }

  positionsKept(channels: Int32Array): Int32Array {
    return Int32Array.from([...channels.keys()].filter(i => !this.#isRemoved(channels[i]!)));
  }

  /**
   * What is left of a tensor with the shape and meaning of a weight: its value, its mask, or an optimizer's slot.
   */
  of(weight: LayerVariable, value: tf.Tensor): tf.Tensor {
    let left = value;
    for (const [axis, positions] of this.#kept.get(weight.id) ?? []) {
      left = tf.gather(left, tf.tensor1d(positions, 'int32'), axis);
    }
    return left;
  }

  /** The shape of what is left of a weight. */
  shapeOf({id, shape}: LayerVariable): (number | null)[] {
    const kept = this.#kept.get(id);
    return shape.map((size, axis) => kept?.get(axis)?.length ?? size);
  }

  /** Whether a layer loses any channel that it takes in, makes, or holds inside. */
  touches({layer, inputs, outputs, intaken}: TracedCall): boolean {
    const sizes = this.#sizes.get(layer) ?? [];
    const taken = intaken.flatMap(({factors}) => factors);
    const all = [...[...inputs, ...outputs, ...sizes].map(({channels}) => channels), ...taken];
    return all.some(channels => channels.some(this.#isRemoved));
  }

  /** What is left of a vector that runs along one axis of a weight. */
  along(weight: LayerVariable, axis: number, vector: Float32Array): Float32Array {
    const positions = this.#kept.get(weight.id)?.get(axis);
    return positions ? Float32Array.from(positions, position => vector[position]!) : vector;
  }

  /** Writes the remaining sizes into the configuration of a layer, and of those inside it. */
  resize(layer: Layer, config: Config): void {
    for (const {channels, resize} of this.#sizes.get(layer) ?? []) {
      const kept = this.positionsKept(channels);
      resize(config, kept.length, kept);
    }
    if (this.#biased.has(layer)) config['useBias'] = true;
    for (const [inner, innerConfig] of configsWithin(layer, config)) this.resize(inner, innerConfig);
  }
}

/** The layers that a layer's configuration holds, with their own configurations. */
function configsWithin(layer: Layer, config: Config): [Layer, Config][] {
  if (isModel(layer)) {
    const entries = config['layers'] as {config: Config}[];
    return layer.layers.map((inner, i) => [inner, entries[i]!.config]);
  }
  const {forwardLayer, layer: wrapped, cell, cells} = fieldsOf(layer);
  const inner = isPrunableLayer(layer) ? layer.layer : (forwardLayer ?? wrapped);
  return [
    ...withConfigs([inner], [config['layer']]),
    ...withConfigs([cell], [config['cell']]),
    ...withConfigs((cells ?? []) as unknown[], (config['cells'] ?? []) as unknown[]),
  ];
}

function withConfigs(layers: readonly unknown[], serialized: readonly unknown[]): [Layer, Config][] {
  return layers.flatMap((layer, i): [Layer, Config][] => {
    const config = (serialized[i] as {config: Config} | undefined)?.config;
    return isLayer(layer) && config ? [[layer, config]] : [];
  });
}
