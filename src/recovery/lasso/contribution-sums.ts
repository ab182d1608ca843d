import * as tf from '@tensorflow/tfjs-core';
import range from 'lodash/range.js';
import {weightIn} from '../../layers/prunable-weights.js';
import {DoubleSums} from '../double-sums.js';
import {featuresIn, toMatrices} from '../linear-weight.js';
import type {ChannelConsumer} from './channel-consumers.js';

/** Inputs whose products with all others are held at once. */
const BLOCK = 1024;

/**
 * Sums up, batch by batch, how alike the contributions of channels to the outputs of a layer are. With X_i the inputs
 * from channel i at all positions, and W_i the weights they are multiplied with,
 *
 *     G_ij = sum over positions of (X_i W_i) (X_j W_j)^T
 *
 * which is the sum of the products of X^T X and W W^T, entry by entry, over the rows of i and the columns of j. If the
 * outputs have a free constant, all is about the means.
 */
export class ContributionSums {
  readonly consumer: ChannelConsumer;
  readonly #sums = new DoubleSums<'gram' | 'inputs'>();
  #origin: tf.Tensor | undefined;
  #count = 0;

  constructor(consumer: ChannelConsumer) {
    this.consumer = consumer;
  }

  /** Notes an input of the layer, in a tidy. */
  note(input: tf.Tensor): void {
    const {weight} = this.consumer;
    const features = tf.reshape<tf.Rank.R2>(featuresIn(weight, input), [-1, weight.inputs]);
    this.#count += features.shape[0];
    const moved: tf.Tensor2D = weight.constant ? tf.sub(features, this.#originIn(features)) : features;
    this.#sums.note({gram: this.#products(moved), inputs: tf.sum(moved, 0)});
  }

  /** Large means would drown small differences. */
  #originIn(features: tf.Tensor): tf.Tensor {
    return (this.#origin ??= tf.keep(tf.mean(features, 0, true)));
  }

  /** Downloads what was noted and adds it to the sums. */
  async add(): Promise<void> {
    await this.#sums.add();
  }

  /** The matrix G, `[channels, channels]`. */
  async gram(): Promise<Float64Array> {
    const [gram, inputs] = [this.#sums.of('gram'), Float32Array.from(this.#sums.of('inputs'))];
    if (!this.consumer.weight.constant) return gram;
    const ofMeans = tf.tidy(() => this.#products(tf.tensor2d(inputs, [1, inputs.length])));
    try {
      const products = await ofMeans.data();
      return gram.map((value, i) => value - products[i]! / this.#count);
    } finally {
      ofMeans.dispose();
    }
  }

  dispose(): void {
    this.#sums.dispose();
    this.#origin?.dispose();
  }

  /** The matrix G of some positions, `[positions, inputs]`, in blocks of its rows. */
  #products(features: tf.Tensor2D): tf.Tensor2D {
    const {weight, channels, units} = this.consumer;
    const {computes, steps, index} = weight;
    const step = steps[index]!;
    const kernel = tf.reshape(toMatrices(weightIn(computes, step.field).read(), step), [weight.inputs, -1]);
    const members = tf.oneHot(tf.tensor1d(channels, 'int32'), units.length) as tf.Tensor2D;
    const blocks = range(0, weight.inputs, BLOCK).map(begin =>
      tf.tidy(() => {
        const size = Math.min(BLOCK, weight.inputs - begin);
        const ofInputs = tf.matMul(tf.slice(features, [0, begin], [-1, size]), features, true, false);
        const ofWeights = tf.matMul(tf.slice(kernel, begin, size), kernel, false, true);
        const pooled = tf.matMul(tf.mul(ofInputs, ofWeights), members);
        return tf.matMul(tf.slice(members, begin, size), pooled, true, false);
      }),
    );
    return tf.addN(blocks) as tf.Tensor2D;
  }
}
