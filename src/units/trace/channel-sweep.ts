import type {SymbolicTensor} from '@tensorflow/tfjs-layers';
import findKey from 'lodash/findKey.js';
import groupBy from 'lodash/groupBy.js';
import uniqBy from 'lodash/uniqBy.js';
import {modelLayers} from '../../layers/model-layers.js';
import {isPrunableLayer} from '../../layers/prunable-layer.js';
import {isModel, isSequential, type Config, type Layer, type Model} from '../../tfjs-internals.js';
import {ChannelLabels} from './channel-labels.js';
import {channelRuleOf} from './channel-rules.js';
import type {Resize, TracedTensor} from '../../layers/cards/layer-use.js';
import type {MergedNumbers} from './disjoint-sets.js';
import {modelCalls} from './model-calls.js';
import {TracedUse, type Intaken, type Making, type TraceCall} from './traced-use.js';

/** One use of a layer, with what came in and what went out. */
export interface TracedCall {
  readonly layer: Layer;
  readonly path: string;
  readonly inputs: readonly TracedTensor[];
  readonly outputs: readonly TracedTensor[];
  readonly intaken: readonly Intaken[];
  readonly making: readonly Making[];
  /** Whether each output value is one of the input values. */
  readonly moves: boolean;
  /** The channels that the layer joins. */
  readonly joined: MergedNumbers;
}

/** What one sweep over a model finds, from inputs to outputs. */
export interface ChannelSweep extends Pick<ChannelLabels, 'sets' | 'axes' | 'sizes' | 'takers' | 'crossed'> {
  readonly calls: readonly TracedCall[];
  readonly outputs: readonly TracedTensor[];
  /** What is known of the tensors of the model and of nested ones, by the `id` that tf.js gave them. */
  readonly tensors: ReadonlyMap<number, TracedTensor>;
}

/**
 * Numbers the channels of all layers, and follows the numbers through the model once, in the order in which data flows:
 * channels that meet at a position are merged. Takes time nearly linear in the number of channels.
 */
export function sweepChannels(model: Model): ChannelSweep {
  const sweep = new Sweep(model);
  const outputs = sweep.enter(
    model,
    model.inputs.map(input => sweep.modelInput(input)),
  );
  for (const {channels} of outputs) {
    for (const channel of channels) sweep.labels.sets.freeze(channel, "are the model's outputs", {isBetter: true});
  }
  const {sets, axes, sizes, takers, crossed} = sweep.labels;
  return {sets, axes, sizes, takers, crossed, calls: sweep.calls, outputs, tensors: sweep.tensors};
}

class Sweep {
  readonly labels = new ChannelLabels();
  readonly calls: TracedCall[] = [];
  readonly tensors = new Map<number, TracedTensor>();
  readonly #paths: Map<Layer, string>;

  constructor(model: Model) {
    const placed = modelLayers(model);
    const twice = findKey(groupBy(placed, 'path'), places => uniqBy(places, 'layer').length > 1);
    if (twice !== undefined) {
      throw new Error(`Expected layers of "${model.name}" to have different paths, but two are "${twice}"; rename one`);
    }
    this.#paths = new Map(placed.map(({layer, path}) => [layer, path]));
  }

  modelInput({shape, sourceLayer}: SymbolicTensor): TracedTensor {
    return this.labels.frozenTensor(shape, `are the model's input "${sourceLayer.name}"`);
  }

  /** The outputs of a model, given its inputs. */
  enter(model: Model, inputs: readonly TracedTensor[]): TracedTensor[] {
    model.inputs.forEach(({id}, i) => this.tensors.set(id, inputs[i]!));
    for (const call of modelCalls(model)) {
      const outputs = this.call(
        call.layer,
        call.inputs.map(({id}) => this.tensors.get(id)!),
        call.outputs.map(({shape}) => shape),
      );
      call.outputs.forEach(({id}, i) => this.tensors.set(id, outputs[i]!));
    }
    return model.outputs.map(({id}) => this.tensors.get(id)!);
  }

  /** The outputs of one use of a layer. */
  readonly call: TraceCall = (outer, inputs, outputShapes, path) => {
    const layer = isPrunableLayer(outer) ? outer.layer : outer;
    const place = {labels: this.labels, path: path ?? this.#pathOf(outer), call: this.call};
    const use = new TracedUse(place, layer, inputs, outputShapes);
    if (isModel(layer)) return this.#nested(layer, inputs, path);
    const outputs = channelRuleOf(layer)?.(use) ?? use.ofUnknownClass();
    const {intaken, making, moves, joined} = use;
    this.calls.push({layer, path: use.path, inputs, outputs, intaken, making, moves, joined});
    return outputs;
  };

  /**
   * A nested model's configuration holds the shape of its input.
   *
   * @param path the path of a model inside a wrapper, whose layers have no paths yet.
   */
  #nested(model: Model, inputs: readonly TracedTensor[], path?: string): TracedTensor[] {
    if (path !== undefined) {
      for (const inner of modelLayers(model, `${path}/`)) this.#paths.set(inner.layer, inner.path);
    }
    inputs.forEach(({axis, channels}, i) => {
      const layer = firstLayer(model, i);
      const resize: Resize = (config, left) => resizeInput(config, axis, left);
      this.labels.size({layer, path: this.#pathOf(layer), channels, resize, kind: 'input', index: 0});
    });
    return this.enter(model, inputs);
  }

  #pathOf(layer: Layer): string {
    return this.#paths.get(layer) ?? layer.name;
  }
}

/** The layer whose configuration holds the shape of a model's input: in a Sequential, the first layer. */
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
