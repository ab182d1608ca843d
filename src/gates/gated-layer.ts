import * as tf from '@tensorflow/tfjs-core';
import * as tfl from '@tensorflow/tfjs-layers';
import {fromStart} from '../math/from-start.js';
import {layersWithin} from '../layers/inner-layers.js';
import {PrunableLayer, type PrunableLayerArgs} from '../layers/prunable-layer.js';
import {
  assign,
  fieldsOf,
  viewOf,
  type Config,
  type Layer,
  type LayerVariable,
  type Serialized,
} from '../tfjs-internals.js';
import {gateNamed} from './declared-gates.js';
import {GatedTensor, type GatedTensorConfig} from './gated-tensor.js';
import {gatedNeighbors} from './gated-layers.js';
import {gatedProduct} from './gated-product.js';
import {groupNorms} from './group-norms.js';
import {WeightGate} from './weight-gate.js';

/** How a layer's configuration describes the gates that it holds for one of its weights. */
export interface WeightGateConfig extends Serialized {
  /** The weight, by its place among the layer's masked weights. */
  readonly weight: number;
  /** The shape of a tensor with one value for each group. */
  readonly shape: readonly number[];
}

/** What the configuration of a {@link GatedLayer} holds besides that of a wrapper. */
export interface GatingConfig {
  readonly gates: readonly WeightGateConfig[];
  readonly gated: readonly GatedTensorConfig[];
}

/**
 * A wrapper whose weights, biases, scales and shifts are multiplied by gates: its own, or those of another layer of the
 * model that makes the same channels. `prunable(model, {gate})` makes it, around batch normalizations, too.
 *
 * @internal
 */
export class GatedLayer extends PrunableLayer {
  static override className = 'GatedLayer';
  static override readonly needsWeights = false;
  readonly #config: GatingConfig;
  #gates: readonly WeightGate[] = [];
  #tensors: readonly GatedTensor[] = [];
  /** The products that the current call computes with. */
  readonly #products = new Map<GatedTensor, tf.Tensor>();

  constructor({gates, gated, ...args}: PrunableLayerArgs & GatingConfig) {
    super(args);
    this.#config = {gates, gated};
  }

  /** The gates that this layer holds. */
  get weightGates(): readonly WeightGate[] {
    return this.#gates;
  }

  /** The tensors of this layer with slices in gated groups. */
  get gatedTensors(): readonly GatedTensor[] {
    return this.#tensors;
  }

  /** The biases, scales and shifts among them. */
  get gatedVectors(): GatedTensor[] {
    return this.#tensors.filter(({config}) => config.role === 'vector');
  }

  /** Whether gates draw random numbers in training. */
  get hasNoise(): boolean {
    return this.#gates.some(({isNoisy}) => isNoisy);
  }

  override get addedVariables(): readonly LayerVariable[] {
    const groups = this.#tensors.flatMap(tensor => tensor.groups ?? []);
    return [...super.addedVariables, ...groups];
  }

  protected override completeBuild(): void {
    const {gates, gated} = this.#config;
    const inner = [this.layer, ...layersWithin(this.layer)];
    this.#gates = gates.map(config => this.#gate(config));
    this.#tensors = gated.map(config => this.#gated(config, inner[config.inner]!));
    for (const weight of this.maskedWeights) {
      const own = this.#tensors.filter(({variable}) => variable.id === weight.kernel.id);
      if (own.length > 0) weight.parametrize({apply: (value, {training}) => this.#applied(own, value, training)});
    }
    for (const tensor of this.gatedVectors) {
      const {inner: index, field} = tensor.config;
      const read = () => this.#products.get(tensor) ?? gatedProduct(tensor, tensor.variable.read(), false);
      fieldsOf(inner[index]!)[field] = viewOf(tensor.variable, read);
    }
  }

  override call(inputs: tf.Tensor | tf.Tensor[], kwargs: Record<string, unknown>): tf.Tensor | tf.Tensor[] {
    return tf.tidy(() => {
      const training = kwargs['training'] === true;
      for (const tensor of this.gatedVectors)
        this.#products.set(tensor, gatedProduct(tensor, tensor.variable.read(), training));
      try {
        return super.call(inputs, kwargs);
      } finally {
        this.#products.clear();
      }
    });
  }

  override bakeInto(copy: Layer): void {
    super.bakeInto(copy);
    const inner = [copy, ...layersWithin(copy)];
    for (const tensor of this.gatedVectors) {
      const {inner: index, field} = tensor.config;
      const target = fieldsOf(inner[index]!)[field] as LayerVariable;
      assign(target, tf.add(gatedProduct(tensor, tensor.variable.read(), false), 0));
    }
  }

  override getConfig(): Config {
    return {...super.getConfig(), ...this.#config} as unknown as Config;
  }

  protected static override argsOf(config: Config): PrunableLayerArgs & GatingConfig {
    const {gates, gated} = config as unknown as GatingConfig;
    return {...super.argsOf(config), gates, gated};
  }

  #gate({weight, shape, className, config}: WeightGateConfig): WeightGate {
    const masked = this.maskedWeights[weight]!;
    const gate: WeightGate = new WeightGate(
      className,
      gateNamed(className, config),
      masked,
      {name: masked.name, shape, norms: () => groupNorms(gate, this)},
      (name, size, initializer, trainable) => this.addVariable(masked.name, name, [...size], initializer, trainable),
    );
    masked.holdAlso(gate.auxiliary);
    return gate;
  }

  #gated(config: GatedTensorConfig, layer: Layer): GatedTensor {
    const view = fieldsOf(layer)[config.field] as LayerVariable;
    const masked = this.maskedWeights.find(({kernel}) => kernel.id === view.id);
    const variable = masked?.kernel ?? view;
    const rank = variable.shape.length;
    const axes = config.axes.map(axis => fromStart(axis, rank));
    const shape = (variable.shape as number[]).map((size, axis) => (axes.includes(axis) ? size : 1));
    const suffix = config.role === 'takes' ? 'input_groups' : 'groups';
    const groups = config.isInOrder
      ? undefined
      : this.addVariable(variable.originalName, suffix, shape, tfl.initializers.zeros(), false);
    let found: readonly WeightGate[] | undefined;
    return new GatedTensor({...config, axes}, variable, groups, () => (found ??= this.#find(config.gates)));
  }

  /** The gates of some weights, of this layer or of others in its graph. */
  #find(names: GatedTensorConfig['gates']): WeightGate[] {
    const own = names.every(({name}) => this.#gates.some(({weight}) => weight.name === name));
    const gates = (own ? [this] : gatedNeighbors(this)).flatMap(({weightGates}) => weightGates);
    return names.map(({name}) => {
      const found = gates.find(({weight}) => weight.name === name);
      if (found) return found;
      throw new Error(
        `Layer "${this.name}" shares the gates of "${name}", which is not in its model; keep the layers of a model ` +
          'with gates together, or take the gates off with removeGates',
      );
    });
  }

  #applied(tensors: readonly GatedTensor[], value: tf.Tensor, training: boolean): tf.Tensor {
    const isFrozen = training && tensors.some(({gates}) => gates.some(({freezesKernel}) => freezesKernel));
    return tensors.reduce((product, tensor) => gatedProduct(tensor, product, training), isFrozen ? held(value) : value);
  }
}

/** The gradient is zero and not missing, so that the optimizer's slots stay where they are. */
function held(value: tf.Tensor): tf.Tensor {
  return tf.customGrad(passed => ({
    value: tf.clone(passed as tf.Tensor),
    gradFunc: dy => tf.zerosLike(dy),
  }))(value);
}

tf.serialization.registerClass(GatedLayer);
