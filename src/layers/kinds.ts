import * as tf from '@tensorflow/tfjs-core';
import {registeredClass} from '../tfjs-internals.js';
import {PrunableLayer} from './prunable-layer.js';

/**
 * A Dense layer with a mask on its kernel `[inputs, units]`.
 *
 * @example
 * new PrunableDense({layer: tf.layers.dense({units: 10, activation: 'softmax'})});
 */
export class PrunableDense extends PrunableLayer {
  static override className = 'PrunableDense';
  static override readonly wraps = 'Dense';
}

/**
 * A Conv1D layer with a mask on its kernel `[width, inputs, filters]`.
 *
 * @example
 * new PrunableConv1D({layer: tf.layers.conv1d({filters: 8, kernelSize: 3})});
 */
export class PrunableConv1D extends PrunableLayer {
  static override className = 'PrunableConv1D';
  static override readonly wraps = 'Conv1D';
}

/**
 * A Conv2D layer with a mask on its kernel `[height, width, inputs, filters]`.
 *
 * @example
 * new PrunableConv2D({layer: tf.layers.conv2d({filters: 8, kernelSize: 3, inputShape: [28, 28, 1]})});
 */
export class PrunableConv2D extends PrunableLayer {
  static override className = 'PrunableConv2D';
  static override readonly wraps = 'Conv2D';
}

/**
 * A Conv2DTranspose layer with a mask on its kernel `[height, width, filters, inputs]`.
 *
 * @example
 * new PrunableConv2DTranspose({layer: tf.layers.conv2dTranspose({filters: 8, kernelSize: 3, strides: 2})});
 */
export class PrunableConv2DTranspose extends PrunableLayer {
  static override className = 'PrunableConv2DTranspose';
  static override readonly wraps = 'Conv2DTranspose';
}

/**
 * A DepthwiseConv2D layer with a mask on its kernel `[height, width, inputs, multiplier]`.
 *
 * @example
 * new PrunableDepthwiseConv2D({layer: tf.layers.depthwiseConv2d({kernelSize: 3})});
 */
export class PrunableDepthwiseConv2D extends PrunableLayer {
  static override className = 'PrunableDepthwiseConv2D';
  static override readonly wraps = 'DepthwiseConv2D';
}

/**
 * A SeparableConv2D layer with a mask on its depthwise and one on its pointwise kernel.
 *
 * @example
 * new PrunableSeparableConv2D({layer: tf.layers.separableConv2d({filters: 8, kernelSize: 3})});
 */
export class PrunableSeparableConv2D extends PrunableLayer {
  static override className = 'PrunableSeparableConv2D';
  static override readonly wraps = 'SeparableConv2D';
}

const KINDS = [
  PrunableDense,
  PrunableConv1D,
  PrunableConv2D,
  PrunableConv2DTranspose,
  PrunableDepthwiseConv2D,
  PrunableSeparableConv2D,
];
KINDS.forEach(kind => tf.serialization.registerClass(kind));

/** The class name of the wrapper for a layer class: its own kind if there is one, else `PrunableLayer`. */
export function kindFor(className: string): string {
  return KINDS.find(kind => kind.wraps === className)?.className ?? PrunableLayer.className;
}

/** Whether a class name is that of a wrapper, or of a subclass of one. */
export function isPrunableClass(className: string): boolean {
  const cls = registeredClass(className);
  return cls !== undefined && 'wraps' in cls;
}
