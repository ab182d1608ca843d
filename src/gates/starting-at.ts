import * as tfl from '@tensorflow/tfjs-layers';
import {hashOf} from '../math/random-numbers.js';
import type {Initializer} from '../tfjs-internals.js';

/** The deviation of the first values of gates, so that no two are alike. */
const DEVIATION = 0.01;

/**
 * Initial values near one number, of gates that move `gateSpeed` times as fast as weights: what they hold is multiplied
 * by it. An optimizer of tf.js has one learning rate for all variables.
 *
 * @param text determines the numbers.
 */
export function startingAt(mean: number, {gateSpeed, text}: {gateSpeed: number; text: string}): Initializer {
  return tfl.initializers.randomNormal({mean: mean / gateSpeed, stddev: DEVIATION / gateSpeed, seed: hashOf(text)});
}
