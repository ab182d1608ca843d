import * as tf from '@tensorflow/tfjs';
import {
  averagePercentageOfZeros,
  batchNormDeadness,
  batchNormScale,
  fisher,
  geometricMedian,
  inverted,
  lamp,
  magnitude,
  movement,
  random,
  scores,
  taylor,
  wanda,
  type Criterion,
  type InputCriterion,
  type ScoredWeight,
  type ValueOfBatchNorm,
} from 'tfjs-pruning';
import {scoreOf} from '../../src/criteria/criterion.js';
import {layout, score} from '../support/layouts.js';

const W = [1, 2, -1, 0.5, 0, 3, -2, 1, 1, 4, -1, 0.25]; // 4 inputs, 3 outputs
const weight = (values = W, shape = [4, 3]) => tf.tensor(values, shape);

function values(
  criterion: Criterion,
  of: tf.Tensor,
  about: Partial<ScoredWeight> = {},
  inputs: tf.Tensor[] = [],
): number[] {
  return tf.tidy(() => {
    const seen = criterion.sees === 'inputs' ? tf.addN(inputs.map(input => criterion.observe(input))) : undefined;
    return [...scoreOf(criterion, of, seen, {layout: layout(of.shape), ...about}).dataSync()];
  });
}

const expectClose = (actual: number[], expected: number[], digits = 5) => {
  expect(actual).toHaveLength(expected.length);
  actual.forEach((value, i) => expect(value).toBeCloseTo(expected[i]!, digits));
};

describe('geometricMedian', () => {
  // torch.cdist(W.T, W.T).sum(1), in double precision
  const SUMS = [11.708869233826556, 10.360122546757491, 10.19464969354613];

  test('gives every weight of a filter the sum of its distances to the others', () => {
    expectClose(values(geometricMedian(), weight()), [...SUMS, ...SUMS, ...SUMS, ...SUMS]);
  });

  test('passes over filters that are gone', () => {
    const pruned = W.map((value, i) => (i % 3 === 1 ? 0 : value));
    const sums = [5.771698190307598, 7.935805902558961, 5.771698190307598];
    expectClose(values(geometricMedian(), weight(pruned)), [...sums, ...sums, ...sums, ...sums]);
  });

  test('takes the slices along the output axes, wherever they are', () => {
    const transposed = tf.tidy(() => tf.transpose(weight()));
    const of = layout([3, 4], {inputAxes: [1], outputAxes: [0]});
    expectClose(
      values(geometricMedian(), transposed, {layout: of}),
      SUMS.flatMap(sum => [sum, sum, sum, sum]),
    );
    const depthwise = tf.tensor([1, 2, 5, 9], [1, 1, 2, 2]); // each output is one number
    const of4 = layout([1, 1, 2, 2], {outputAxes: [2, 3]});
    expectClose(values(geometricMedian(), depthwise, {layout: of4}), [1 + 4 + 8, 1 + 3 + 7, 4 + 3 + 4, 8 + 7 + 4], 4);
  });

  test('tells near filters apart that are far from zero', () => {
    // distances of 1, 2 and 3 between filters of norm 30000: single precision would lose them without centring
    const far = tf.tensor([30000, 30001, 30003, 0, 0, 0], [2, 3]);
    expectClose(values(geometricMedian(), far).slice(0, 3), [4, 3, 5], 3);
  });
});

test('lamp measures each square against all that are no smaller', () => {
  const expected = [1, 1 / 18, 4 / 17, 0.25 / 18.25, 4 / 17, 0];
  expectClose(values(lamp(), weight([3, -1, 2, 0.5, -2, 0], [2, 3])), expected, 6);
});

describe('of the inputs of two batches', () => {
  const X = [1, 2, 0, -1, 3, 0, 1, 0.5, 0, 0, 2, -1]; // 3 examples of 4 features
  const batches = () => [tf.tensor(X.slice(0, 8), [2, 4]), tf.tensor(X.slice(8), [1, 4])];

  test('wanda takes the norm of each channel', () => {
    // torch: W.abs() * X.norm(dim=0)[:, None]
    const expected = [
      3.1622776601683795, 6.324555320336759, 3.1622776601683795, 1, 0, 6, 4.47213595499958, 2.23606797749979,
      2.23606797749979, 6, 1.5, 0.375,
    ];
    expectClose(values(wanda(), weight(), {}, batches()), expected);
  });

  test('averagePercentageOfZeros counts examples, not batches', () => {
    const shares = [1 / 3, 2 / 3, 1 / 3, 0];
    const expected = shares.flatMap(share => [1 - share, 1 - share, 1 - share]);
    expectClose(values(averagePercentageOfZeros(), weight(), {}, batches()), expected);
  });

  test('both count every pixel of an image', () => {
    const image = tf.tensor([0, 3, 0, 4, 1, 0, 0, 0], [1, 2, 2, 2]); // channels: 0 0 1 0 and 3 4 0 0
    const kernel = tf.ones([1, 1, 2, 1]);
    expectClose(values(wanda(), kernel, {}, [image]), [1, 5]);
    expectClose(values(averagePercentageOfZeros(), kernel, {}, [image]), [0.25, 0.5]);
  });
});

test('movement alone remembers', () => {
  expect([movement(), taylor(), fisher(), wanda()].map(({remembers}) => remembers === true)).toEqual([
    true,
    false,
    false,
    false,
  ]);
});

test('batchNormScale spreads |gamma| over the outputs, also over two axes', () => {
  const gamma = tf.tensor1d([-3, 0, 2]);
  expect(values(batchNormScale(), weight(), {batchNormScale: gamma})).toEqual([3, 0, 2, 3, 0, 2, 3, 0, 2, 3, 0, 2]);
  const about = {layout: layout([2, 1, 2, 2], {outputAxes: [2, 3]}), batchNormScale: tf.tensor1d([1, -2, 3, 4])};
  expect(values(batchNormScale(), tf.ones([2, 1, 2, 2]), about)).toEqual([1, 2, 3, 4, 1, 2, 3, 4]);
  const transpose = {layout: layout([2, 2], {inputAxes: [1], outputAxes: [0]}), batchNormScale: tf.tensor1d([5, -6])};
  expect(values(batchNormScale(), tf.ones([2, 2]), transpose)).toEqual([5, 5, 6, 6]);
  expect(() => values(batchNormScale(), weight())).toThrow(
    /that follows the layer of "layer\/kernel" alone, but there is none/,
  );
});

test('batchNormDeadness is Phi(beta / |gamma|), by a table of the normal distribution', () => {
  const PHI = [
    [0, 1, 0.5],
    [1, 1, 0.841345],
    [-2, 2, 0.158655],
    [1, -0.5, 0.97725],
    [-0.3, 0.1, 0.0013499],
    [-5, 1, 2.8665e-7],
    [0.67449, 1, 0.75],
    [0.2, 0, 1],
    [-0.2, 0, 0],
    [0, 0, 0],
  ] as const;
  const [shift, scale] = [0, 1].map(i => tf.tensor1d(PHI.map(row => row[i]!))) as [tf.Tensor1D, tf.Tensor1D];
  const about = {layout: layout([2, 10]), ofBatchNorms: (value: ValueOfBatchNorm) => value({scale, shift})};
  const scored = values(batchNormDeadness(), tf.ones([2, 10]), about);
  PHI.forEach(([, , phi], i) => {
    expect(Math.abs(scored[i]! - phi)).toBeLessThan(1e-6);
    expect(scored[10 + i]).toBe(scored[i]);
  });
  expect(scored[5]).toBeGreaterThan(0);
  expect(() => values(batchNormDeadness(), weight())).toThrow(/that follows the layer of "layer\/kernel" alone/);
});

test('magnitude by its norms', () => {
  expect(values(magnitude({norm: 2}), weight([-3, 2], [1, 2]))).toEqual([9, 4]);
  expect(values(magnitude({norm: Infinity}), weight([-3, 2], [1, 2]))).toEqual([3, 2]);
  expect([magnitude(), magnitude({norm: 2}), magnitude({norm: Infinity})].map(({reduction}) => reduction)).toEqual([
    undefined,
    undefined,
    'max',
  ]);
  expect(() => magnitude({norm: 3})).toThrow(/Expected `norm` to be one of 1, 2, Infinity, got 3 \(number\)/);
  expect(() => magnitude({p: 2} as never)).toThrow(/magnitude has no option `p`/);
});

test('random follows from the seed and the name alone', () => {
  const of = (seed: number, name: string) => values(random({seed}), weight(), {layout: layout([4, 3], {name})});
  expect(of(1, 'a/kernel')).toEqual(of(1, 'a/kernel'));
  const draws = [of(1, 'a/kernel'), of(2, 'a/kernel'), of(1, 'b/kernel')];
  expect(new Set(draws.flat()).size).toBe(36);
  expect(values(random(), weight())).toEqual(values(random({seed: 0}), weight()));
  expect(() => random({seed: -1})).toThrow(/Expected `seed` to be a whole number >= 0, got -1/);
});

describe('scores', () => {
  test('are what was handed in', () => {
    const held = weight([1, 2, 3, 4, 5, 6], [2, 3]);
    expect(values(scores({'layer/kernel': held, other: held}), tf.zeros([2, 3]))).toEqual([1, 2, 3, 4, 5, 6]);
    expect(held.isDisposed).toBe(false);
  });

  test('are the same along an axis of size 1', () => {
    const along = (given: number[], shape: number[]) =>
      values(scores({'layer/kernel': tf.tensor(given, shape)}), tf.zeros([2, 3]));
    expect(along([1, 2, 3], [1, 3])).toEqual([1, 2, 3, 1, 2, 3]);
    expect(along([1, 2], [2, 1])).toEqual([1, 1, 1, 2, 2, 2]);
    expect(along([4], [1, 1])).toEqual([4, 4, 4, 4, 4, 4]);
  });

  test.each<[string, () => Record<string, tf.Tensor>, RegExp]>([
    ['a missing one', () => ({other: tf.ones([2, 3])}), /shape \[2,3\] for "layer\/kernel", but there is only "other"/],
    ['none at all', () => ({}), /for "layer\/kernel", but there is none/],
    ['a name of every object', () => ({}), /for "toString", but there is none/],
    ['another shape', () => ({'layer/kernel': tf.ones([3, 2])}), /shape \[2,3\] for "layer\/kernel", got \[3,2\]/],
    ['another rank', () => ({'layer/kernel': tf.ones([3])}), /shape \[2,3\] for "layer\/kernel", got \[3\]/],
    [
      'a disposed one',
      () => {
        const gone = tf.ones([2, 3]);
        gone.dispose();
        return {'layer/kernel': gone};
      },
      /for "layer\/kernel", got one that was disposed/,
    ],
  ])('%s is refused at the update', (what, tensors, message) => {
    const name = what.includes('every object') ? 'toString' : 'layer/kernel';
    const about = {layout: layout([2, 3], {name})};
    expect(() => values(scores(tensors()), tf.zeros([2, 3]), about)).toThrow(message);
  });

  test.each<[unknown, RegExp]>([
    [undefined, /scores expects an object with a tensor for each weight's name, got undefined/],
    [{a: [1, 2]}, /scores expects a tensor for "a", got an Array/],
  ])('%p is refused', (tensors, message) => {
    expect(() => scores(tensors as never)).toThrow(message);
  });

  test('a tensor alone is refused', () => {
    expect(() => scores(tf.zeros([1]) as never)).toThrow(/a tensor for each weight's name, got a Tensor/);
  });
});

describe('inverted', () => {
  test('negates the score, and observes and remembers as the criterion does, also one that is a class', () => {
    class Held implements InputCriterion {
      readonly #sign = 1;
      readonly sees = 'inputs';
      readonly remembers = true;
      readonly reduction = 'sum';
      observe(input: tf.Tensor): tf.Tensor {
        return tf.mul(input, this.#sign);
      }
      score(of: tf.Tensor, sum: tf.Tensor): tf.Tensor {
        return tf.add(of, tf.mul(sum, this.#sign));
      }
    }
    const inverse = inverted(new Held());
    expect(values(inverse, weight([1, 2], [1, 2]), {}, [weight([5, 6], [1, 2])])).toEqual([-6, -8]);
    expect([inverse.sees, inverse.remembers, inverse.reduction, 'measure' in inverse]).toEqual([
      'inputs',
      true,
      'sum',
      false,
    ]);
    expect([...score(inverted(inverted(magnitude())), weight([-1, 2], [1, 2])).dataSync()]).toEqual([1, 2]);
  });

  test('refuses what is no criterion, and one that goes by the largest of a group', () => {
    expect(() => inverted({} as never)).toThrow(/Expected `criterion` to be an object with score\(\)/);
    expect(() => inverted(magnitude({norm: Infinity}))).toThrow(/got one with reduction 'max'/);
  });
});
