import type {GraphBuilder} from '../graph/graph-builder.js';
import type {Value} from '../graph/value.js';
import {Weights} from '../graph/weights.js';
import {activated} from './activations.js';
import {convolved} from './convolve.js';
import {activatedImages, axesOf, bothSides, inImages, ONE} from './kernels.js';
import {biasOf, numberOf, unsupported, weightOf, weightsOf, wordOf, type Lowering} from './layer-to-lower.js';
import {padded, START} from './moves.js';
import type {AxisOfKernel} from './windows.js';

const conv1d: Lowering = (layer, [x], graph) => {
  const {config} = layer;
  if (wordOf(config['dataFormat'], 'channelslast') === 'channelsfirst')
    throw unsupported(layer, 'its channels come first');
  const weight = weightOf(layer, 'kernel');
  const {shape} = weight;
  const outputs = shape[2]!;
  const width = {
    size: shape[0]!,
    stride: numberOf(config['strides'], 1),
    dilation: numberOf(config['dilationRate'], 1),
    padding: wordOf(config['padding'], 'valid'),
  };
  const kernel = {kind: 'mixing', height: ONE, width, outputs, weights: weightsOf(weight)} as const;
  return activated(layer, graph, convolved(graph, x!, kernel, {bias: biasOf(layer, outputs)}));
};

const separable: Lowering = (layer, [x], graph) => {
  const [across, along] = [weightOf(layer, 'depthwise_kernel'), weightOf(layer, 'pointwise_kernel')];
  const channels = across.shape[2]! * across.shape[3]!;
  const outputs = along.shape[3]!;
  const first = {
    kind: 'channelwise',
    ...axesOf(layer, across.shape),
    outputs: channels,
    weights: weightsOf(across),
  } as const;
  const second = {kind: 'mixing', height: ONE, width: ONE, outputs, weights: weightsOf(along)} as const;
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
      weights: Weights.of(backwards(weights, inputs * outputs)),
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

const cropping: Lowering = (layer, [x], graph) => {
  const [down, right] = bothSides(layer.config['cropping'], 0);
  const less = ([before, after]: readonly [number, number]) => [-before, -after] as const;
  return inImages(layer, graph, x!, image => padded(graph, image, less(down), less(right)));
};

export const RARE_KERNEL_LAYERS: Readonly<Record<string, Lowering>> = {
  Conv1D: conv1d,
  Conv2DTranspose: transposed,
  SeparableConv2D: separable,
  Cropping2D: cropping,
};
