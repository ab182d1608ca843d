import type {Weight} from '../lower/layer-to-lower.js';
import {inCamelCase} from './camel-case.js';
import type {LayersModelLike, ModelSource, SerializedLayer} from './model-source.js';

/** A variable of a layer, as tf.js has it. */
interface VariableLike {
  readonly originalName: string;
  readonly shape: readonly (number | null)[];
  read(): {data(): Promise<ArrayLike<number>>};
}

interface LayerLike {
  readonly name: string;
  readonly weights: readonly VariableLike[];
  readonly layers?: readonly LayerLike[];
  /** Of a Bidirectional. */
  readonly forwardLayer?: LayerLike;
  readonly backwardLayer?: LayerLike;
}

/** Reads a model that is in memory: a copy of its weights, which may be trained on. */
export async function sourceOfModel(model: LayersModelLike): Promise<ModelSource> {
  const {layers, inputs} = model;
  const weights = new Map<string, ReadonlyMap<string, Weight>>();
  await readLayers(layers as readonly LayerLike[], [], weights);
  return {
    original: model,
    topology: inCamelCase(model.toJSON(undefined, false)) as SerializedLayer,
    inputShapes: (inputs as readonly {shape: readonly (number | null)[]}[]).map(({shape}) => shape.slice(1)),
    weightsOf: path => weights.get(keyOf(path)) ?? new Map<string, Weight>(),
  };
}

function keyOf(path: readonly string[]): string {
  return JSON.stringify(path);
}

async function readLayers(
  layers: readonly LayerLike[],
  within: readonly string[],
  weights: Map<string, ReadonlyMap<string, Weight>>,
): Promise<void> {
  for (const layer of layers) {
    const path = [...within, layer.name];
    const {layers, forwardLayer, backwardLayer} = layer;
    if (layers) await readLayers(layers, path, weights);
    else if (forwardLayer && backwardLayer) await readLayers([forwardLayer, backwardLayer], path, weights);
    else weights.set(keyOf(path), await readWeights(layer));
  }
}

async function readWeights({weights}: LayerLike): Promise<ReadonlyMap<string, Weight>> {
  const read = new Map<string, Weight>();
  for (const variable of weights) {
    const values = Float32Array.from(await variable.read().data());
    read.set(variable.originalName.split('/').at(-1)!, {shape: variable.shape as readonly number[], values});
  }
  return read;
}
