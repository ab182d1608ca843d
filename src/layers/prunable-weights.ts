import {received} from '../options/expect.js';
import {fieldsOf, type Layer, type LayerVariable} from '../tfjs-internals.js';
import {cardOf} from './cards/card-of.js';
import type {PrunableWeight} from './cards/layer-card.js';
import {childLayers} from './inner-layers.js';

/** A layer that holds prunable weights: a given layer itself, or one inside it. */
export interface WeightOwner {
  readonly layer: Layer;
  readonly weights: readonly PrunableWeight[];
}

/**
 * The owners of prunable weights in a layer: itself, its cell, or the layers that it wraps; none if no weight can be
 * pruned.
 */
export function weightOwners(layer: Layer): WeightOwner[] {
  const {prunableWeights: weights} = cardOf(layer);
  return weights ? [{layer, weights}] : childLayers(layer).flatMap(weightOwners);
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
