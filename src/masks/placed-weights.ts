import {chosenLayers} from '../layers/chosen-layers.js';
import type {LayerSelector} from '../layers/layer-selector.js';
import type {MaskedWeight} from '../layers/masked-weight.js';
import type {PlacedPrunableLayer} from '../layers/model-layers.js';
import {unitVectors} from '../layers/whole-units.js';
import type {GroupedWeight} from '../structures/structure.js';
import type {Model} from '../tfjs-internals.js';

/** A masked weight and its place in a model. */
export interface PlacedWeight extends GroupedWeight {
  /** Its name, after those of the models that its layer is nested in: `base/conv1/kernel`. */
  readonly name: string;
  /** The kernel and its mask. */
  readonly weight: MaskedWeight;
  /** The model that it is part of. */
  readonly model: Model;
}

/**
 * The masked weights of the layers that a selector chooses; see {@link chosenLayers} for the default and for the
 * errors.
 */
export function chosenWeights(owner: string, model: Model, selector: LayerSelector | undefined): PlacedWeight[] {
  return placedWeights(model, chosenLayers(owner, model, selector));
}

/** The masked weights of some of a model's layers. */
export function placedWeights(model: Model, layers: readonly PlacedPrunableLayer[]): PlacedWeight[] {
  const vectors = unitVectors(model);
  return layers.flatMap(({layer, within}) =>
    layer.maskedWeights.map(weight => {
      const {kernel, layout} = weight;
      const name = within + weight.name;
      return {weight, model, name, kernel, layout: {...layout, name}, vectors: vectors.get(weight)};
    }),
  );
}
