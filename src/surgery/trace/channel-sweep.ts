import type {Shape, SymbolicTensor} from '@tensorflow/tfjs-layers';
import {modelLayers} from '../../layers/model-layers.js';
import {isPrunableLayer} from '../../layers/prunable-layer.js';
import {childLayers} from '../../layers/prunable-weights.js';
import {
  fieldsOf,
  isModel,
  isSequential,
  type Config,
  type Layer,
  type LayerVariable,
  type Model,
} from '../../tfjs-internals.js';
import {channelRuleOf} from './channel-rules.js';
import type {ChannelRole} from './channel-trace.js';
import {DisjointSets} from './disjoint-sets.js';
import type {LayerUse, Resize, TracedTensor} from './layer-use.js';
import {modelCalls} from './model-calls.js';

/** An axis of a weight, and the channels along it. */
export interface TiedAxis {
  readonly layer: Layer;
  readonly path: string;
  readonly field: string;
  readonly variable: LayerVariable;
  readonly axis: number;
  readonly role: ChannelRole;
  readonly channels: Int32Array;
}

/** The number of channels as a layer's configuration says it. */
export interface SizedConfig {
  readonly layer: Layer;
  readonly path: string;
  readonly channels: Int32Array;
  readonly resize: Resize;
  /** Whether they are those that the layer makes itself, those of its input's shape, or others that pass through it. */
  readonly kind: 'made' | 'input' | 'passing';
}

/** One use of a layer, with what came in and what went out. */
export interface TracedCall {
  readonly layer: Layer;
  readonly inputs: readonly TracedTensor[];
  readonly outputs: readonly TracedTensor[];
}

/** What one sweep over a model finds, from its inputs to its outputs. */
export interface ChannelSweep {
  readonly sets: DisjointSets;
  readonly axes: readonly TiedAxis[];
  readonly sizes: readonly SizedConfig[];
  readonly calls: readonly TracedCall[];
  /** Tensors of which a layer works along another axis than the one that their channels run along. */
  readonly crossed: ReadonlySet<TracedTensor>;
  readonly outputs: readonly TracedTensor[];
}

/**
 * Gives each channel of each layer a number, and follows the numbers through the model, once and in the order in which data
 * flows: channels that meet at a position are merged. Takes time nearly linear in the number of channels.
 */
export function sweepChannels(model: Model): ChannelSweep {
  const sweep = new Sweep(model);
  const outputs = sweep.enter(
    model,
    model.inputs.map(input => sweep.modelInput(input)),
  );
  for (const {channels} of outputs) sweep.freeze(channels, "are the model's outputs");
  const {sets, axes, sizes, calls, crossed} = sweep;
  return {sets, axes, sizes, calls, crossed, outputs};
}

class Sweep {
  readonly sets = new DisjointSets();
  readonly axes: TiedAxis[] = [];
  readonly sizes: SizedConfig[] = [];
  readonly calls: TracedCall[] = [];
  readonly crossed = new Set<TracedTensor>();
  readonly #paths: Map<Layer, string>;
  readonly #axesOf = new Map<string, TiedAxis>();
  readonly #sizesOf = new Map<Layer, SizedConfig[]>();

  constructor(model: Model) {
    this.#paths = new Map(modelLayers(model).map(({layer, path}) => [layer, path]));
  }

  modelInput({shape, sourceLayer}: SymbolicTensor): TracedTensor {
    return this.#frozen(shape, `are the model's input "${sourceLayer.name}"`);
  }

  /** The outputs of a model, for inputs that come from outside. */
  enter(model: Model, inputs: readonly TracedTensor[]): TracedTensor[] {
    const traced = new Map<number, TracedTensor>();
    model.inputs.forEach(({id}, i) => traced.set(id, inputs[i]!));
    for (const call of modelCalls(model)) {
      const outputs = this.call(
        call.layer,
        call.inputs.map(({id}) => traced.get(id)!),
        call.outputs.map(({shape}) => shape),
      );
      call.outputs.forEach(({id}, i) => traced.set(id, outputs[i]!));
    }
    return model.outputs.map(({id}) => traced.get(id)!);
  }

  /** The outputs of one use of a layer. */
  call(outer: Layer, inputs: readonly TracedTensor[], outputShapes: readonly Shape[], path?: string): TracedTensor[] {
    const layer = isPrunableLayer(outer) ? outer.layer : outer;
    const use = new Use(this, layer, path ?? this.#paths.get(outer) ?? layer.name, inputs, outputShapes);
    const outputs = isModel(layer) ? this.#nested(layer, inputs) : channelRuleOf(layer)?.(use);
    const known = outputs ?? use.refuse(`go through ${layer.getClassName()}, of which no rule is known`);
    if (!isModel(layer)) this.calls.push({layer, inputs, outputs: known});
    return known;
  }

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

  /** A layer that is used more than once is written once. */
  size(sized: SizedConfig): void {
    const before = this.#sizesOf.get(sized.layer) ?? [];
    const same = before.find(({kind}) => kind === sized.kind);
    if (same) {
      this.together(same.channels, sized.channels, `"${sized.path}" is shared`);
    } else {
      this.#sizesOf.set(sized.layer, [...before, sized]);
      this.sizes.push(sized);
    }
  }

  madeBy(layer: Layer): Int32Array | undefined {
    return this.#sizesOf.get(layer)?.find(({kind}) => kind === 'made')?.channels;
  }

  together(a: Int32Array, b: Int32Array, where: string): void {
    if (a.length !== b.length) {
      for (const channels of [a, b]) this.freeze(channels, `meet others of an unknown number, since ${where}`);
    } else {
      for (let i = 0; i < a.length; i++) this.sets.union(a[i]!, b[i]!);
    }
  }

  freeze(channels: Int32Array, reason: string): void {
    for (const channel of channels) this.sets.freeze(channel, reason);
  }

  #frozen(shape: Shape, reason: string): TracedTensor {
    const channels = this.sets.add(shape.at(-1) ?? 0);
    this.freeze(channels, reason);
    return {shape, axis: shape.length - 1, channels};
  }

  /** The shape of what comes in is part of a nested model's configuration. */
  #nested(model: Model, inputs: readonly TracedTensor[]): TracedTensor[] {
    inputs.forEach(({axis, channels}, i) => {
      const layer = firstLayer(model, i);
      const resize: Resize = (config, left) => resizeInput(config, axis, left);
      this.size({layer, path: this.#paths.get(layer) ?? layer.name, channels, resize, kind: 'input'});
    });
    return this.enter(model, inputs);
  }
}

/** The layer whose configuration holds the shape of a model's input: a Sequential's is its first layer. */
function firstLayer(model: Model, input: number): Layer {
  if (!isSequential(model)) return model.inputLayers[input]!;
  const [first] = model.layers;
  return isModel(first!) ? firstLayer(first, input) : first!;
}

function resizeInput(config: Config, axis: number, left: number): void {
  const shape = config['batchInputShape'] as (number | null)[] | undefined;
  if (shape) shape[axis] = left;
  const wrapped = config['layer'] as {config: Config} | undefined;
  if (wrapped) resizeInput(wrapped.config, axis, left);
}

class Use implements LayerUse {
  readonly layer: Layer;
  readonly inputs: readonly TracedTensor[];
  readonly outputShapes: readonly Shape[];
  readonly #sweep: Sweep;
  readonly #path: string;

  constructor(
    sweep: Sweep,
    layer: Layer,
    path: string,
    inputs: readonly TracedTensor[],
    outputShapes: readonly Shape[],
  ) {
    this.#sweep = sweep;
    this.#path = path;
    this.layer = layer;
    this.inputs = inputs;
    this.outputShapes = outputShapes;
  }

  makes(count: number, resize: Resize): Int32Array {
    const path = this.#path;
    const {layer} = this;
    const channels = this.#sweep.madeBy(layer) ?? this.#sweep.sets.add(count);
    this.#sweep.size({layer, path, channels, resize, kind: 'made'});
    return channels;
  }

  sized(channels: Int32Array, resize: Resize): void {
    const path = this.#path;
    const {layer} = this;
    this.#sweep.size({layer, path, channels, resize, kind: 'passing'});
  }

  along(input: TracedTensor, axis: number): Int32Array {
    if (input.axis === axis) return input.channels;
    this.#sweep.crossed.add(input);
    this.freeze(input.channels, 'run along another axis than it works on');
    const channels = this.#sweep.sets.add(input.shape[axis] ?? 0);
    this.freeze(channels, 'run along another axis than it works on');
    return channels;
  }

  tie(field: string, axis: number, channels: Int32Array, role: ChannelRole): void {
    const variable = fieldsOf(this.layer)[field] as LayerVariable | null | undefined;
    if (!variable) return;
    const path = this.#path;
    const {layer} = this;
    if (variable.shape[axis] !== channels.length) {
      throw new RangeError(
        `Expected ${variable.shape[axis]} channels along axis ${axis} of "${variable.originalName}", got ${channels.length}; ` +
          `correct the rule of ${layer.getClassName()} in declareChannelRule`,
      );
    }
    this.#sweep.tie({layer, path, field, variable, axis, role, channels});
  }

  together(a: Int32Array, b: Int32Array): void {
    this.#sweep.together(a, b, `"${this.#path}" joins them`);
  }

  freeze(channels: Int32Array, reason: string): void {
    this.#sweep.freeze(channels, `${reason} ("${this.#path}")`);
  }

  refuse(reason: string): TracedTensor[] {
    for (const {channels} of this.inputs) this.freeze(channels, reason);
    return this.outputShapes.map(shape => {
      const channels = this.#sweep.sets.add(shape.at(-1) ?? 0);
      this.freeze(channels, reason);
      return {shape, axis: shape.length - 1, channels};
    });
  }

  of(layer: Layer, name?: string): LayerUse {
    const path = name === undefined ? this.#path : `${this.#path}/${name}`;
    return new Use(this.#sweep, layer, path, this.inputs, this.outputShapes);
  }

  through(layer: Layer, inputs: readonly TracedTensor[]): TracedTensor[] {
    const shapes = layer.computeOutputShape(inputs.length === 1 ? inputs[0]!.shape : inputs.map(({shape}) => shape));
    const path = childLayers(this.layer).length > 1 ? `${this.#path}/${layer.name}` : this.#path;
    return this.#sweep.call(layer, inputs, Array.isArray(shapes[0]) ? (shapes as Shape[]) : [shapes as Shape], path);
  }
}
