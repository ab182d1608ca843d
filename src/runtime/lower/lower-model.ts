import {GraphBuilder} from '../graph/graph-builder.js';
import type {Graph} from '../graph/nodes.js';
import type {Value} from '../graph/value.js';
import {layersOf, nameOf, type ModelSource, type SerializedLayer} from '../source/model-source.js';
import type {Lowerings} from './layer-to-lower.js';
import {loweringsOf} from './lowerings.js';

type Shape = readonly (number | null)[];

/**
 * A model as a graph of few kinds of nodes.
 *
 * @param inputShapes without the batch, where the model leaves sizes open.
 * @throws TypeError that names the layer which the runtime can't compute.
 */
export async function lowered(source: ModelSource, inputShapes?: readonly Shape[]): Promise<Graph> {
  const lowerings = await loweringsOf(source.topology);
  const graph = new GraphBuilder();
  const shapes = inputShapes ?? source.inputShapes ?? inputShapesOf(source.topology);
  const inputs = shapes.map((shape, i) => graph.input(knownShape(shape, i)));
  return graph.graph(new ModelLowering(source, lowerings, graph).model(source.topology, inputs, []));
}

function knownShape(shape: Shape, i: number): readonly number[] {
  if (shape.length === 0 || shape.length > 3) {
    throw new TypeError(`compile takes inputs of 1 to 3 axes beside the batch, got [${shape.join()}] for input ${i}`);
  }
  if (shape.every(size => size !== null)) return shape;
  throw new TypeError(
    `compile expects inputs of known sizes, got [${shape.map(size => size ?? 'null').join()}] for input ${i}; ` +
      'pass `inputShapes`',
  );
}

/** The shapes of the inputs of a model, from its file. */
function inputShapesOf(model: SerializedLayer): Shape[] {
  const layers = layersOf(model)!;
  const named = endsOf(model, 'inputLayers')?.map(([name]) => layers.find(layer => nameOf(layer) === name)!);
  return (named ?? layers.slice(0, 1)).flatMap(layer => {
    if (layersOf(layer)) return inputShapesOf(layer);
    const {batchInputShape} = layer.config as {batchInputShape?: Shape};
    if (batchInputShape) return [batchInputShape.slice(1)];
    throw new TypeError(`compile finds no input shape of layer "${nameOf(layer)}"; pass \`inputShapes\``);
  });
}

type Reference = readonly [layer: string, use: number, output: number, options?: Record<string, unknown>];

/** What a graph of layers begins or ends with; undefined for a stack. */
function endsOf({config}: SerializedLayer, which: 'inputLayers' | 'outputLayers'): readonly Reference[] | undefined {
  const ends = (config as Record<string, unknown>)[which];
  return Array.isArray(ends) ? (ends as Reference[]) : undefined;
}

class ModelLowering {
  readonly #source: ModelSource;
  readonly #lowerings: Lowerings;
  readonly #graph: GraphBuilder;

  constructor(source: ModelSource, lowerings: Lowerings, graph: GraphBuilder) {
    this.#source = source;
    this.#lowerings = lowerings;
    this.#graph = graph;
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
    const [name, {className}] = [nameOf(layer), layer];
    if (className === 'InputLayer') return inputs;
    if (layersOf(layer)) return this.model(layer, inputs, [...path, name]);
    const config = layer.config as Record<string, unknown>;
    this.#graph.layer = [...path, name].join('/');
    const weights = this.#source.weightsOf([...path, name]);
    const weightsIn = (inner: string) => this.#source.weightsOf([...path, name, inner]);
    return [this.#lowerings[className]!({name, className, config, weights, weightsIn}, inputs, this.#graph)];
  }
}

/** The inputs of each use of a layer. */
function usesOf(layer: SerializedLayer): readonly (readonly Reference[])[] {
  const uses = (layer.inboundNodes ?? []) as readonly (readonly Reference[])[];
  return uses.filter(({length}) => length > 0);
}
