import {batchNormBehind} from '../layers/batch-norm-behind.js';
import {selectLayers, type LayerSelector, type PlacedLayer} from '../layers/layer-selector.js';
import {layoutOf} from '../layers/layout-of.js';
import {modelLayers} from '../layers/model-layers.js';
import {weightIn, weightOwners} from '../layers/prunable-weights.js';
import {sizeOf} from '../math/size-of.js';
import type {WeightLayout} from '../structures/structure.js';
import type {Layer, LayerVariable, Model} from '../tfjs-internals.js';
import {traceChannels} from '../units/trace/trace-channels.js';

/** A layer whose channels get attention. */
export interface AttendedLayer {
  /** The layer that makes the channels, without its wrappers. */
  readonly maker: Layer;
  /** The layer behind which its block is put: itself, or the batch normalization that follows it alone. */
  readonly host: Layer;
  /** The kernel that makes the channels. */
  readonly kernel: LayerVariable;
  readonly layout: WeightLayout;
  /** The number of channels. */
  readonly channels: number;
  /** The name of the kernel, in each place of the model: `base/conv1/kernel`. */
  readonly names: readonly string[];
}

/** A candidate in its place. */
interface PlacedMaker extends PlacedLayer, Omit<AttendedLayer, 'names'> {
  readonly name: string;
}

/**
 * The layers whose channels get attention; a shared layer counts once. Without a selector, all convolutions that have
 * channels which can be removed.
 *
 * @throws TypeError or RangeError if the selector has a wrong form or matches none; RangeError if there is no such
 *     convolution.
 */
export function attendedLayers(owner: string, model: Model, selector: LayerSelector | undefined): AttendedLayer[] {
  const makers = modelLayers(model).flatMap(makersIn);
  const chosen =
    selector === undefined
      ? removableConvolutions(owner, model, makers)
      : selectLayers(makers, selector, 'layers that make channels');
  const byKernel = new Map<number, AttendedLayer>();
  for (const {name, ...each} of chosen) {
    const {id} = each.kernel;
    byKernel.set(id, {...each, names: [...(byKernel.get(id)?.names ?? []), name]});
  }
  return [...byKernel.values()];
}

/** The layers that make the outputs of a placed layer: itself, or what it wraps; none for recurrent layers. */
function makersIn(placed: PlacedLayer): PlacedMaker[] {
  const makers = weightOwners(placed.layer).flatMap(({layer: maker, weights}) =>
    weights
      .filter(({makesOutputs, gates = 1}) => makesOutputs === true && gates === 1)
      .map(row => ({maker, row, kernel: weightIn(maker, row.field)})),
  );
  const behind = makers.length === 1 ? batchNormBehind(placed.layer) : undefined;
  return makers.map(({maker, row, kernel}) => {
    const layout = layoutOf(kernel, row, maker);
    const channels = sizeOf(layout.outputAxes.map(axis => layout.shape[axis]!));
    const name = placed.within + kernel.originalName;
    return {...placed, maker, host: behind ?? maker, kernel, layout, channels, name};
  });
}

function removableConvolutions(owner: string, model: Model, makers: readonly PlacedMaker[]): PlacedMaker[] {
  const {axes, groups} = traceChannels(model);
  const removable = new Set(groups.flatMap(({frozen, units}) => (frozen === undefined ? [...units] : [])));
  const given = axes.filter(({role, units}) => role !== 'takes' && units.some(unit => removable.has(unit)));
  const layers = new Set(given.map(({layer}) => layer));
  const chosen = makers.filter(({layout, maker}) => isConvolution(layout) && layers.has(maker));
  if (chosen.length > 0) return chosen;
  throw new RangeError(
    `${owner} expects a model with convolutions whose channels can be removed, but "${model.name}" has none; name ` +
      'other layers in `layers`, or let formatChannelTrace(traceChannels(model)) tell what keeps them',
  );
}

/** Whether a kernel has a window: axes that run neither over inputs nor over outputs. */
function isConvolution({shape, inputAxes, outputAxes}: WeightLayout): boolean {
  return new Set([...inputAxes, ...outputAxes]).size < shape.length;
}
