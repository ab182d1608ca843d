import * as tf from '@tensorflow/tfjs';
import {mean} from './figures.js';

/** Pictures `[n, height, width, 3]` of whole numbers in [0, 255], and the same ones at half the height and width. */
export interface Resolutions {
  readonly large: tf.Tensor4D;
  readonly small: tf.Tensor4D;
}

const CHANNELS = 3;
/** The cubic kernel of a = -1/2, stretched by two against aliasing, where it meets pixels. */
const CUBIC = [-3, -9, 29, 111, 111, 29, -9, -3].map(weight => weight / 256);

/** Bytes as a file would hold them, and their halves by bicubic interpolation, as the model's training data. */
export function resolutionsOf(pictures: tf.Tensor4D): Resolutions {
  return tf.tidy(() => {
    const large = bytes(pictures);
    return {large, small: bytes(halved(large))};
  });
}

/** Twice the height and width by bilinear interpolation. */
export function bilinear(pictures: tf.Tensor4D): tf.Tensor4D {
  const [, height, width] = pictures.shape;
  return tf.image.resizeBilinear(pictures, [2 * height, 2 * width], false, true);
}

/**
 * The peak signal-to-noise ratio in decibels, 10 log10(255^2 / MSE), the mean over pictures. What is out of [0, 255] is
 * clipped.
 */
export function psnr(one: tf.Tensor4D, other: tf.Tensor4D): number {
  const errors = tf.tidy(() => {
    const [a, b] = [one, other].map(pictures => tf.clipByValue(pictures, 0, 255));
    return tf.mean(tf.squaredDifference(a!, b!), [1, 2, 3]).dataSync();
  });
  return mean(Array.from(errors, error => 10 * Math.log10(255 ** 2 / error)));
}

function halved(pictures: tf.Tensor4D): tf.Tensor4D {
  const beyond: [number, number] = [CUBIC.length / 2 - 1, CUBIC.length / 2 - 1];
  const padded = tf.mirrorPad(pictures, [[0, 0], beyond, beyond, [0, 0]], 'symmetric');
  const kernel = CUBIC.map(down => CUBIC.map(across => Array.from({length: CHANNELS}, () => [down * across])));
  return tf.depthwiseConv2d(padded, tf.tensor4d(kernel), 2, 'valid');
}

function bytes(pictures: tf.Tensor4D): tf.Tensor4D {
  return tf.round(tf.clipByValue(pictures, 0, 255));
}
