import type * as tf from '@tensorflow/tfjs-core';
import {chosenLayers} from '../layers/chosen-layers.js';
import type {LayerSelector} from '../layers/layer-selector.js';
import type {MaskedWeight} from '../layers/masked-weight.js';
import type {PlacedPrunableLayer} from '../layers/model-layers.js';
import {unitVectors, type UnitVectors} from '../layers/whole-units.js';
import type {GroupedWeight} from '../structures/structure.js';
import type {Model} from '../tfjs-internals.js';

/** A masked weight, and what goes with it. */
export interface PrunedWeight {
  /** Its name, behind those of the models that its layer is nested in: `base/conv1/kernel`. */
  readonly name: string;
  readonly weight: MaskedWeight;
  /** The model that it is part of. */
  readonly model: Model;
  /** What belongs to its outputs; undefined where those are not the layer's. */
  readonly unit?: UnitVectors | undefined;
  /** What the criterion has observed of it: the sum, which stays the caller's. */
  readonly observed?: tf.Tensor | undefined;
}

/**
 * The masked weights of the layers that a selector chooses; see {@link chosenLayers} for those of none and for the
 * errors.
 */
export function prunedWeights(owner: string, model: Model, selector: LayerSelector | undefined): PrunedWeight[] {
  return placedWeights(model, chosenLayers(owner, model, selector));
}

/** The masked weights of some of a model's layers. */
export function placedWeights(model: Model, layers: readonly PlacedPrunableLayer[]): PrunedWeight[] {
  const units = unitVectors(model);
  return layers.flatMap(({layer, within}) =>
    layer.maskedWeights.map(weight => ({weight, model, name: within + weight.name, unit: units.get(weight)})),
  );
}

/** The same weights as structures see them. */
export function groupedWeights(pruned: readonly PrunedWeight[]): GroupedWeight[] {
  return pruned.map(({name, weight: {kernel, layout}}) => ({kernel, layout: {...layout, name}}));
}
