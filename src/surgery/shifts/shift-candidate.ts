import {layerSelector, selectLayers, type PlacedLayer} from '../../layers/layer-selector.js';
import {modelLayers} from '../../layers/model-layers.js';
import {stripPruning} from '../../layers/strip-pruning.js';
import {boolean} from '../../options/option.js';
import {read} from '../../options/read.js';
import type {Args} from '../../options/table.js';
import {
  disposeWholly,
  fieldsOf,
  valuesLater,
  type Layer,
  type LayerVariable,
  type Model,
} from '../../tfjs-internals.js';
import {expectBuilt} from '../../units/trace/trace-channels.js';
import {shiftedKernel, type ShiftedKernel} from './shifted-kernel.js';

const OPTIONS = {
  /** Which Conv2D layers. Defaults to all. */
  layers: layerSelector(),
  /** Whether to rewrite layers that would not get faster, too. Defaults to false. */
  always: boolean(false),
};

/** Options of {@link shiftConvolutions} and {@link listShiftable}. */
export type ShiftConvolutionsArgs = Args<typeof OPTIONS>;

/** A convolution that could become shifts and a product. */
export interface ShiftCandidate extends PlacedLayer {
  readonly shifted: ShiftedKernel;
  /** Why it stays a convolution; empty if it becomes shifts. */
  readonly reason: string;
}

/** The private fields of a Conv2D. */
interface Conv2DFields {
  kernel: LayerVariable;
  kernelSize: [number, number];
  strides: [number, number];
  dilationRate: [number, number];
  padding: string;
  dataFormat: string;
}

/** Runs an action with the convolutions of a model, in a plain copy of it that is disposed afterwards. */
export async function withShiftCandidates<M extends Model, T>(
  owner: string,
  model: M,
  args: ShiftConvolutionsArgs,
  action: (plain: M, candidates: readonly ShiftCandidate[]) => T,
): Promise<T> {
  expectBuilt(owner, model);
  const {layers, always} = read(owner, args, OPTIONS);
  const plain = stripPruning(model);
  try {
    const all = modelLayers(plain);
    const taken = new Set(all.map(({path}) => path));
    const convolutions = all.filter(({layer}) => layer.getClassName() === 'Conv2D');
    const chosen = selectLayers(convolutions, layers, 'Conv2D layers');
    return action(plain, await Promise.all(chosen.map(placed => shiftCandidate(placed, always, taken))));
  } finally {
    disposeWholly(plain);
  }
}

/**
 * Splits the kernel of a Conv2D into shifts and weights, and decides whether that is faster.
 *
 * @param taken the paths of all layers.
 */
async function shiftCandidate(
  placed: PlacedLayer,
  always: boolean,
  taken: ReadonlySet<string>,
): Promise<ShiftCandidate> {
  const {kernel} = conv2DFields(placed.layer);
  const values = await valuesLater(() => kernel.read());
  const shifted = shiftedKernel(values, kernelShape(placed.layer));
  const isTaken = taken.has(`${placed.path}_shifts`);
  const reason = isTaken ? `there is another layer "${placed.path}_shifts"` : undefined;
  return {...placed, shifted, reason: reason ?? reasonToLeave(placed.layer, shifted, always)};
}

function reasonToLeave(layer: Layer, {taps}: ShiftedKernel, always: boolean): string {
  const {strides, dilationRate} = conv2DFields(layer);
  const [height, width, , filters] = kernelShape(layer);
  if (height * width === 1) return 'its window has only one position';
  if (dilationRate.some(rate => rate !== 1)) return 'it is dilated, which DepthwiseConv2D of tf.js does not support';
  if (strides[0] !== strides[1]) return 'its strides differ, which no depthwise convolution of tfjs-node supports';
  if (always || relativeTime(height * width, taps, filters) < 1) return '';
  return `up to ${taps} of ${height * width} positions of a channel's window have weights: shifts are not faster`;
}

/**
 * The time of shifts and product relative to the convolution's, as measured on wasm over 3 x 3 and 5 x 5 windows: a
 * depthwise multiply-add takes 4 times as long as one of the convolution, with several taps 20 times for each 8 of
 * them, and one of a 1 x 1 convolution 1.5 times; filters are computed in blocks of 8.
 */
function relativeTime(windowSize: number, taps: number, filters: number): number {
  const computed = 8 * Math.ceil(filters / 8);
  const depthwise = taps === 1 ? 4 : 20 * Math.ceil(taps / 8);
  return (windowSize * depthwise + 1.5 * taps * computed) / (windowSize * computed);
}

function kernelShape(layer: Layer): [number, number, number, number] {
  return conv2DFields(layer).kernel.shape as [number, number, number, number];
}

/** The fields of a Conv2D layer. */
export function conv2DFields(layer: Layer): Conv2DFields {
  return fieldsOf(layer) as unknown as Conv2DFields;
}
