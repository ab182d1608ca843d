import * as tf from '@tensorflow/tfjs-core';
import {normalNumbers} from '../math/random-numbers.js';

/** How a block is made. */
export interface BlockArgs {
  /** The number of channels, C. */
  readonly channels: number;
  /** How many channels there are to each hidden unit, r. */
  readonly reduction: number;
  /** The attention that all channels begin with, in (0, 1). */
  readonly first: number;
  /** Determines the initial weights. */
  readonly text: string;
}

/**
 * A squeeze-and-excitation block on the channels of a map, with variables of its own:
 *
 *     attention = sigmoid(W2 relu(W1 mean over positions + b1) + b2)
 *
 * W1 is [C, C/r] and drawn (He et al. 2015), W2 is [C/r, C] and begins with zeros: until it is trained, all channels
 * have the same attention, so that differences are what was learned.
 */
export class AttentionBlock {
  /** W1, b1, W2 and b2. */
  readonly variables: readonly [tf.Variable, tf.Variable, tf.Variable, tf.Variable];

  constructor({channels, reduction, first, text}: BlockArgs) {
    const hidden = Math.max(1, Math.floor(channels / reduction));
    const deviation = Math.sqrt(2 / channels);
    const drawn = normalNumbers(channels * hidden, text).map(number => number * deviation);
    this.variables = [
      variable(() => tf.tensor2d(drawn, [channels, hidden])),
      variable(() => tf.zeros([hidden])),
      variable(() => tf.zeros([hidden, channels])),
      variable(() => tf.fill([channels], Math.log(first / (1 - first)))),
    ];
  }

  /**
   * The attention of each example to each channel, [batch, C], each in (0, 1).
   *
   * @param axis of the channels.
   */
  attention(map: tf.Tensor, axis: number): tf.Tensor {
    const [kernel, bias, secondKernel, secondBias] = this.variables;
    const positions = map.shape.flatMap((_, other) => (other === 0 || other === axis ? [] : [other]));
    const hidden = tf.relu(tf.add(tf.matMul(tf.mean(map, positions), kernel), bias));
    return tf.sigmoid(tf.add(tf.matMul(hidden, secondKernel), secondBias));
  }

  dispose(): void {
    tf.dispose([...this.variables]);
  }
}

function variable(make: () => tf.Tensor): tf.Variable {
  return tf.tidy(() => tf.variable(make()));
}

/** A map with each channel multiplied by its attention. */
export function attended(map: tf.Tensor, axis: number, attention: tf.Tensor): tf.Tensor {
  return tf.mul(
    map,
    tf.reshape(
      attention,
      map.shape.map((size, other) => (other === 0 || other === axis ? size : 1)),
    ),
  );
}
