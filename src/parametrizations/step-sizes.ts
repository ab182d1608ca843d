import * as tf from '@tensorflow/tfjs-core';
import {columnAxis} from '../math/column-axis.js';
import {levelsOf} from '../math/levels-of.js';
import {scaleOf} from '../math/scales.js';
import {boolean, integer} from '../options/option.js';
import type {Values} from '../options/table.js';

/** Options of what quantizes weights. */
export const QUANTIZER = {
  /** Bits of a weight, from 2 to 8: `2^(bits - 1) - 1` levels to each side of zero. Defaults to 8. */
  bits: integer({min: 2, max: 8}, 8),
  /** Whether each output of a kernel has a scale of its own. Defaults to true. */
  perChannel: boolean(true),
};

/** How a weight is quantized. */
export interface Quantizer {
  /** To each side of zero. */
  readonly levels: number;
  /** The axes along which weights have the same step. */
  readonly axes: number[];
  /** The steps between two levels: of the whole weight, or of each of its outputs. Called in a tidy. */
  readonly stepsOf: (weight: tf.Tensor) => tf.Tensor;
}

/**
 * Where the range of 2 to 8 bits is clipped, in root mean squares of the weights that count: for normally
 * distributed weights the squared error is least there. Banner et al. 2019, https://arxiv.org/abs/1810.05723, table of
 * section 3.
 */
const CLIPPED_AT: Readonly<Record<number, number>> = {2: 1.71, 3: 2.15, 4: 2.55, 5: 2.93, 6: 3.28, 7: 3.61, 8: 3.92};

/** Exponents of scales, eight to an octave: from 2^-40 to 2^16. */
const [LEAST, MOST] = [-320, 128];

/** How weights of a shape are quantized. */
export function quantizerOf({bits, perChannel}: Values<typeof QUANTIZER>, shape: readonly number[]): Quantizer {
  const axes = [...shape.keys()].filter(axis => !perChannel || axis !== columnAxis(shape));
  const levels = levelsOf(bits);
  return {
    levels,
    axes,
    stepsOf: weight => tf.add(scaleAbove(stepsFor(weight, axes, levels, CLIPPED_AT[bits]!)), nanIn(weight, axes)),
  };
}

/** NaN where a weight is not finite, and else 0: maxima and whole numbers lose it, and training would go on. */
function nanIn(weight: tf.Tensor, axes: number[]): tf.Tensor {
  return tf.sum(tf.mul(weight, 0), axes, true);
}

/** A weight below this part of a step counts for zero. */
const COUNTED = 1 / 8;
/** How often it is asked again which weights count, by the step that they give. */
const PASSES = 2;

/** Up to the largest weight, or less if it is far from the others. */
function stepsFor(weight: tf.Tensor, axes: number[], levels: number, clippedAt: number): tf.Tensor {
  const size = tf.abs(weight);
  const squares = tf.square(weight);
  const most = tf.max(size, axes, true);
  const stepsBy = (counted: tf.Tensor) => {
    const count = tf.maximum(tf.sum(counted, axes, true), 1);
    const deviation = tf.sqrt(tf.div(tf.sum(tf.mul(squares, counted), axes, true), count));
    return tf.div(tf.minimum(most, tf.mul(clippedAt, deviation)), levels);
  };
  let steps = stepsBy(tf.step(size));
  for (let pass = 0; pass < PASSES; pass++) steps = stepsBy(tf.step(tf.sub(size, tf.mul(steps, COUNTED))));
  return steps;
}

/** The least scale that is not below a value; looked up, since not every backend computes a power to the last bit. */
function scaleAbove(value: tf.Tensor): tf.Tensor {
  const least = scaleOf(LEAST);
  const positive = tf.where(tf.greater(value, least), value, least); // also in place of NaN, which has no place
  const exponent = tf.ceil(tf.mul(8 / Math.LN2, tf.log(positive)));
  const place = tf.sub(tf.clipByValue(exponent, LEAST, MOST), LEAST);
  const scales = tf.tensor1d(Float32Array.from({length: MOST - LEAST + 1}, (_, i) => scaleOf(LEAST + i)));
  return tf.gather(scales, tf.cast(place, 'int32'));
}
