import type {Shape} from '@tensorflow/tfjs-layers';
import {received} from '../options/expect.js';
import {fieldsOf, inputShapesIn, isModel, type Layer, type LayerVariable, type Model} from '../tfjs-internals.js';
import {cardOf} from './cards/card-of.js';
import type {PrunableWeight} from './cards/layer-card.js';
import {childLayers} from './inner-layers.js';

/** A layer that holds prunable weights: a given layer itself, or one inside it. */
export interface WeightOwner {
  readonly layer: Layer;
  readonly weights: readonly PrunableWeight[];
  /** How often each weight multiplies for one example; NaN if a size is not known. */
  readonly positions: number;
}

/**
 * The owners of prunable weights in a layer: itself, its cell, or the layers that it wraps; none if no weight can be
 * pruned.
 *
 * @param inputShape the layer's input with the batch first; needed only for `positions`.
 */
export function weightOwners(layer: Layer, inputShape: Shape = [], times = 1): WeightOwner[] {
  const {prunableWeights: weights, positions, overTime = false} = cardOf(layer);
  if (weights) {
    const count = inputShape.length === 0 ? NaN : (positions?.(layer, inputShape) ?? 1);
    return [{layer, weights, positions: count * times}];
  }
  if (isModel(layer)) return layer.layers.flatMap(inner => ownersInModel(layer, inner, times));
  const [batch = null, steps = null, ...rest] = inputShape;
  const isSplit = overTime && inputShape.length > 0;
  const shape = isSplit ? [batch, ...rest] : inputShape;
  return childLayers(layer).flatMap(inner => weightOwners(inner, shape, isSplit ? times * (steps ?? NaN) : times));
}

/** A model knows the shapes with which it uses its layers. */
function ownersInModel(model: Model, inner: Layer, times: number): WeightOwner[] {
  const uses = inputShapesIn(model, inner).map(shape => weightOwners(inner, shape, times));
  return weightOwners(inner).map((owner, i) => {
    return {...owner, positions: uses.reduce((sum, owners) => sum + owners[i]!.positions, 0)};
  });
}

/** The variables of a layer's prunable weights. */
export function kernelsOf(layer: Layer): LayerVariable[] {
  return weightOwners(layer).flatMap(owner => owner.weights.map(({field}) => weightIn(owner.layer, field)));
}

/**
 * The weight in a field of a built layer.
 *
 * @throws TypeError if there is none, as where the class was declared with another field.
 */
export function weightIn(layer: Layer, field: string): LayerVariable {
  const weight = fieldsOf(layer)[field] as LayerVariable | undefined;
  if (typeof weight?.read === 'function') return weight;
  throw new TypeError(
    `Expected layer "${layer.name}" (${layer.getClassName()}) to hold a weight in its field \`${field}\`, ` +
      `got ${received(weight)}; correct it in declareLayer`,
  );
}
