import {selectLayers, type LayerSelector, type PlacedLayer} from '../../layers/layer-selector.js';
import {modelLayers} from '../../layers/model-layers.js';
import {weightIn, weightOwners} from '../../layers/prunable-weights.js';
import type {Model} from '../../tfjs-internals.js';
import {axesByWeight} from '../../units/trace/axes-by-weight.js';
import type {ChannelAxis, ChannelTrace} from '../../units/trace/channel-trace.js';

/** A kernel that makes channels, and its layer in its place. */
export interface ChannelMaker extends PlacedLayer {
  /** The name of the kernel there: `base/conv1/kernel`. */
  readonly name: string;
  /** Its axis of the channels. */
  readonly axis: ChannelAxis;
}

/**
 * The kernels of the layers that a selector chooses among those that make channels; by default all.
 *
 * @throws TypeError or RangeError if the selector has a wrong form or matches none.
 */
export function channelMakers(
  model: Model,
  trace: Pick<ChannelTrace, 'axes'>,
  selector: LayerSelector | undefined,
): ChannelMaker[] {
  const axesOf = axesByWeight(trace);
  const makers = modelLayers(model).flatMap(place =>
    weightOwners(place.layer).flatMap(({layer, weights}) =>
      weights.flatMap(({field}) => {
        const {id, originalName} = weightIn(layer, field);
        const axis = axesOf[id]?.find(({role}) => role === 'makes');
        return axis ? [{...place, name: place.within + originalName, axis}] : [];
      }),
    ),
  );
  return selectLayers(makers, selector, 'layers that make channels');
}
