import type {GraphBuilder} from '../graph/graph-builder.js';
import type {Value} from '../graph/value.js';
import {activated, isAlongLastAxis} from './activations.js';
import {convolved} from './convolve.js';
import {biasOf, pairOf, weightOf, weightsOf, wordOf, type LayerToLower, type Lowering} from './layer-to-lower.js';
import {padded, permuted} from './moves.js';
import type {AxisOfKernel} from './windows.js';

export const ONE: AxisOfKernel = {size: 1, stride: 1, dilation: 1, padding: 'valid'};

/** Lowers a layer of images whose channels may come first. */
export function inImages(layer: LayerToLower, graph: GraphBuilder, x: Value, lower: (x: Value) => Value): Value {
  if (wordOf(layer.config['dataFormat'], 'channelslast') !== 'channelsfirst') return lower(x);
  return permuted(graph, lower(permuted(graph, x, [1, 2, 0])), [2, 0, 1]);
}

/** The same, and its activation: softmax goes along the last axis, even where the channels come first. */
export function activatedImages(layer: LayerToLower, graph: GraphBuilder, x: Value, lower: (x: Value) => Value): Value {
  if (isAlongLastAxis(layer)) return activated(layer, graph, inImages(layer, graph, x, lower));
  return inImages(layer, graph, x, image => activated(layer, graph, lower(image)));
}

/** How the kernel of a layer moves, by its options. */
export function axesOf(
  {config}: LayerToLower,
  size: readonly number[],
  dilated = true,
): {height: AxisOfKernel; width: AxisOfKernel} {
  const strides = pairOf(config['strides'], 1);
  const dilations = dilated ? pairOf(config['dilationRate'], 1) : [1, 1];
  const padding = wordOf(config['padding'], 'valid');
  const axis = (i: 0 | 1) => ({size: size[i]!, stride: strides[i], dilation: dilations[i], padding});
  return {height: axis(0), width: axis(1)};
}

const dense: Lowering = (layer, [x], graph) => {
  const weight = weightOf(layer, 'kernel');
  const {shape} = weight;
  const outputs = shape[1]!;
  const kernel = {kind: 'mixing', height: ONE, width: ONE, outputs, weights: weightsOf(weight)} as const;
  const sizes = [...x!.shape.slice(0, -1), outputs];
  return activated(layer, graph, convolved(graph, x!, kernel, {bias: biasOf(layer, outputs)}, sizes));
};

const conv2d: Lowering = (layer, [x], graph) => {
  const weight = weightOf(layer, 'kernel');
  const {shape} = weight;
  const outputs = shape[3]!;
  const kernel = {kind: 'mixing', ...axesOf(layer, shape), outputs, weights: weightsOf(weight)} as const;
  return activatedImages(layer, graph, x!, image => convolved(graph, image, kernel, {bias: biasOf(layer, outputs)}));
};

/** tf.js ignores the dilation of these. */
const depthwise: Lowering = (layer, [x], graph) => {
  const weight = weightOf(layer, 'depthwise_kernel');
  const {shape} = weight;
  const outputs = shape[2]! * shape[3]!;
  const kernel = {kind: 'channelwise', ...axesOf(layer, shape, false), outputs, weights: weightsOf(weight)} as const;
  return activatedImages(layer, graph, x!, image => convolved(graph, image, kernel, {bias: biasOf(layer, outputs)}));
};

const zeroPadding: Lowering = (layer, [x], graph) => {
  const [down, right] = bothSides(layer.config['padding'], 1);
  return inImages(layer, graph, x!, image => padded(graph, image, down, right));
};

/** An option of one number, one for each axis, or one for each end of each axis. */
export function bothSides(value: unknown, fallback: number): [readonly [number, number], readonly [number, number]] {
  const [down, right] = [value ?? fallback].flat(1) as [unknown, unknown?];
  return [pairOf(down, fallback), pairOf(right ?? down, fallback)];
}

export const KERNEL_LAYERS: Readonly<Record<string, Lowering>> = {
  Dense: dense,
  Conv2D: conv2d,
  DepthwiseConv2D: depthwise,
  ZeroPadding2D: zeroPadding,
};
