import * as tf from '@tensorflow/tfjs-core';
import {selectLayers, type LayerSelector, type PlacedLayer} from '../layers/layer-selector.js';
import {modelLayers} from '../layers/model-layers.js';
import {rebuild} from '../layers/rebuild.js';
import {stripPruning} from '../layers/strip-pruning.js';
import {expectBoolean, expectOptions} from '../math/expect.js';
import {
  assign,
  fieldsOf,
  serialized,
  valuesNow,
  type Config,
  type Layer,
  type LayerVariable,
  type Model,
  type Serialized,
} from '../tfjs-internals.js';
import {expectBuilt} from './trace-channels.js';
import {putInFront} from './put-in-front.js';
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
 * shifts, a frozen `DepthwiseConv2D` of ones and zeros named `<layer>_shifts`, and a 1 x 1 convolution with the layer's name,
 * bias, activation, and all its weights that are not zero. Of a layer pruned by `shifts({shared: true})` to its full sparsity
 * that takes about `windowSize` times fewer multiply-adds, and on wasm a third to an eighth of the time, with 32 filters or
 * more. Wu et al. 2017, https://arxiv.org/abs/1711.08141
 *
 * Layers that would get no faster are left as they are, and so are convolutions of other kinds, and those inside `TimeDistributed`.
 * The model is a plain one of the same kind, not compiled, that loads without this library; the given one is not changed.
 *
 * @throws TypeError or RangeError where `model` is none, an option is unknown or wrong, or `layers` matches no Conv2D;
 *     Error where the model was disposed or is not built.
 *
 * @example
 * const {model: fast, layers} = shiftConvolutions(pruned);
 * console.table(layers);
 */
export function shiftConvolutions<M extends Model>(model: M, args: ShiftConvolutionsArgs = {}): ShiftedModel<M> {
  expectBuilt('shiftConvolutions', model);
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
  if (always || relativeTime(height * width, taps, filters) < 1) return '';
  return `up to ${taps} of ${height * width} places of an input channel's window have weights: shifts are no faster`;
}

/**
 * The time of shifts and product in that of the convolution, as measured on wasm over 3 x 3 and 5 x 5 windows: a depthwise
 * multiply-add takes 4 times as long as one of the convolution, with several taps 20 times for each 8 of them, and one of a
 * 1 x 1 convolution 1.5 times; filters are computed in blocks of 8.
 */
function relativeTime(windowSize: number, taps: number, filters: number): number {
  const computed = 8 * Math.ceil(filters / 8);
  const depthwise = taps === 1 ? 4 : 20 * Math.ceil(taps / 8);
  return (windowSize * depthwise + 1.5 * taps * computed) / (windowSize * computed);
}

function rebuildShifted<M extends Model>(plain: M, candidates: readonly Candidate[]): M {
  const chosen = new Map(candidates.filter(({reason}) => reason === '').map(each => [each.layer, each]));
  const products = new Map([...chosen].map(([layer, {shifted}]) => [conv2DFields(layer).kernel.id, shifted.weights]));
  const model = rebuild(plain, layer => (chosen.has(layer) ? product(layer) : serialized(layer)), {
    copyVariable(from, to) {
      assignValues(to, products.get(from.id) ?? from.read());
      to.trainable = from.trainable;
    },
    rewire(home, config) {
      config.layers = home.layers.flatMap((layer, i): Config[] => {
        const entry = config.layers[i]!;
        return chosen.has(layer) ? putInFront(shifts(layer, chosen.get(layer)!.shifted.taps), entry) : [entry];
      });
    },
  });
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

function shifts(layer: Layer, taps: number): Serialized {
  const {kernelSize, strides, padding, dataFormat} = conv2DFields(layer);
  const window = {kernelSize, strides, padding, dataFormat, depthMultiplier: taps};
  return {
    className: 'DepthwiseConv2D',
    config: {...window, name: `${layer.name}_shifts`, useBias: false, trainable: false},
  };
}

function product(layer: Layer): Serialized {
  const {className, config} = serialized(layer);
  return {className, config: {...config, kernelSize: [1, 1], strides: [1, 1], padding: 'valid'}};
}

function kernelShape(layer: Layer): [number, number, number, number] {
  return conv2DFields(layer).kernel.shape as [number, number, number, number];
}

function conv2DFields(layer: Layer): Conv2DFields {
  return fieldsOf(layer) as unknown as Conv2DFields;
}
