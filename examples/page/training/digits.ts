import * as tf from '@tensorflow/tfjs-core';

export const SIDE = 28;
export const CLASSES = 10;
const PIXELS = SIDE * SIDE;

/** Digits of MNIST, a byte a pixel. */
export interface Digits {
  readonly labels: Uint8Array;
  readonly pixels: Uint8Array;
}

/** Labels, a byte each, then images, 784 bytes each. */
export function digitsIn(bytes: Uint8Array): Digits {
  const count = bytes.length / (1 + PIXELS);
  return {labels: bytes.subarray(0, count), pixels: bytes.subarray(count)};
}

/** The digits in `[from, to)`. */
export function someOf({labels, pixels}: Digits, from: number, to: number): Digits {
  return {labels: labels.subarray(from, to), pixels: pixels.subarray(from * PIXELS, to * PIXELS)};
}

/** Pixels in [0, 1]. */
export function brightness(pixels: Uint8Array): Float32Array {
  return Float32Array.from(pixels, pixel => pixel / 255);
}

/** `[n, 28, 28, 1]` in [0, 1]. */
export function images(pixels: Float32Array): tf.Tensor4D {
  return tf.tensor4d(pixels, [pixels.length / PIXELS, SIDE, SIDE, 1]);
}

/** One-hot, `[n, 10]`. */
export function targets(labels: Uint8Array): tf.Tensor2D {
  const hot = new Float32Array(labels.length * CLASSES);
  labels.forEach((label, i) => (hot[i * CLASSES + label] = 1));
  return tf.tensor2d(hot, [labels.length, CLASSES]);
}
