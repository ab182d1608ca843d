import type {Shape} from '@tensorflow/tfjs-layers';
import {sizeOf} from '../math/size-of.js';
import {wrappersIn} from '../layers/model-layers.js';
import {weightIn, weightOwners} from '../layers/prunable-weights.js';
import {isModel, usesIn, type Layer, type LayerVariable, type Model} from '../tfjs-internals.js';
import {positionsOf} from './positions-of.js';
import {shapesWithin} from './shapes-within.js';

/** The size of a float32. */
export const FLOAT_BYTES = 4;

/** The shapes of a layer's inputs and outputs, with the batch first. */
export interface UseShapes {
  readonly inputs: readonly Shape[];
  readonly outputs: readonly Shape[];
}

/** A layer of a model, and all its uses in one pass of the model. */
export interface UsedLayer {
  readonly layer: Layer;
  /** Its name, after those of the models that it is nested in: the first place, if a layer is in several models. */
  readonly path: string;
  /** One for each call: for layers in a nested model, once for each use of that model. */
  readonly uses: readonly UseShapes[];
}

/**
 * The layers of a model with their uses, each once, with the layers of nested models in place of the nested models.
 *
 * @param inputShapes of the model's inputs, with the batch first, if it leaves sizes open.
 */
export function usedLayers(model: Model, inputShapes?: readonly Shape[]): UsedLayer[] {
  const byLayer = new Map<Layer, UsedLayer>();
  for (const used of usesWithin(model, '', inputShapes)) {
    const known = byLayer.get(used.layer);
    byLayer.set(used.layer, known ? {...known, uses: [...known.uses, ...used.uses]} : used);
  }
  return [...byLayer.values()];
}

function usesWithin(model: Model, prefix: string, inputShapes: readonly Shape[] | undefined): UsedLayer[] {
  const shapeOf = shapesWithin(model, inputShapes);
  return model.layers.flatMap(layer => {
    const path = prefix + layer.name;
    const uses = usesIn(model, layer).map(({inputTensors, outputTensors}) => ({
      inputs: inputTensors.map(shapeOf),
      outputs: outputTensors.map(shapeOf),
    }));
    if (!isModel(layer)) return [{layer, path, uses}];
    const byUse = uses.map(({inputs}) => usesWithin(layer, `${path}/`, inputShapes && inputs));
    return usesWithin(layer, `${path}/`, undefined).map((inner, i) => {
      return {...inner, uses: byUse.flatMap(used => used[i]!.uses)};
    });
  });
}

/** The number of parameters of a layer, frozen ones included, without masks and other variables of its wrapper. */
export function parametersOf(layer: Layer): number {
  const added = new Set(wrappersIn(layer).flatMap(({addedVariables}) => addedVariables));
  const own = layer.weights.filter(variable => !added.has(variable));
  return own.reduce((total, {shape}) => total + sizeOf(shape), 0);
}

/**
 * The kernels of a layer, and how often each of their weights multiplies for one example, over all uses of the layer;
 * NaN if a size is not known.
 */
export function kernelsOf({layer, uses}: UsedLayer): {kernel: LayerVariable; positions: number}[] {
  const byUse = uses.map(({inputs: [input = []]}) => positionsOf(layer, input));
  return weightOwners(layer).flatMap((owner, i) => {
    const positions = byUse.reduce((total, each) => total + each[i]!, 0);
    return owner.weights.map(({field}) => ({kernel: weightIn(owner.layer, field), positions}));
  });
}
