import type {Weight} from '../lower/layer-to-lower.js';
import {inCamelCase} from './camel-case.js';
import type {ModelSource, SerializedLayer} from './model-source.js';
import {weightFinder} from './weight-finder.js';

/** A model, from its topology as files have it and its weights by name. */
export function sourceOf(modelTopology: unknown, weights: ReadonlyMap<string, Weight>): ModelSource {
  const topology = inCamelCase(modelTopology) as {modelConfig?: SerializedLayer} & SerializedLayer;
  const model = (topology as typeof topology | undefined)?.modelConfig ?? topology;
  if (typeof (model as SerializedLayer | undefined)?.className === 'string') {
    return {topology: model, original: {modelTopology, weights}, weightsOf: weightFinder(weights)};
  }
  throw new TypeError('compile expects a layers model, and this file holds something else, such as a graph model');
}
