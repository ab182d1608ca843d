import * as tf from '@tensorflow/tfjs';
import {
  sigmoidDivergence,
  sigmoidLogits,
  softmaxDivergence,
  softmaxLogits,
  squaredDistance,
} from '../../../src/recovery/distillation/soft-distance.js';
import {expectNoLeak} from '../../support/tensors.js';

const STUDENT = [[1, -2, 0.5], [0, 3, -1]]; // prettier-ignore
const TEACHER = [[2, 1, -1], [0.5, 1, 4]]; // prettier-ignore

type Distance = (student: tf.Tensor, teacher: tf.Tensor, temperature: number) => tf.Scalar;

/** From the formulas, in numpy in double precision; gradients by central differences. */
const EXPECTED: [name: string, Distance, temperature: number, value: number, gradient: number[]][] = [
  ['softmax', softmaxDivergence, 1, 2.063597224, [-0.0508178, -0.1147188, 0.1655366, 0.0093258, 0.4450699, -0.4543957]],
  ['softmax', softmaxDivergence, 3, 2.959678541, [-0.0422316, -0.2664357, 0.3086673, 0.0600756, 0.5908084, -0.650884]],
  [
    'sigmoid',
    sigmoidDivergence,
    1,
    0.473344176,
    [-0.0249564, -0.1019759, 0.0589197, -0.0204099, 0.0369193, -0.1188454],
  ],
  [
    'sigmoid',
    sigmoidDivergence,
    3,
    0.770673397,
    [-0.0390931, -0.1216633, 0.0620703, -0.0207852, 0.0742442, -0.1869808],
  ],
  ['values', squaredDistance, 1, 6.916666667, [-1 / 3, -1, 0.5, -1 / 6, 2 / 3, -5 / 3]],
];

function valueAndGradient(compute: (student: tf.Tensor) => tf.Scalar, at: number[][]): [number, number[]] {
  return tf.tidy(() => {
    const {value, grad} = tf.valueAndGrad(compute)(tf.tensor2d(at));
    return [value.dataSync()[0]!, [...grad.dataSync()]];
  });
}

function expectClose(actual: readonly number[], expected: readonly number[], tolerance = 2e-6): void {
  expect(actual).toHaveLength(expected.length);
  actual.forEach((value, i) => expect(Math.abs(value - expected[i]!)).toBeLessThan(tolerance));
}

test.each(EXPECTED)('%s is as numpy computes it, and its gradient (%#)', async (_, distance, temperature, ...by) => {
  await expectNoLeak(() => {
    const teacher = tf.tensor2d(TEACHER);
    const [value, gradient] = valueAndGradient(student => distance(student, teacher, temperature), STUDENT);
    expectClose([value, ...gradient], by.flat());
    teacher.dispose();
  });
});

test.each([
  ['softmax', softmaxDivergence, softmaxLogits, tf.softmax],
  ['sigmoid', sigmoidDivergence, sigmoidLogits, tf.sigmoid],
] as const)('of probabilities, a %s is as of the logits', (name, divergence, logits, activation) => {
  const teacher = tf.tensor2d(TEACHER);
  const recovered = (student: tf.Tensor) => divergence(logits(activation(student)), logits(activation(teacher)), 3);
  const [value, gradient] = valueAndGradient(recovered, STUDENT);
  const [, , , expected, expectedGradient] = EXPECTED.find(row => row[0] === name && row[2] === 3)!;
  expectClose([value, ...gradient], [expected, ...expectedGradient], 2e-5);
});

test('is finite, with a gradient, where probabilities are 0 and 1', () => {
  const extremes = [[100, -100, 0], [-100, 100, 0]]; // prettier-ignore
  for (const [divergence, logits, activation] of [
    [softmaxDivergence, softmaxLogits, tf.softmax],
    [sigmoidDivergence, sigmoidLogits, tf.sigmoid],
  ] as const) {
    const teacher = tf.tensor2d(extremes).reverse(0);
    const recovered = (student: tf.Tensor) => divergence(logits(activation(student)), logits(activation(teacher)), 1);
    const [value, gradient] = valueAndGradient(recovered, extremes);
    expect([value, ...gradient].every(Number.isFinite)).toBe(true);
    expect(value).toBeGreaterThan(10);
  }
});

test('of the same logits is 0 without a gradient', () => {
  for (const distance of [softmaxDivergence, sigmoidDivergence]) {
    const teacher = tf.tensor2d(STUDENT);
    const [value, gradient] = valueAndGradient(student => distance(student, teacher, 2), STUDENT);
    expectClose([value, ...gradient], Array<number>(7).fill(0));
  }
});
