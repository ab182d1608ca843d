import {GraphBuilder} from '../graph/graph-builder.js';
import type {Graph} from '../graph/nodes.js';
import type {Value} from '../graph/value.js';
import {
  endsOf,
  layersOf,
  nameOf,
  type ModelSource,
  type Reference,
  type SerializedLayer,
} from '../source/model-source.js';
import {UnsupportedError, unsupported, type Lowerings} from './layer-to-lower.js';
import {loweringsOf} from './lowerings.js';

/**
 * A model as a graph of few kinds of nodes.
 *
 * @param inputShapes without the batch.
 * @param others lowers layers that the runtime does not know.
 * @throws UnsupportedError that names the layers which the runtime can't compute, without `others`.
 */
export async function lowered(
  source: ModelSource,
  inputShapes: readonly (readonly number[])[],
  others?: OtherLayers,
): Promise<Graph> {
  const lowerings = await loweringsOf(source.topology, others !== undefined);
  const graph = new GraphBuilder();
  const inputs = inputShapes.map(shape => graph.input(shape));
  return graph.graph(new ModelLowering(source, lowerings, graph, others).model(source.topology, inputs, []));
}

/** Lowers layers that the runtime does not know. */
export interface OtherLayers {
  lower(graph: GraphBuilder, path: readonly string[], inputs: readonly Value[]): readonly Value[];
}

/** Layers that do the same for values of any number of axes. */
const ANY_AXES = new Set([
  ...['Activation', 'ReLU', 'LeakyReLU', 'ELU', 'ThresholdedReLU', 'Flatten', 'Reshape'],
  ...['Dropout', 'GaussianNoise', 'GaussianDropout', 'AlphaDropout'],
]);

class ModelLowering {
  readonly #source: ModelSource;
  readonly #lowerings: Lowerings;
  readonly #graph: GraphBuilder;
  readonly #others: OtherLayers | undefined;

  constructor(source: ModelSource, lowerings: Lowerings, graph: GraphBuilder, others: OtherLayers | undefined) {
    this.#source = source;
    this.#lowerings = lowerings;
    this.#graph = graph;
    this.#others = others;
  }

  model(model: SerializedLayer, inputs: readonly Value[], path: readonly string[]): readonly Value[] {
    const layers = layersOf(model)!;
    const inputLayers = endsOf(model, 'inputLayers');
    if (inputLayers) return this.#network(model, inputLayers, inputs, path);
    return layers.reduce((values, layer) => this.#layer(layer, values, path), inputs);
  }

  /** Applies each layer as soon as its inputs are there. */
  #network(model: SerializedLayer, ends: readonly Reference[], inputs: readonly Value[], path: readonly string[]) {
    const values = new Map(ends.map(([name], i) => [`${name}:0:0`, inputs[i]!]));
    const valueAt = ([name, use, output]: Reference) => values.get(`${name}:${use}:${output}`);
    let waiting = layersOf(model)!.flatMap(layer => usesOf(layer).map((use, i) => ({layer, use, number: i})));
    for (let before = Infinity; waiting.length < before;) {
      before = waiting.length;
      waiting = waiting.filter(({layer, use, number}) => {
        const taken = use.map(valueAt);
        if (taken.some(value => !value)) return true;
        const outputs = this.#layer(layer, taken as Value[], path);
        const first = layersOf(layer) ? 1 : 0;
        outputs.forEach((value, i) => values.set(`${nameOf(layer)}:${first + number}:${i}`, value));
        return false;
      });
    }
    return endsOf(model, 'outputLayers')!.map(end => {
      const value = valueAt(end);
      if (value) return value;
      throw new TypeError(`compile finds no inputs for layer "${waiting[0] ? nameOf(waiting[0].layer) : end[0]}"`);
    });
  }

  #layer(layer: SerializedLayer, inputs: readonly Value[], path: readonly string[]): readonly Value[] {
    const name = nameOf(layer);
    if (layer.className === 'InputLayer') return inputs;
    if (layersOf(layer)) return this.#nested(layer, inputs, [...path, name]);
    this.#graph.layer = [...path, name].join('/');
    try {
      return this.#known(layer, inputs, [...path, name]);
    } catch (error) {
      if (!this.#others || !(error instanceof UnsupportedError)) throw error;
      return this.#others.lower(this.#graph, [...path, name], inputs);
    }
  }

  /** Masks end where a nested model does. */
  #nested(model: SerializedLayer, inputs: readonly Value[], path: readonly string[]): readonly Value[] {
    const outputs = this.model(model, inputs, path);
    return outputs.map(value => (this.#graph.masks.has(value) ? this.#graph.copyOf(value) : value));
  }

  #known({className, config}: SerializedLayer, inputs: readonly Value[], path: readonly string[]): readonly Value[] {
    const layer = {
      name: path.at(-1)!,
      className,
      config: config as Record<string, unknown>,
      weights: this.#source.weightsOf(path),
      weightsIn: (inner: string) => this.#source.weightsOf([...path, inner]),
    };
    const lower = this.#lowerings[className];
    if (!lower) throw unsupported(layer, 'it is of an unknown kind');
    const most = Math.max(...inputs.map(({shape}) => shape.length));
    if (most > 3 && !ANY_AXES.has(className)) throw unsupported(layer, `its input has ${most} axes beside the batch`);
    return [lower(layer, inputs, this.#graph)].flat();
  }
}

/** The inputs of each use of a layer. */
function usesOf(layer: SerializedLayer): readonly (readonly Reference[])[] {
  const uses = (layer.inboundNodes ?? []) as readonly (readonly Reference[])[];
  return uses.filter(({length}) => length > 0);
}
