import * as tf from '@tensorflow/tfjs-core';
import {randomNumbers} from '../../math/random-numbers.js';

/** The weights of a net of dense layers: a kernel `[inputs, outputs]` and a bias for each layer. */
export type Network = readonly tf.Variable[];

/**
 * A net of dense layers with random weights: uniform in `[-1, 1) / sqrt(inputs)`, as PyTorch draws them by default.
 *
 * @param sizes of the input and of all layers.
 */
export function network(sizes: readonly number[], seed: string): Network {
  return sizes.slice(1).flatMap((outputs, i) => {
    const inputs = sizes[i]!;
    const drawn = (name: string, shape: number[]) =>
      tf.tidy(() => tf.variable(tf.tensor(uniform(shape, 1 / Math.sqrt(inputs), `${seed} ${name} ${i}`), shape)));
    return [drawn('kernel', [inputs, outputs]), drawn('bias', [outputs])];
  });
}

/** What a net returns: ReLU between its layers, nothing behind the last. Call it in a tidy. */
export function through(net: Network, input: tf.Tensor2D): tf.Tensor2D {
  let values = input;
  for (let i = 0; i < net.length; i += 2) {
    values = tf.add(tf.matMul(values, net[i] as tf.Tensor2D), net[i + 1]!);
    if (i + 2 < net.length) values = tf.relu(values);
  }
  return values;
}

/** Another net with the same weights. */
export function copyOf(net: Network): Network {
  return net.map(weight => tf.tidy(() => tf.variable(tf.clone(weight))));
}

/** Moves a net a part of the way to another: `target + rate * (source - target)`. */
export function follow(target: Network, source: Network, rate: number): void {
  tf.tidy(() => {
    target.forEach((weight, i) => weight.assign(tf.add(weight, tf.mul(rate, tf.sub(source[i]!, weight)))));
  });
}

function uniform(shape: readonly number[], bound: number, text: string): Float32Array {
  const count = shape.reduce((product, size) => product * size, 1);
  return randomNumbers(count, text).map(number => bound * (2 * number - 1));
}
