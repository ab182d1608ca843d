import type {Weight} from '../lower/layer-to-lower.js';
import type {ModelSource} from './model-source.js';

type LayerWeights = Map<string, Weight>;

/**
 * Finds the weights of layers by the names that they have in files: "conv1/kernel". The names of the models around a
 * layer stand before its own or not, which depends on when tf.js had built it.
 */
export function weightFinder(weights: ReadonlyMap<string, Weight>): ModelSource['weightsOf'] {
  const layers = new Map<string, LayerWeights>();
  for (const [name, weight] of weights) {
    const slash = name.lastIndexOf('/');
    const layer = name.slice(0, Math.max(0, slash));
    if (!layers.has(layer)) layers.set(layer, new Map());
    layers.get(layer)!.set(name.slice(slash + 1), weight);
  }
  return path => {
    const ends = path.map((_, i) => path.slice(i).join('/'));
    const found = ends.find(end => layers.has(end)) ?? onlyEnding(layers, path.at(-1)!);
    return layers.get(found ?? '') ?? new Map<string, Weight>();
  };
}

/** The only layer whose name ends so; undefined if there are several. */
function onlyEnding(layers: ReadonlyMap<string, LayerWeights>, name: string): string | undefined {
  const ending = [...layers.keys()].filter(layer => layer.endsWith(`/${name}`));
  return ending.length === 1 ? ending[0] : undefined;
}
