import {chosenLayers} from '../layers/chosen-layers.js';
import type {LayerSelector} from '../layers/layer-selector.js';
import type {MaskedWeight} from '../layers/masked-weight.js';
import type {PlacedPrunableLayer} from '../layers/model-layers.js';
import {unitVectors} from '../layers/whole-units.js';
import type {GroupedWeight} from '../structures/structure.js';
import type {Model} from '../tfjs-internals.js';

/** A masked weight, and what belongs to it. */
export interface PrunedWeight extends GroupedWeight {
  /** Its name, after those of the models that its layer is nested in: `base/conv1/kernel`. */
  readonly name: string;
  readonly weight: MaskedWeight;
  /** The model that it is part of. */
  readonly model: Model;
}

/**
 * The masked weights of the layers that a selector chooses; see {@link chosenLayers} for the default and for the
 * errors.
 */
export function prunedWeights(owner: string, model: Model, selector: LayerSelector | undefined): PrunedWeight[] {
  return placedWeights(model, chosenLayers(owner, model, selector));
}

/** The masked weights of some of a model's layers. */
export function placedWeights(model: Model, layers: readonly PlacedPrunableLayer[]): PrunedWeight[] {
  const vectors = unitVectors(model);
  return layers.flatMap(({layer, within}) =>
    layer.maskedWeights.map(weight => {
      const {kernel, layout} = weight;
      const name = within + weight.name;
      return {weight, model, name, kernel, layout: {...layout, name}, vectors: vectors.get(weight)};
    }),
  );
}
