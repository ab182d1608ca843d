import type {Shape} from '@tensorflow/tfjs-layers';
import {cardOf} from '../layers/cards/card-of.js';
import {passCardOf} from '../layers/cards/pass-card-of.js';
import {childLayers} from '../layers/inner-layers.js';
import {weightOwners} from '../layers/prunable-weights.js';
import {inputShapesIn, isModel, type Layer, type Model} from '../tfjs-internals.js';

/**
 * How often the weights of each {@link weightOwners} of a layer multiply for one example, in their order; NaN if a size
 * is not known.
 *
 * @param inputShape the layer's input, with the batch first; empty if it is not known.
 */
export function positionsOf(layer: Layer, inputShape: Shape, times = 1): number[] {
  const {positions, overTime = false} = passCardOf(layer);
  const isKnown = inputShape.length > 0;
  if (cardOf(layer).prunableWeights) return [isKnown ? (positions?.(layer, inputShape) ?? 1) * times : NaN];
  if (isModel(layer)) return layer.layers.flatMap(inner => positionsInModel(layer, inner, times));
  const [batch = null, steps = null, ...rest] = inputShape;
  const isSplit = overTime && isKnown;
  const shape = isSplit ? [batch, ...rest] : inputShape;
  return childLayers(layer).flatMap(inner => positionsOf(inner, shape, isSplit ? times * (steps ?? NaN) : times));
}

/** A model knows the shapes with which it uses its layers. */
function positionsInModel(model: Model, inner: Layer, times: number): number[] {
  const uses = inputShapesIn(model, inner).map(shape => positionsOf(inner, shape, times));
  return weightOwners(inner).map((_, i) => uses.reduce((sum, positions) => sum + positions[i]!, 0));
}
