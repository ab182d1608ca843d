import {
  asymptoticDecay,
  constantSparsity,
  cosineDecay,
  exponentialDecay,
  iterative,
  joinSchedules,
  oneShot,
  polynomialDecay,
  type SparsitySchedule,
} from '../../schedules/index.js';

/** Asserts the sparsity at each step to seven decimals. */
function expectTable(schedule: SparsitySchedule, table: readonly (readonly [step: number, sparsity: number])[]): void {
  const actual = table.map(([step]) => [step, schedule.sparsityAt(step)]);
  expect(actual).toEqual(table.map(([step, sparsity]) => [step, expect.closeTo(sparsity, 7) as number]));
}

const updates = (schedule: SparsitySchedule, until: number) =>
  Array.from({length: until}, (_, step) => step).filter(step => schedule.updatesAt(step));

describe('polynomialDecay', () => {
  test('is the cubic schedule of Zhu & Gupta by default', () => {
    // 0.9 - 0.9 * (1 - p) ** 3 for p = 0, 0.1, ..., 1
    const expected = [0, 0.2439, 0.4392, 0.5913, 0.7056, 0.7875, 0.8424, 0.8757, 0.8928, 0.8991, 0.9];
    const table = expected.map((sparsity, i) => [100 * i, sparsity] as const);
    expectTable(polynomialDecay({finalSparsity: 0.9, endStep: 1000}), table);
  });

  test.each([
    // final + (initial - final) * (1 - p) ** power at p = 1/4, 1/2, 3/4
    [1, 0.35, 0.5, 0.65],
    [2, 0.4625, 0.65, 0.7625],
    [3, 0.546875, 0.725, 0.790625],
    [0.5, 0.8 - 0.6 * Math.sqrt(0.75), 0.8 - 0.6 * Math.sqrt(0.5), 0.5],
  ])('goes from 0.2 to 0.8 with power %d as tfmot does', (power, quarter, half, threeQuarters) => {
    const span = {initialSparsity: 0.2, finalSparsity: 0.8, beginStep: 100, endStep: 500};
    expectTable(polynomialDecay({...span, power}), [
      [0, 0.2],
      [100, 0.2],
      [200, quarter],
      [300, half],
      [400, threeQuarters],
      [500, 0.8],
      [900, 0.8],
    ]);
  });
});

test('asymptoticDecay has done three quarters of its way after an eighth of its time', () => {
  // 0.3 (1 - exp(-k p)) / (1 - exp(-k)) in Python, with k solved for the point (1/8, 3/4)
  expectTable(asymptoticDecay({finalSparsity: 0.3, beginStep: 100, endStep: 500}), [
    [0, 0],
    [100, 0],
    [120, 0.12769404],
    [150, 0.225],
    [200, 0.28125258],
    [300, 0.29883247],
    [500, 0.3],
    [900, 0.3],
  ]);
});

test('cosineDecay is half a cosine', () => {
  // 0.8 * (1 - cos(p * 180 degrees)) / 2, where cos 30 = sqrt(3) / 2, cos 60 = 1 / 2
  expectTable(cosineDecay({finalSparsity: 0.8, beginStep: 60, endStep: 660}), [
    [60, 0],
    [160, 0.0535898385],
    [260, 0.2],
    [360, 0.4],
    [460, 0.6],
    [560, 0.7464101615],
    [660, 0.8],
  ]);
});

describe('exponentialDecay', () => {
  test('keeps rho ^ (k / n) of the weights, as SynFlow does', () => {
    // rho = 0.01, n = 10, to four digits
    const densities = [1, 0.631, 0.3981, 0.2512, 0.1585, 0.1, 0.0631, 0.0398, 0.0251, 0.0158, 0.01];
    const schedule = exponentialDecay({finalSparsity: 0.99, endStep: 10, frequency: 1});
    expect(densities.map((_, step) => Number((1 - schedule.sparsityAt(step)).toFixed(4)))).toEqual(densities);
  });

  test('shrinks the density by the same factor from any start', () => {
    // densities 1/2, 1/4, 1/8
    expectTable(exponentialDecay({initialSparsity: 0.5, finalSparsity: 0.875, endStep: 2}), [
      [0, 0.5],
      [1, 0.75],
      [2, 0.875],
    ]);
  });
});

test.each([
  ['polynomialDecay', polynomialDecay],
  ['cosineDecay', cosineDecay],
  ['asymptoticDecay', asymptoticDecay],
  ['exponentialDecay', exponentialDecay],
])('%s from a sparsity to the same one stays there to the last bit', (_name, ramp) => {
  for (const sparsity of [0, 0.1, 0.3, 0.6, 0.9]) {
    const schedule = ramp({initialSparsity: sparsity, finalSparsity: sparsity, endStep: 4, frequency: 1});
    expect([0, 1, 2, 3, 4].map(step => schedule.sparsityAt(step))).toEqual(Array(5).fill(sparsity));
  }
});

describe('iterative', () => {
  test('prunes 20 % of what remains in each round', () => {
    // 1 - 0.8 ** k
    expectTable(iterative({rate: 0.2, rounds: 5, beginStep: 1000, frequency: 1000}), [
      [0, 0],
      [999, 0],
      [1000, 0.2],
      [1999, 0.2],
      [2000, 0.36],
      [3000, 0.488],
      [4000, 0.5904],
      [5000, 0.67232],
      [9999, 0.67232],
    ]);
  });

  test('has pruned k times at round k, where fractions of the fit round', () => {
    // 0.3 - 0.1 is a little less than 2 * 0.1
    expectTable(iterative({rate: 0.5, rounds: 4, beginStep: 0.1, frequency: 0.1}), [
      [0.1, 0.5],
      [0.2, 0.75],
      [0.3, 0.875],
      [0.4, 0.9375],
    ]);
  });

  test('finds the rate that leads to a final sparsity', () => {
    // three rounds of one half
    expectTable(iterative({finalSparsity: 0.875, rounds: 3, frequency: 10}), [
      [0, 0.5],
      [10, 0.75],
      [19, 0.75],
      [20, 0.875],
    ]);
  });

  test('does not overshoot a final sparsity that is all but lost beside 1', () => {
    const schedule = iterative({finalSparsity: 3 * 2 ** -55, rounds: 2, frequency: 1});
    expect(schedule.sparsityAt(0)).toBeLessThanOrEqual(3 * 2 ** -55);
    expect(schedule.sparsityAt(1)).toBe(3 * 2 ** -55);
  });

  test('leaves the percentages of LeNet-300-100 that the lottery ticket paper quotes', () => {
    // 265,200 weights at 20 % a round, the 1,000 of the output layer at half that rate; Frankle & Carbin 2019
    const [hidden, output] = [0.2, 0.1].map(rate => iterative({rate, rounds: 20, frequency: 1}));
    const remaining = [1, 3, 6, 7, 12, 15, 20].map(round => {
      const [a, b] = [hidden!, output!].map(schedule => 1 - schedule.sparsityAt(round - 1));
      return Number(((100 * (265200 * a! + 1000 * b!)) / 266200).toFixed(2));
    });
    expect(remaining).toEqual([80.04, 51.28, 26.32, 21.07, 6.95, 3.58, 1.19]);
  });
});

describe('joinSchedules', () => {
  test('lets each schedule count from its boundary, and cuts off what comes after the next', () => {
    const joined = joinSchedules(
      [
        oneShot({targetSparsity: 0.5, beginStep: 2}),
        polynomialDecay({initialSparsity: 0.5, finalSparsity: 0.7, beginStep: 1, endStep: 5, frequency: 2, power: 1}),
        constantSparsity({targetSparsity: 0.8, endStep: 3, frequency: 2}),
      ],
      [4, 8],
    );
    expectTable(joined, [
      [0, 0],
      [1, 0],
      [2, 0.5],
      [3, 0.5],
      [4, 0.5], // step 0 of the ramp
      [5, 0.5],
      [6, 0.55],
      [7, 0.6], // its step 3; 0.7 is cut off
      [8, 0.8],
      [99, 0.8],
    ]);
    expect(updates(joined, 99)).toEqual([2, 5, 7, 8, 10, 11]);
    expect(joined.endStep).toBe(11);
  });

  test('is the schedule itself where there is but one, and nests', () => {
    const ramp = polynomialDecay({finalSparsity: 0.9, endStep: 10, frequency: 3});
    const nested = joinSchedules([joinSchedules([ramp], []), oneShot({targetSparsity: 0.95})], [12]);
    expect(updates(nested, 99)).toEqual([0, 3, 6, 9, 10, 12]);
    expectTable(nested, [
      [5, 0.7875],
      [11, 0.9],
      [12, 0.95],
    ]);
  });

  test('takes any object of the shape of a schedule', () => {
    const halfAtTen = {
      sparsityAt: (step: number) => (step < 10 ? 0 : 0.5),
      updatesAt: (step: number) => step === 10,
      endStep: 10,
    };
    expect(updates(joinSchedules([halfAtTen, halfAtTen], [20]), 99)).toEqual([10, 30]);
  });
});

test('constantSparsity goes on for ever unless it has an endStep', () => {
  const endless = constantSparsity({targetSparsity: 0.5, beginStep: 1000, frequency: 200});
  expect(endless.endStep).toBe(Infinity);
  expect([0, 1e12].map(step => endless.sparsityAt(step))).toEqual([0.5, 0.5]);
  expect([800, 999, 1000, 1100, 1200, 1e12].map(step => endless.updatesAt(step))).toEqual([
    false,
    false,
    true,
    false,
    true,
    true,
  ]);
  expect(joinSchedules([oneShot({targetSparsity: 0.2}), endless], [50]).endStep).toBe(Infinity);
});

test('the defaults are a start from 0 at step 0 and 100 steps between updates', () => {
  expect(updates(polynomialDecay({finalSparsity: 0.5, endStep: 250}), 999)).toEqual([0, 100, 200, 250]);
  expect(updates(constantSparsity({targetSparsity: 0.5}), 350)).toEqual([0, 100, 200, 300]);
  expect(updates(iterative({rate: 0.5, rounds: 3}), 999)).toEqual([0, 100, 200]);
  expect(updates(oneShot({targetSparsity: 0.5}), 999)).toEqual([0]);
  expect(polynomialDecay({finalSparsity: 0.5, endStep: 250}).sparsityAt(0)).toBe(0);
});

test('a ramp of no length is a step, without NaN', () => {
  const span = {initialSparsity: 0.1, finalSparsity: 0.6, beginStep: 7, endStep: 7};
  for (const ramp of [polynomialDecay, cosineDecay, exponentialDecay, asymptoticDecay]) {
    expect([6, 7, 8].map(step => ramp(span).sparsityAt(step))).toEqual([0.1, 0.6, 0.6]);
    expect(updates(ramp(span), 99)).toEqual([7]);
  }
});
