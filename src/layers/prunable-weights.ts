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
  return weightOwners(layer).flatMap(owner =>
    owner.weights.map(({field}) => fieldsOf(owner.layer)[field] as LayerVariable),
  );
}
