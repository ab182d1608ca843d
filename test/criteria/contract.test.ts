import * as tf from '@tensorflow/tfjs';
import {
  averagePercentageOfZeros,
  batchNormDeadness,
  batchNormScale,
  fisher,
  geometricMedian,
  gradientMagnitude,
  inverted,
  lamp,
  magnitude,
  movement,
  optimalBrainDamage,
  random,
  scores,
  snip,
  taylor,
  wanda,
  type Criterion,
  type WeightLayout,
  type ValueOfBatchNorm,
} from 'tfjs-pruning';
import {observes, scoreOf} from '../../src/criteria/criterion.js';
import {grasp} from '../../src/criteria/grasp.js';
import {layout} from '../support/layouts.js';
import {distance} from '../support/tensors.js';

const KERNELS: [string, WeightLayout][] = [
  ['Dense', layout([6, 5])],
  ['Conv1D', layout([3, 4, 2])],
  ['Conv2D', layout([2, 3, 4, 5])],
  ['Conv2DTranspose', layout([2, 2, 3, 4], {inputAxes: [3], outputAxes: [2]})],
  ['DepthwiseConv2D', layout([2, 2, 4, 3], {outputAxes: [2, 3]})],
  ['Conv3D', layout([2, 1, 2, 3, 4])],
  ['of one weight', layout([1, 1])],
];

const CRITERIA: [string, (layout: WeightLayout, held: tf.Tensor) => Criterion][] = [
  ['magnitude', () => magnitude()],
  ['magnitude, norm 2', () => magnitude({norm: 2})],
  ['magnitude, norm Infinity', () => magnitude({norm: Infinity})],
  ['random', () => random({seed: 3})],
  ['taylor', () => taylor()],
  ['gradientMagnitude', () => gradientMagnitude()],
  ['snip', () => snip()],
  ['grasp', () => grasp()],
  ['fisher', () => fisher()],
  ['optimalBrainDamage', () => optimalBrainDamage()],
  ['movement', () => movement()],
  ['batchNormScale', () => batchNormScale()],
  ['batchNormDeadness', () => batchNormDeadness()],
  ['geometricMedian', () => geometricMedian()],
  ['lamp', () => lamp()],
  ['wanda', () => wanda()],
  ['averagePercentageOfZeros', () => averagePercentageOfZeros()],
  ['scores', ({name}, held) => scores({[name]: held})],
  ['inverted taylor', () => inverted(taylor())],
  ['inverted wanda', () => inverted(wanda())],
];

const CASES = CRITERIA.flatMap(([name, make]) => KERNELS.map(([kernel, of]) => [name, kernel, make, of] as const));

/** Half of them zero, as in a kernel that was pruned, and one filter of nothing but zeros. */
function kernelOf({shape}: WeightLayout): tf.Tensor {
  return tf.tidy(() => {
    const values = tf.randomNormal([...shape], 0, 1, 'float32', 1);
    const kept = tf.cast(tf.greater(values, 0), 'float32');
    return tf.mul(values, kept);
  });
}

test.each(CASES)(
  '%s of a %s kernel: its shape, finite, the same again, nothing changed or leaked',
  (_, __, make, of) => {
    const size = (axes: readonly number[]) => axes.reduce((product, axis) => product * of.shape[axis]!, 1);
    const weight = kernelOf(of);
    const gradient = tf.randomNormal([...of.shape], 0, 1, 'float32', 2);
    const input = tf.relu(tf.randomNormal([3, 4, size(of.inputAxes)], 0, 1, 'float32', 3));
    const scale = tf.randomNormal([size(of.outputAxes)], 0, 1, 'float32', 4);
    const criterion = make(of, gradient);
    const given = [weight, gradient, input, scale];
    const before = given.map(tensor => tensor.dataSync().slice());

    const start = tf.memory().numTensors;
    const observe = () =>
      tf.tidy(() => {
        if (!observes(criterion)) return undefined;
        return tf.mul(criterion.sees === 'inputs' ? criterion.observe(input) : criterion.observe(weight, gradient), 2);
      });
    const observed = observe();
    const ofBatchNorms = (value: ValueOfBatchNorm) => value({scale, shift: scale});
    const score = () =>
      tf.tidy(() => tf.add(scoreOf(criterion, weight, observed, {layout: of, batchNormScale: scale, ofBatchNorms}), 0));
    const [first, again] = [score(), score()];
    expect(tf.memory().numTensors).toBe(start + (observed ? 3 : 2));

    expect(first.shape).toEqual(of.shape);
    expect(first.dtype).toBe('float32');
    expect([...first.dataSync()].every(Number.isFinite)).toBe(true);
    expect(distance(first, again)).toBe(0);
    expect(given.map(tensor => tensor.dataSync())).toEqual(before);
    tf.dispose([first, again, ...given, ...(observed ? [observed] : [])]);
  },
);
