import * as tf from '@tensorflow/tfjs-core';
import * as tfl from '@tensorflow/tfjs-layers';
import {integer, oneOf} from '../options/option.js';
import {read} from '../options/read.js';
import type {Args} from '../options/table.js';
import {hashOf} from '../math/random-numbers.js';
import {sizeOf} from '../math/size-of.js';
import {declareGate} from './declare-gate.js';
import {pointwise} from './pointwise.js';
import {rankedThreshold} from './ranked-threshold.js';
import {signedConstant} from './signed-constant.js';

const OPTIONS = {
  /**
   * The weights at first: 'asIs', or 'signedConstant', their signs times the deviation of their kernel. Defaults to
   * 'signedConstant'.
   */
  start: oneOf(['asIs', 'signedConstant'], 'signedConstant'),
  /** A whole number >= 0; each seed gives other scores at first. Defaults to 0. */
  seed: integer({}, 0),
};

/** Options of {@link edgePopup}. */
export type EdgePopupArgs = Args<typeof OPTIONS>;

/**
 * Finds a network inside a random one: the weights never train, each has a score that does, and those with the largest
 * scores are kept. Ramanujan et al. 2020, https://arxiv.org/abs/1911.13299
 *
 *     z = 1 for the fraction 1 - sparsity of the largest |score|, else 0;  dz/d|score| = 1
 *
 * The paper keeps the sparsity constant from the start, and draws weights large enough for what is kept, k = 1 -
 * sparsity: `tf.initializers.varianceScaling({scale: 2 / k, mode: 'fanIn', distribution: 'normal'})`. Smaller weights,
 * such as those of tf.js by default, can't make an output certain, and nothing rescales them.
 *
 * @throws TypeError or RangeError if an option is unknown or wrong.
 *
 * @example
 * const model = prunable(net, {gate: edgePopup()});
 * const target = constantSparsity({targetSparsity: 0.5, beginStep: 0, endStep: 1});
 * await model.fit(x, y, {epochs: 20, callbacks: [new LearnedMasks({target, endStep: 1})]});
 */
export const edgePopup = declareGate('EdgePopup', (args: EdgePopupArgs) => {
  const {start, seed} = read('edgePopup', args, OPTIONS);
  return (groups, addVariable) => {
    const {layout, name} = groups;
    const fanIn = sizeOf(layout.shape) / sizeOf(layout.outputAxes.map(axis => layout.shape[axis]!));
    const bound = 1 / Math.sqrt(fanIn); // Kaiming uniform with a = sqrt(5)
    const initializer = tfl.initializers.randomUniform({
      minval: -bound,
      maxval: bound,
      seed: hashOf(`${seed} ${name}`),
    });
    const scores = addVariable('scores', {initializer});
    const sizes = () => tf.abs(scores.read());
    const threshold = rankedThreshold(groups, addVariable);
    return {
      freezesKernel: true,
      followsSparsity: true,
      beforeStep: ({sparsity}) => threshold.update(sizes, sparsity!),
      ranks: sizes,
      values: () =>
        pointwise([scores.read()], x => ({
          value: tf.step(tf.sub(tf.abs(x), threshold.read())),
          slopes: () => [tf.step(x, -1)], // its sign
        })),
      ...(start === 'signedConstant' && {start: signedConstant}),
    };
  };
});
