import * as tf from '@tensorflow/tfjs-core';
import {expectNoArguments} from '../options/expect.js';
import {alongAxes} from './along-axes.js';
import type {InputCriterion} from './criterion.js';

/**
 * How often an input channel is non-zero: a channel that a ReLU leaves at zero most of the time can be pruned.
 *
 *     score(w) = 1 - fraction of zeros among all values of the input channel of w
 *
 * The paper scores a neuron by the zeros among its *own* activations, counted after its layer. Here the next layer
 * counts them, as its inputs, and all weights of an input channel get the same score: use it with `channels()`. What
 * that prunes can then be removed from the previous layer. `coupledChannels()` and `planChannelPruning` do both at
 * once: they score a channel by the kernels that take it in or pass it on, which see its activations, and not by the
 * kernels that make it, which see those of other neurons. It works for the same kernels as `wanda()`.
 * Hu et al. 2016, https://arxiv.org/abs/1607.03250
 *
 * @throws RangeError, before any pass, if a weight does not multiply its layer's own input.
 *
 * @example
 * new GradualPruning({schedule, criterion: averagePercentageOfZeros(), structure: channels(), layers: 'conv2'});
 */
export function averagePercentageOfZeros(...none: []): InputCriterion {
  expectNoArguments('averagePercentageOfZeros', none);
  return {
    name: 'averagePercentageOfZeros',
    sees: 'inputs',
    tellsApart: 'inputs',
    observe: countZeros,
    score(weight, counts, {layout}) {
      const [zeros, examples] = tf.unstack(counts) as [tf.Tensor, tf.Tensor];
      const share = tf.div(zeros, tf.maximum(examples, 1));
      return tf.add(tf.zerosLike(weight), alongAxes(tf.sub(1, share), layout.inputAxes, layout));
    },
  };
}

/** For each channel, the fraction of zeros in each example, summed over the examples; below it, their number. */
function countZeros(input: tf.Tensor): tf.Tensor {
  const [examples, channels] = [input.shape[0], input.shape.at(-1)!];
  const isZero = tf.cast(tf.equal(tf.reshape(input, [examples, -1, channels]), 0), 'float32');
  return tf.stack([tf.sum(tf.mean(isZero, 1), 0), tf.fill([channels], examples)]);
}
