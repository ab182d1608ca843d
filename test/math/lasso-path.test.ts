import fc from 'fast-check';
import {lassoPath, type LassoKnot} from '../../src/math/lasso-path.js';

const pathOf = (gram: readonly (readonly number[])[], correlations: readonly number[]): LassoKnot[] => [
  ...lassoPath(Float64Array.from(gram.flat()), Float64Array.from(correlations)),
];

/** From scikit-learn 1.9.1: `lars_path_gram(c, G, n_samples=1, method='lasso')`. */
test('the path of scikit-learn, with a variable that leaves and comes back', () => {
  const gram = [[18, -13, 12, 8], [-13, 37, 16, -1], [12, 16, 42, 12], [8, -1, 12, 22]]; // prettier-ignore
  const knots = pathOf(gram, [9, -23, -20, -7]);
  const lambdas = [23, 17.7142857143, 6.3927392739, 5.29461585, 2.5254934211, 0.8001563314, 0];
  const coefficients = [
    [0, 0, 0, 0],
    [0, -0.1428571429, 0, 0],
    [0, -0.3696369637, -0.1831683168, 0],
    [0.2238354507, -0.2643678161, -0.313369631, 0],
    [0.8433388158, 0, -0.6056743421, -0.1796875],
    [1.030875456, 0, -0.6681865555, -0.2922094841],
    [1.4083379132, 0.2411085813, -0.8722619141, -0.3435659889],
  ];
  expect(knots).toHaveLength(lambdas.length);
  knots.forEach((knot, i) => {
    expect(knot.lambda).toBeCloseTo(lambdas[i]!, 9);
    coefficients[i]!.forEach((value, j) => expect(knot.coefficients[j]).toBeCloseTo(value, 9));
  });
  expect(knots.map(({active}) => [...active].sort())).toEqual([
    ...[[1], [1, 2], [0, 1, 2], [0, 1, 2, 3], [0, 2, 3], [0, 1, 2, 3], [0, 1, 2, 3]],
  ]);
});

test('of equal variables the first joins, and of dependent ones those that come first', () => {
  const equal = pathOf([[2, 2], [2, 2]], [3, 3]); // prettier-ignore
  const sum = pathOf([[1, 0, 1], [0, 1, 1], [1, 1, 2]], [3, 2, 2.5]); // prettier-ignore
  [1.5, 0].forEach((value, i) => expect(equal.at(-1)!.coefficients[i]).toBeCloseTo(value, 12));
  expect(equal.map(({active}) => active)).not.toContainEqual([0, 1]);
  expect(sum.at(-1)!.active).toEqual([0, 1]);
});

test('nothing to explain, and nothing to explain it with', () => {
  const nothing = pathOf([[4, 0], [0, 0]], [0, 0]); // prettier-ignore
  expect(nothing).toEqual([{lambda: 0, coefficients: new Float64Array(2), active: []}]);
  expect(pathOf([], [])).toEqual([{lambda: 0, coefficients: new Float64Array(), active: []}]);
});

/** What is right of a solution: the correlation with what is left is lambda times the sign, or at most lambda. */
function violation({rows, targets}: Design, lambda: number, coefficients: ArrayLike<number>): number {
  const left = targets.map((y, k) => y - rows[k]!.reduce((sum, x, i) => sum + x * coefficients[i]!, 0));
  const wrong = rows[0]!.map((_, i) => {
    const correlation = left.reduce((sum, rest, k) => sum + rest * rows[k]![i]!, 0);
    const coefficient = coefficients[i]!;
    return Math.abs(coefficient) > 1e-12
      ? Math.abs(correlation - lambda * Math.sign(coefficient))
      : Math.max(0, Math.abs(correlation) - lambda);
  });
  return Math.max(...wrong);
}

interface Design {
  readonly rows: readonly (readonly number[])[];
  readonly targets: readonly number[];
}

/** Few rows of small integers: with ties, and with variables that depend on others. */
const designs = fc.tuple(fc.integer({min: 1, max: 8}), fc.integer({min: 1, max: 8})).chain(([count, size]) =>
  fc.record({
    rows: fc.array(fc.array(fc.integer({min: -3, max: 3}), {minLength: size, maxLength: size}), {
      minLength: count,
      maxLength: count,
    }),
    targets: fc.array(fc.integer({min: -5, max: 5}), {minLength: count, maxLength: count}),
  }),
);

test('every solution satisfies the conditions of Karush, Kuhn and Tucker, at the knots and between', () => {
  fc.assert(
    fc.property(designs, design => {
      const {rows, targets} = design;
      const product = (i: number, j: number) => rows.reduce((sum, row) => sum + row[i]! * row[j]!, 0);
      const knots = pathOf(
        rows[0]!.map((_, i) => rows[0]!.map((__, j) => product(i, j))),
        rows[0]!.map((_, i) => rows.reduce((sum, row, k) => sum + row[i]! * targets[k]!, 0)),
      );
      expect(knots.at(-1)!.lambda).toBeCloseTo(0, 8);
      knots.forEach(({lambda, coefficients}, k) => {
        const before = knots[k - 1] ?? {lambda, coefficients};
        expect(lambda).toBeLessThanOrEqual(before.lambda);
        const halfway = coefficients.map((value, i) => (value + before.coefficients[i]!) / 2);
        expect(violation(design, lambda, coefficients)).toBeLessThan(1e-7);
        expect(violation(design, (lambda + before.lambda) / 2, halfway)).toBeLessThan(1e-7);
      });
    }),
    {seed: 1, numRuns: 200},
  );
});
