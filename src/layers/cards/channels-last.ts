import * as tf from '@tensorflow/tfjs-core';
import type {Layer} from '../../tfjs-internals.js';
import {isChannelsFirst} from './channel-axis.js';

/** The input of a layer with its channels along the last axis. */
export function channelsLast(input: tf.Tensor, layer: Layer): tf.Tensor {
  if (!isChannelsFirst(layer)) return input;
  return tf.transpose(input, [0, ...input.shape.slice(2).map((_, i) => i + 2), 1]);
}
