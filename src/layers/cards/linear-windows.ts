import * as tf from '@tensorflow/tfjs-core';
import {fieldsOf, type Layer} from '../../tfjs-internals.js';
import {channelsLast} from './channels-last.js';
import {patches, type WindowAxis} from './patches.js';

/** The window of a layer along one spatial axis with so many inputs. */
export type WindowOf = (layer: Layer, axis: number, inputs: number) => WindowAxis;

/** All values but the channels as the rows of one matrix. */
export function rowsOf(input: tf.Tensor): tf.Tensor3D {
  return tf.reshape(input, [1, -1, input.shape.at(-1)!]);
}

/** What the window of a layer covers at each of its positions, as the rows of one matrix. */
export function windowRows(layer: Layer, windowOf: WindowOf): (input: tf.Tensor) => tf.Tensor3D {
  return input => {
    const covered = windowPatches(layer, windowOf, input);
    const [positions, taps, channels] = covered.shape;
    return tf.reshape(covered, [1, positions, taps * channels]);
  };
}

/** The same, with a matrix for each channel. */
export function windowRowsByChannel(layer: Layer, windowOf: WindowOf): (input: tf.Tensor) => tf.Tensor3D {
  return input => tf.transpose(windowPatches(layer, windowOf, input), [2, 0, 1]);
}

function windowPatches(layer: Layer, windowOf: WindowOf, input: tf.Tensor): tf.Tensor3D {
  const last = channelsLast(input, layer);
  const spatial = last.shape.slice(1, -1);
  return patches(
    last,
    spatial.map((inputs, axis) => windowOf(layer, axis, inputs)),
  );
}

/** The window of a convolution. */
export function convolutionWindow(layer: Layer, axis: number, inputs: number): WindowAxis {
  const {dilationRate} = fieldsOf(layer) as {dilationRate: readonly number[]};
  return spacedWindow(layer, axis, inputs, dilationRate[axis]!);
}

/** The window of a depthwise convolution, in which tf.js ignores `dilationRate`. */
export function depthwiseWindow(layer: Layer, axis: number, inputs: number): WindowAxis {
  return spacedWindow(layer, axis, inputs, 1);
}

/** The window of a transposed convolution: the inputs that an output gets something of. */
export function transposedWindow(layer: Layer, axis: number, inputs: number): WindowAxis {
  const {taps, stride, isPadded} = windowSizes(layer, axis);
  const overlap = Math.max(taps - stride, 0);
  const before = isPadded ? Math.floor(overlap / 2) : 0;
  const outputs = inputs * stride + (isPadded ? 0 : overlap);
  return {outputs, taps, source: (output, tap) => (output + before - tap) / stride};
}

function spacedWindow(layer: Layer, axis: number, inputs: number, dilation: number): WindowAxis {
  const {taps, stride, isPadded} = windowSizes(layer, axis);
  const reach = (taps - 1) * dilation + 1;
  const outputs = Math.ceil((isPadded ? inputs : inputs - reach + 1) / stride);
  const before = isPadded ? Math.floor(Math.max((outputs - 1) * stride + reach - inputs, 0) / 2) : 0;
  return {outputs, taps, source: (output, tap) => output * stride + tap * dilation - before};
}

function windowSizes(layer: Layer, axis: number): {taps: number; stride: number; isPadded: boolean} {
  const {kernelSize, strides, padding} = fieldsOf(layer) as Record<'kernelSize' | 'strides', readonly number[]> & {
    padding: string;
  };
  return {taps: kernelSize[axis]!, stride: strides[axis]!, isPadded: padding === 'same'};
}
