import type {GraphBuilder} from '../graph/graph-builder.js';
import type {Value} from '../graph/value.js';
import {activated, isAlongLastAxis} from './activations.js';
import {convolved} from './convolve.js';
import {
  biasOf,
  numberOf,
  pairOf,
  unsupported,
  weightOf,
  wordOf,
  type LayerToLower,
  type Lowering,
} from './layer-to-lower.js';
import {padded, permuted, START} from './moves.js';
import type {AxisOfKernel} from './windows.js';

const ONE: AxisOfKernel = {size: 1, stride: 1, dilation: 1, padding: 'valid'};

/** Lowers a layer of images whose channels may come first. */
export function inImages(layer: LayerToLower, graph: GraphBuilder, x: Value, lower: (x: Value) => Value): Value {
  if (wordOf(layer.config['dataFormat'], 'channelslast') !== 'channelsfirst') return lower(x);
  return permuted(graph, lower(permuted(graph, x, [1, 2, 0])), [2, 0, 1]);
}

/** The same, and its activation: softmax goes along the last axis, even where the channels come first. */
function activatedImages(layer: LayerToLower, graph: GraphBuilder, x: Value, lower: (x: Value) => Value): Value {
  if (isAlongLastAxis(layer)) return activated(layer, graph, inImages(layer, graph, x, lower));
  return inImages(layer, graph, x, image => activated(layer, graph, lower(image)));
}

/** How the kernel of a layer moves, by its options. */
function axesOf(
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
  const {shape, values} = weightOf(layer, 'kernel');
  const outputs = shape[1]!;
  const kernel = {kind: 'mixing', height: ONE, width: ONE, outputs, weights: values} as const;
  const sizes = [...x!.shape.slice(0, -1), outputs];
  return activated(layer, graph, convolved(graph, x!, kernel, {bias: biasOf(layer, outputs)}, sizes));
};

const conv2d: Lowering = (layer, [x], graph) => {
  const {shape, values} = weightOf(layer, 'kernel');
  const outputs = shape[3]!;
  const kernel = {kind: 'mixing', ...axesOf(layer, shape), outputs, weights: values} as const;
  return activatedImages(layer, graph, x!, image => convolved(graph, image, kernel, {bias: biasOf(layer, outputs)}));
};

const conv1d: Lowering = (layer, [x], graph) => {
  const {config} = layer;
  if (wordOf(config['dataFormat'], 'channelslast') === 'channelsfirst')
    throw unsupported(layer, 'its channels come first');
  const {shape, values} = weightOf(layer, 'kernel');
  const outputs = shape[2]!;
  const width = {
    size: shape[0]!,
    stride: numberOf(config['strides'], 1),
    dilation: numberOf(config['dilationRate'], 1),
    padding: wordOf(config['padding'], 'valid'),
  };
  const kernel = {kind: 'mixing', height: ONE, width, outputs, weights: values} as const;
  return activated(layer, graph, convolved(graph, x!, kernel, {bias: biasOf(layer, outputs)}));
};

/** tf.js ignores the dilation of these. */
const depthwise: Lowering = (layer, [x], graph) => {
  const {shape, values} = weightOf(layer, 'depthwise_kernel');
  const outputs = shape[2]! * shape[3]!;
  const kernel = {kind: 'channelwise', ...axesOf(layer, shape, false), outputs, weights: values} as const;
  return activatedImages(layer, graph, x!, image => convolved(graph, image, kernel, {bias: biasOf(layer, outputs)}));
};

const separable: Lowering = (layer, [x], graph) => {
  const [across, along] = [weightOf(layer, 'depthwise_kernel'), weightOf(layer, 'pointwise_kernel')];
  const channels = across.shape[2]! * across.shape[3]!;
  const outputs = along.shape[3]!;
  const first = {
    kind: 'channelwise',
    ...axesOf(layer, across.shape),
    outputs: channels,
    weights: across.values,
  } as const;
  const second = {kind: 'mixing', height: ONE, width: ONE, outputs, weights: along.values} as const;
  return activatedImages(layer, graph, x!, image => {
    const between = convolved(graph, image, first, {});
    return convolved(graph, between, second, {bias: biasOf(layer, outputs)});
  });
};

/** The gradient of a convolution: zeros between the positions, then a convolution. tf.js ignores the dilation. */
const transposed: Lowering = (layer, [x], graph) => {
  const {shape, values} = weightOf(layer, 'kernel');
  const [, , outputs, inputs] = shape as [number, number, number, number];
  const {height, width} = axesOf(layer, shape, false);
  const weights = swapped(values, outputs, inputs);
  return activatedImages(layer, graph, x!, image => {
    const [y, x] = [spread(image.height, height), spread(image.width, width)];
    const apart = withZerosBetween(graph, image, height.stride, width.stride);
    const kernel = {
      kind: 'mixing',
      height: y,
      width: x,
      outputs,
      weights: backwards(weights, inputs * outputs),
    } as const;
    return convolved(graph, apart, kernel, {bias: biasOf(layer, outputs)});
  });
};

/** How the kernel of a transposed convolution moves over an image with zeros in it. */
function spread(length: number, {size, stride, padding}: AxisOfKernel): AxisOfKernel {
  const outputs = padding === 'same' ? length * stride : length * stride + Math.max(size - stride, 0);
  const before = padding === 'same' ? Math.floor(Math.max(0, (length - 1) * stride + size - outputs) / 2) : 0;
  return {size, stride: 1, dilation: 1, padding: {before: size - 1 - before, outputs}};
}

function withZerosBetween(graph: GraphBuilder, image: Value, down: number, right: number): Value {
  if (down * right === 1) return image;
  const {height, width, channels} = image;
  const loops = [
    {count: height, from: {...START, y: 1}, to: {...START, y: down}},
    {count: width, from: {...START, x: 1}, to: {...START, x: right}},
    {count: channels, from: {...START, channel: 1}, to: {...START, channel: 1}},
  ];
  const pieces = [{input: image, from: START, to: START, loops}];
  const shape = [(height - 1) * down + 1, (width - 1) * right + 1, channels];
  return graph.add(shape, {kind: 'move', pieces, hasZeros: true});
}

/** Matrices, one behind the other, with rows and columns exchanged. */
function swapped(values: Float32Array, rows: number, columns: number): Float32Array {
  const size = rows * columns;
  return values.map((_, i) => {
    const at = i % size;
    return values[i - at + (at % rows) * columns + Math.floor(at / rows)]!;
  });
}

/** Blocks of a size in the opposite order. */
function backwards(values: Float32Array, size: number): Float32Array {
  const turned = new Float32Array(values.length);
  for (let at = 0; at < values.length; at += size) {
    turned.set(values.subarray(at, at + size), values.length - size - at);
  }
  return turned;
}

const zeroPadding: Lowering = (layer, [x], graph) => {
  const [down, right] = bothSides(layer.config['padding'], 1);
  return inImages(layer, graph, x!, image => padded(graph, image, down, right));
};

const cropping: Lowering = (layer, [x], graph) => {
  const [down, right] = bothSides(layer.config['cropping'], 0);
  const less = ([before, after]: readonly [number, number]) => [-before, -after] as const;
  return inImages(layer, graph, x!, image => padded(graph, image, less(down), less(right)));
};

/** An option of one number, one for each axis, or one for each end of each axis. */
function bothSides(value: unknown, fallback: number): [readonly [number, number], readonly [number, number]] {
  const [down, right] = [value ?? fallback].flat(1) as [unknown, unknown?];
  return [pairOf(down, fallback), pairOf(right ?? down, fallback)];
}

export const KERNEL_LAYERS: Readonly<Record<string, Lowering>> = {
  Dense: dense,
  Conv1D: conv1d,
  Conv2D: conv2d,
  Conv2DTranspose: transposed,
  DepthwiseConv2D: depthwise,
  SeparableConv2D: separable,
  ZeroPadding2D: zeroPadding,
  Cropping2D: cropping,
};
