import * as tf from '@tensorflow/tfjs-core';
import {selectLayers, type LayerSelector, type PlacedLayer} from '../layers/layer-selector.js';
import {expectModel, modelLayers} from '../layers/model-layers.js';
import {rebuild} from '../layers/rebuild.js';
import {stripPruning} from '../layers/strip-pruning.js';
import {expectBoolean, expectOptions} from '../math/expect.js';
import {
  assign,
  fieldsOf,
  serialized,
  valuesNow,
  type Layer,
  type LayerVariable,
  type Model,
  type Serialized,
} from '../tfjs-internals.js';
import {shiftedKernel, type ShiftedKernel} from './shifted-kernel.js';

/** Options of {@link shiftConvolutions}. */
export interface ShiftConvolutionsArgs {
  /** Which Conv2D layers. Defaults to all. */
  layers?: LayerSelector;
  /** Whether a layer is rewritten also where that is no faster. Defaults to false. */
  always?: boolean;
}

/** What became of a convolution. */
export interface ShiftedConvolution {
  /** Its name, behind those of the models that it is nested in. */
  layer: string;
  /** How many places of its window the input channel with the most of them takes weights from. */
  taps: number;
  status: 'shifted' | 'left';
  /** Why it was left as it is; empty where it was not. */
  reason: string;
}

/** What `shiftConvolutions` returns. */
export interface ShiftedModel<M extends Model> {
  model: M;
  /** One row for each chosen convolution. */
  layers: ShiftedConvolution[];
}

interface Conv2DFields {
  kernel: LayerVariable;
  kernelSize: [number, number];
  strides: [number, number];
  dilationRate: [number, number];
  padding: string;
  dataFormat: string;
}

/** A convolution, its kernel taken apart, and why it is left as it is. */
interface Candidate extends PlacedLayer {
  readonly shifted: ShiftedKernel;
  readonly reason: string;
}

/**
 * A faster model with the same outputs: a convolution whose input channels take weights from few places of the window each becomes
 * shifts, which are a `DepthwiseConv2D` named `<layer>_shifts` of ones and zeros that is frozen, and a 1 x 1 convolution
 * with the layer's name, bias, activation and the rest of its weights. That is what `shifts({shared: true})` makes of a layer at
 * its full sparsity: one place an input channel, about `windowSize` times fewer multiply-adds, and on wasm 4 to 8 times the speed for 32 channels and
 * more. Wu et al. 2017, https://arxiv.org/abs/1711.08141
 *
 * The model is a plain one of the same kind, stripped, not compiled, and loads without this library; the given one is not
 * changed. Convolutions of other kinds, and those inside `TimeDistributed`, stay as they are.
 *
 * @throws TypeError or RangeError where `model` is none, an option is unknown or wrong, or `layers` matches no Conv2D;
 *     Error where the model was disposed.
 *
 * @example
 * const {model: fast, layers} = shiftConvolutions(pruned);
 * console.table(layers);
 */
export function shiftConvolutions<M extends Model>(model: M, args: ShiftConvolutionsArgs = {}): ShiftedModel<M> {
  expectModel('shiftConvolutions', model);
  const {layers, always = false} = expectOptions('shiftConvolutions', args, ['layers', 'always']);
  expectBoolean('always', always);
  const plain = stripPruning(model);
  try {
    const convolutions = modelLayers(plain).filter(({layer}) => layer.getClassName() === 'Conv2D');
    const candidates = selectLayers(convolutions, layers, 'Conv2D layers').map(placed => candidate(placed, always));
    return {model: rebuildShifted(plain, candidates), layers: candidates.map(rowOf)};
  } finally {
    plain.dispose();
  }
}

function rowOf({path, shifted: {taps}, reason}: Candidate): ShiftedConvolution {
  return {layer: path, taps, status: reason === '' ? 'shifted' : 'left', reason};
}

function candidate(placed: PlacedLayer, always: boolean): Candidate {
  const {kernel} = conv2DFields(placed.layer);
  const shifted = shiftedKernel(
    valuesNow(() => kernel.read()),
    kernelShape(placed.layer),
  );
  return {...placed, shifted, reason: reasonToLeave(placed.layer, shifted, always)};
}

function reasonToLeave(layer: Layer, {taps}: ShiftedKernel, always: boolean): string {
  const {strides, dilationRate} = conv2DFields(layer);
  const [height, width, , filters] = kernelShape(layer);
  if (height * width === 1) return 'its window has one place only';
  if (dilationRate.some(rate => rate !== 1)) return 'it is dilated, which DepthwiseConv2D of tf.js is not';
  if (strides[0] !== strides[1]) return 'its strides differ, which the native backend has no depthwise convolution for';
  if (always || shiftedCost(height * width, taps, filters) < height * width * filters) return '';
  return `up to ${taps} of ${height * width} places of an input channel's window have weights: shifts are no faster`;
}

/**
 * What shifts and product cost for each input channel and pixel, in multiply-adds of a dense convolution. A depthwise
 * multiply-add takes longer than those: as measured on wasm 4 times, with several taps 20 times for all of up to 8 together.
 */
function shiftedCost(windowSize: number, taps: number, filters: number): number {
  const depthwise = taps === 1 ? 4 : 20 * Math.ceil(taps / 8);
  return windowSize * depthwise + taps * filters;
}

function rebuildShifted<M extends Model>(plain: M, candidates: readonly Candidate[]): M {
  const chosen = new Map(candidates.filter(({reason}) => reason === '').map(each => [each.layer, each]));
  const products = new Map([...chosen].map(([layer, {shifted}]) => [conv2DFields(layer).kernel.id, shifted.weights]));
  const model = rebuild(
    plain,
    layer => (chosen.has(layer) ? shiftsAndProduct(layer, chosen.get(layer)!.shifted.taps) : serialized(layer)),
    (from, to) => {
      assignValues(to, products.get(from.id) ?? from.read());
      to.trainable = from.trainable;
    },
  );
  const layers = new Map(modelLayers(model).map(({layer, path}) => [path, layer]));
  for (const {path, shifted} of chosen.values()) {
    const {depthwiseKernel} = fieldsOf(layers.get(`${path}_shifts`)!);
    tf.tidy(() => assignValues(depthwiseKernel as LayerVariable, shifted.shifts));
  }
  return model;
}

function assignValues(variable: LayerVariable, values: tf.Tensor | Float32Array): void {
  assign(variable, values instanceof tf.Tensor ? values : tf.tensor(values, variable.shape as number[]));
}

function shiftsAndProduct(layer: Layer, taps: number): [Serialized, Serialized] {
  const {kernelSize, strides, padding, dataFormat} = conv2DFields(layer);
  const shifts = {
    className: 'DepthwiseConv2D',
    config: {
      name: `${layer.name}_shifts`,
      trainable: false,
      useBias: false,
      depthMultiplier: taps,
      kernelSize,
      strides,
      padding,
      dataFormat,
    },
  };
  const {className, config} = serialized(layer);
  return [shifts, {className, config: {...config, kernelSize: [1, 1], strides: [1, 1], padding: 'valid'}}];
}

function kernelShape(layer: Layer): [number, number, number, number] {
  return conv2DFields(layer).kernel.shape as [number, number, number, number];
}

function conv2DFields(layer: Layer): Conv2DFields {
  return fieldsOf(layer) as unknown as Conv2DFields;
}
