import type {Shape} from '@tensorflow/tfjs-layers';
import {fromStart} from '../../math/from-start.js';
import {sizeOf} from '../../math/size-of.js';
import {fieldsOf, type Layer, type LayerVariable} from '../../tfjs-internals.js';
import {activated, freezeIfMixed} from './activations.js';
import {channelAxis, isChannelsFirst, lastAxis} from './channel-axis.js';
import type {ChannelCards} from './channel-card.js';
import {withBias, type ConstantCall, type Constants} from './constants.js';
import type {KernelView} from './kernel-view.js';
import type {LayerCards} from './layer-card.js';
import type {LayerUse, Resize, TracedTensor} from './layer-use.js';
import type {LinearCards, LinearStep} from './linear-card.js';
import {convolutionWindow, rowsOf, transposedWindow, windowRows, type WindowOf} from './linear-windows.js';
import type {PassCards} from './pass-card.js';

/** The axes of a kernel that mixes inputs into outputs. */
export const MIXING = {inputAxes: [-2], outputAxes: [-1]};
const KERNEL = {field: 'kernel', ...MIXING, makesOutputs: true, seesInput: true};
const TRANSPOSED_KERNEL = {...KERNEL, inputAxes: [-1], outputAxes: [-2]};

const MIXER = {prunableWeights: [KERNEL]};
const TRANSPOSED = {prunableWeights: [TRANSPOSED_KERNEL], miswrites: ['dilationRate']};

/** Layers with one kernel that mixes all input channels into new ones. */
export const KERNELS: LayerCards = {
  Dense: MIXER,
  Conv1D: {...MIXER, miswrites: ['dataFormat']},
  Conv2D: MIXER,
  Conv3D: MIXER,
  Conv2DTranspose: TRANSPOSED,
  Conv3DTranspose: TRANSPOSED,
};

const CONVOLUTION_PASS = {positions: outputPositions};
const TRANSPOSED_PASS = {positions: inputPositions};

export const KERNEL_PASSES: PassCards = {
  Dense: {positions: (_layer, input) => sizeOf(input.slice(1, -1))},
  Conv1D: CONVOLUTION_PASS,
  Conv2D: CONVOLUTION_PASS,
  Conv3D: CONVOLUTION_PASS,
  Conv2DTranspose: TRANSPOSED_PASS,
  Conv3DTranspose: TRANSPOSED_PASS,
};

const CONVOLUTION_LINEAR = {linearSteps: (layer: Layer) => [mixedPatches(layer, convolutionWindow, [-2, -1])]};
const TRANSPOSED_LINEAR = {linearSteps: (layer: Layer) => [mixedPatches(layer, transposedWindow, [-1, -2])]};

export const KERNEL_LINEAR: LinearCards = {
  Dense: {linearSteps: () => [{field: 'kernel', features: rowsOf, order: [0, 1], parts: 1}]},
  Conv1D: CONVOLUTION_LINEAR,
  Conv2D: CONVOLUTION_LINEAR,
  Conv3D: CONVOLUTION_LINEAR,
  Conv2DTranspose: TRANSPOSED_LINEAR,
  Conv3DTranspose: TRANSPOSED_LINEAR,
};

const CONVOLUTION_CHANNELS = {channelRule: convolution, constants: convolved};
const TRANSPOSED_CHANNELS = {channelRule: transposedConvolution, constants: transposedConvolved};

export const KERNEL_CHANNELS: ChannelCards = {
  Dense: {channelRule: dense, constants: call => multiplied(call, 'kernel', {isExact: true})},
  Conv1D: CONVOLUTION_CHANNELS,
  Conv2D: CONVOLUTION_CHANNELS,
  Conv3D: CONVOLUTION_CHANNELS,
  Conv2DTranspose: TRANSPOSED_CHANNELS,
  Conv3DTranspose: TRANSPOSED_CHANNELS,
};

/** The product of patches and kernel. @param axes of the kernel with its inputs and its outputs, from the end. */
function mixedPatches(layer: Layer, windowOf: WindowOf, axes: readonly [number, number]): LinearStep {
  const {length} = (fieldsOf(layer)['kernel'] as LayerVariable).shape;
  const window = Array.from({length: length - 2}, (_, axis) => axis);
  const order = [...window, ...axes.map(axis => fromStart(axis, length))];
  return {field: 'kernel', features: windowRows(layer, windowOf), order, parts: 1};
}

/** How many values of one channel a layer returns for one example. */
export function outputPositions(layer: Layer, inputShape: Shape): number {
  return sizeOf(spatial(layer, layer.computeOutputShape(inputShape) as Shape));
}

function inputPositions(layer: Layer, inputShape: Shape): number {
  return sizeOf(spatial(layer, inputShape));
}

/** The sizes of a shape without the batch and the channels. */
export function spatial(layer: Layer, shape: Shape): Shape {
  return isChannelsFirst(layer) ? shape.slice(2) : shape.slice(1, -1);
}

/** Writes the number of channels under a key of the configuration. */
export function setting(key: string): Resize {
  return (config, left) => (config[key] = left);
}

/** An output of new channels, which run along the given axes of the weights. */
export function made(use: LayerUse, resize: Resize, weights: readonly [field: string, axis: number][]): TracedTensor[] {
  const [shape] = use.outputShapes;
  const axis = channelAxis(use.layer, shape!);
  const channels = use.makes(shape![axis]!, resize);
  for (const [field, weightAxis] of weights) use.tie(field, weightAxis, channels, 'makes');
  freezeIfMixed(use, channels);
  return [{shape: shape!, axis, channels}];
}

/** A kernel that sums over the channels of the input along an axis. */
function mixing(use: LayerUse, axis: number, [from, to]: readonly [number, number], units: string): TracedTensor[] {
  use.tie('kernel', from, use.along(use.inputs[0]!, axis), 'takes');
  return made(use, setting(units), [
    ['kernel', to],
    ['bias', 0],
  ]);
}

function dense(use: LayerUse): TracedTensor[] {
  return mixing(use, lastAxis(use.inputs[0]!), [0, 1], 'units');
}

function convolution(use: LayerUse): TracedTensor[] {
  const {shape} = use.inputs[0]!;
  return mixing(use, channelAxis(use.layer, shape), [shape.length - 2, shape.length - 1], 'filters');
}

function transposedConvolution(use: LayerUse): TracedTensor[] {
  const {shape} = use.inputs[0]!;
  return mixing(use, channelAxis(use.layer, shape), [shape.length - 1, shape.length - 2], 'filters');
}

/**
 * Applies kernel, bias and activation to constants.
 *
 * @param isExact whether every output position sums over the same number of input positions.
 */
export function multiplied(
  call: ConstantCall,
  field: string,
  {isExact, outputsFirst = false}: {isExact: boolean; outputsFirst?: boolean},
): Constants[] {
  const {layer} = call;
  const values = call.values[0]!;
  const inputAxis = (fieldsOf(layer)[field] as LayerVariable).shape.length - (outputsFirst ? 1 : 2);
  const view = call.intake({field, inputAxis, values, absorbs: isExact});
  const sums = Float32Array.from({length: view.outputs}, (_, output) => sumInto(output, view, values, isExact));
  return [activated(layer, withBias(layer, sums))];
}

/** The sum that a kernel feeds into an output, without the bias. */
export function sumInto(output: number, view: KernelView, values: Constants, isExact: boolean): number {
  if (!view.isFed(output)) return 0;
  let sum = 0;
  for (let input = 0; input < view.inputs; input++) {
    const value = values[input]!;
    if (value === 0 || !view.links(input, output)) continue;
    if (Number.isNaN(value) || !isExact) return NaN;
    sum += value * view.sum(input, output);
  }
  return sum;
}

function convolved(call: ConstantCall): Constants[] {
  return multiplied(call, 'kernel', {isExact: isUnpadded(call.layer)});
}

/** Only a window of one pixel with stride 1 sums over the same number of input pixels at each output pixel. */
function transposedConvolved(call: ConstantCall): Constants[] {
  const strides = fieldsOf(call.layer)['strides'] as number[];
  const isExact = isPointwise(call.layer) && strides.every(stride => stride === 1);
  return multiplied(call, 'kernel', {isExact, outputsFirst: true});
}

/** Whether each output pixel sums over the same number of input pixels. */
export function isUnpadded(layer: Layer): boolean {
  return fieldsOf(layer)['padding'] === 'valid' || isPointwise(layer);
}

function isPointwise(layer: Layer): boolean {
  return (fieldsOf(layer)['kernelSize'] as number[]).every(size => size === 1);
}
