import {
  asymptoticDecay,
  constantSparsity,
  cosineDecay,
  exponentialDecay,
  iterative,
  joinSchedules,
  oneShot,
  polynomialDecay,
} from '../../schedules/index.js';

type Kind = 'sparsity' | 'step' | 'step or Infinity' | 'interval' | 'count' | 'power';
type WrongValue = [value: unknown, error: ErrorConstructor, got: string];

const number: WrongValue[] = [
  [NaN, RangeError, 'NaN'],
  [-1, RangeError, '-1'],
  [Infinity, RangeError, 'Infinity'],
  ['5', TypeError, '"5" (string)'],
  [null, TypeError, 'null'],
];
const tooLarge: WrongValue = [2 ** 53, RangeError, '9007199254740992'];
const whole: WrongValue[] = [...number, [0.5, RangeError, '0.5'], tooLarge];
const steps: WrongValue[] = [...number, [1.5, RangeError, '1.5'], tooLarge];

const wrongValues: Record<Kind, WrongValue[]> = {
  sparsity: [...number, [1, RangeError, '1'], [1.2, RangeError, '1.2'], [-1e-9, RangeError, '-1e-9']],
  step: steps,
  'step or Infinity': steps.filter(([value]) => value !== Infinity),
  interval: [...steps, [0, RangeError, '0']],
  count: [...whole, [0, RangeError, '0']],
  power: [...number, [0, RangeError, '0']],
};
const expected: Record<Kind, string> = {
  sparsity: 'a number in [0, 1)',
  step: 'a whole number >= 0, or a fraction of the fit in [0, 1]',
  'step or Infinity': 'a whole number >= 0, or a fraction of the fit in [0, 1]',
  interval: 'a whole number >= 1, or a fraction of the fit in (0, 1)',
  count: 'a whole number >= 1',
  power: 'a number > 0',
};

const grid = {beginStep: 'step', endStep: 'step', frequency: 'interval'} as const;
const ramp = {initialSparsity: 'sparsity', finalSparsity: 'sparsity', ...grid} as const;
const rampArgs = {finalSparsity: 0.5, endStep: 10};
const stairs = {rounds: 'count', beginStep: 'step', frequency: 'interval'} as const;

const factories: [name: string, make: (args: never) => unknown, valid: object, options: Record<string, Kind>][] = [
  ['polynomialDecay', polynomialDecay, rampArgs, {...ramp, power: 'power'}],
  ['cosineDecay', cosineDecay, rampArgs, ramp],
  ['asymptoticDecay', asymptoticDecay, rampArgs, ramp],
  ['exponentialDecay', exponentialDecay, rampArgs, ramp],
  [
    'constantSparsity',
    constantSparsity,
    {targetSparsity: 0.5, endStep: 10},
    {targetSparsity: 'sparsity', ...grid, endStep: 'step or Infinity'},
  ],
  ['oneShot', oneShot, {targetSparsity: 0.5}, {targetSparsity: 'sparsity', beginStep: 'step'}],
  ['iterative', iterative, {finalSparsity: 0.5, rounds: 3}, {finalSparsity: 'sparsity', ...stairs}],
  ['iterative', iterative, {rate: 0.5, rounds: 3}, {rate: 'sparsity', ...stairs}],
];

function expectError(run: () => unknown, error: ErrorConstructor, message: string): void {
  expect(run).toThrow(error);
  expect(run).toThrow(message);
}

describe.each(factories)('%s', (name, make, valid, options) => {
  const making = (changes: object) => () => make({...valid, ...changes} as never);

  test.each(Object.entries(options))('says what it expected of %s', (option, kind) => {
    expect(making({})).not.toThrow();
    for (const [value, error, got] of wrongValues[kind]) {
      expectError(making({[option]: value}), error, `Expected \`${option}\` to be ${expected[kind]}, got ${got}`);
    }
  });

  test('names a misspelt option and lists the right ones', () => {
    const message = `${name} has no option \`begin_step\`; its options are `;
    expectError(making({begin_step: 3}), TypeError, message);
    for (const option of Object.keys(options)) expect(making({begin_step: 3})).toThrow(option);
  });

  test('asks for its arguments where there are none', () => {
    for (const [args, got] of [
      [undefined, 'undefined'],
      [null, 'null'],
      [0.5, '0.5 (number)'],
    ] as const) {
      expectError(() => make(args as never), TypeError, `${name} expects an object with `);
      expect(() => make(args as never)).toThrow(`, got ${got}`);
    }
  });
});

test.each([
  ['polynomialDecay', () => polynomialDecay({endStep: 10} as never), 'finalSparsity'],
  ['cosineDecay', () => cosineDecay({finalSparsity: 0.5} as never), 'endStep'],
  ['constantSparsity', () => constantSparsity({} as never), 'targetSparsity'],
  ['oneShot', () => oneShot({} as never), 'targetSparsity'],
  ['iterative', () => iterative({rate: 0.5} as never), 'rounds'],
])('%s misses an option without a default', (_name, run, option) => {
  expectError(run, TypeError, `Expected \`${option}\` to be `);
  expect(run).toThrow('got undefined');
});

test('endStep must not come before beginStep', () => {
  const span = {beginStep: 10, endStep: 9};
  const message = 'Expected `endStep` to be at least `beginStep` (10), got 9';
  for (const ramp of [polynomialDecay, cosineDecay, exponentialDecay, asymptoticDecay]) {
    expectError(() => ramp({finalSparsity: 0.5, ...span}), RangeError, message);
  }
  expectError(() => constantSparsity({targetSparsity: 0.5, ...span}), RangeError, message);
});

test('iterative takes either rate or finalSparsity', () => {
  const message = 'iterative expects exactly one of `rate`, `finalSparsity`, got ';
  expectError(() => iterative({rounds: 3} as never), TypeError, `${message}none`);
  const both = {rounds: 3, rate: 0.2, finalSparsity: 0.5} as never;
  expectError(() => iterative(both), TypeError, `${message}\`rate\`, \`finalSparsity\``);
});

test('iterative refuses rounds so many that nothing would remain', () => {
  // 0.1 ** 17 is lost beside 1: the sparsity would be 1
  expectError(() => iterative({rate: 0.9, rounds: 17}), RangeError, 'rate');
});

describe('joinSchedules', () => {
  const half = oneShot({targetSparsity: 0.5});
  const join = (schedules: unknown, boundaries: unknown) => () =>
    joinSchedules(schedules as never, boundaries as never);

  test.each([
    ['equal boundaries', [5, 5], 'Expected `boundaries[1]` to be a step after 5, got 5'],
    ['falling boundaries', [5, 4], 'Expected `boundaries[1]` to be a step after 5, got 4'],
    ['a boundary at 0', [0, 4], 'Expected `boundaries[0]` to be a step after 0, got 0'],
    ['a boundary of NaN', [NaN, 4], `Expected \`boundaries[0]\` to be ${expected.step}, got NaN`],
    ['half a step', [4, 5.5], `Expected \`boundaries[1]\` to be ${expected.step}, got 5.5`],
    ['too few boundaries', [5], 'Expected 2 `boundaries` between 3 schedules, got 1'],
    ['too many boundaries', [5, 6, 7], 'Expected 2 `boundaries` between 3 schedules, got 3'],
    ['no list of boundaries', 5, 'Expected 2 `boundaries` between 3 schedules, got 5 (number)'],
  ])('refuses %s', (_what, boundaries, message) => {
    expectError(join([half, half, half], boundaries), RangeError, message);
  });

  test('refuses a boundary that is no number', () => {
    const message = `Expected \`boundaries[0]\` to be ${expected.step}, got "5" (string)`;
    expectError(join([half, half], ['5']), TypeError, message);
  });

  test.each([
    ['no schedules', [], 'Expected `schedules` to be a non-empty array of schedules, got an Array'],
    ['no list of schedules', half, 'Expected `schedules` to be a non-empty array of schedules, got an Object'],
    [
      'what is no schedule',
      [half, 0.5],
      'Expected `schedules[1]` to be an object with sparsityAt() and updatesAt(), got 0.5 (number)',
    ],
    ['half a schedule', [{sparsityAt: () => 0}, half], 'Expected `schedules[0]` to be an object with sparsityAt() and'],
  ])('refuses %s', (_what, schedules, message) => {
    expectError(join(schedules, [5]), TypeError, message);
  });
});
