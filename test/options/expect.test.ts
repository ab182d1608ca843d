import {
  expectInteger,
  expectMethods,
  expectNumber,
  expectOneOf,
  expectOptions,
  expectPositive,
  expectSparsity,
  received,
} from '../../src/options/expect.js';

/** A value of a type that the compiler would refuse. */
const wrong = (value: unknown) => value as never;

test.each([
  [1.2, '1.2 (number)'],
  [NaN, 'NaN (number)'],
  ['0.5', '"0.5" (string)'],
  ['a "b"', '"a \\"b\\"" (string)'],
  [true, 'true (boolean)'],
  [10n, '10 (bigint)'],
  [Symbol('s'), 'Symbol(s) (symbol)'],
  [undefined, 'undefined'],
  [null, 'null'],
  [[1, 2], 'an Array'],
  [{a: 1}, 'an Object'],
  [new Map(), 'a Map'],
  [parseInt, 'the function parseInt'],
  [() => 0, 'an unnamed function'],
])('received(%p) is %s', (value, text) => {
  expect(received(value)).toBe(text);
});

test('returns what is as expected', () => {
  const options = {a: 1};
  const schedule = {sparsityAt: () => 0, more: 1};
  expect(expectNumber('x', -2.5)).toBe(-2.5);
  expect(expectNumber('x', 0, {min: 0, max: 1})).toBe(0);
  expect(expectNumber('x', 1, {min: 0, max: 1, includeMax: true})).toBe(1);
  expect(expectPositive('x', 5e-324)).toBe(5e-324);
  expect(expectSparsity('s', 0)).toBe(0);
  expect(expectSparsity('s', 1 - 2 ** -53)).toBe(1 - 2 ** -53);
  expect(expectInteger('n', 0)).toBe(0);
  expect(expectInteger('n', 3, {min: 3})).toBe(3);
  expect(expectInteger('n', -3, {min: -3})).toBe(-3);
  expect(expectOneOf('unit', 'epoch', ['batch', 'epoch'])).toBe('epoch');
  expect(expectMethods('schedule', schedule, ['sparsityAt'])).toBe(schedule);
  expect(expectOptions('uniform', options, ['a', 'b'])).toBe(options);
});

const unit = {min: 0, max: 1};

test.each<[run: () => unknown, error: ErrorConstructor, message: string]>([
  [() => expectNumber('x', wrong('1')), TypeError, 'Expected `x` to be a finite number, got "1" (string)'],
  [() => expectNumber('x', NaN), RangeError, 'Expected `x` to be a finite number, got NaN'],
  [() => expectNumber('x', -0.1, unit), RangeError, 'Expected `x` to be a number in [0, 1), got -0.1'],
  [() => expectNumber('x', 1, unit), RangeError, 'Expected `x` to be a number in [0, 1), got 1'],
  [
    () => expectNumber('x', 1.5, {...unit, includeMax: true}),
    RangeError,
    'Expected `x` to be a number in [0, 1], got 1.5',
  ],
  [() => expectNumber('x', Infinity, {min: 0}), RangeError, 'Expected `x` to be a number >= 0, got Infinity'],
  [() => expectPositive('power', 0), RangeError, 'Expected `power` to be a number > 0, got 0'],
  [() => expectPositive('power', Infinity), RangeError, 'Expected `power` to be a number > 0, got Infinity'],
  [() => expectPositive('power', wrong('3')), TypeError, 'Expected `power` to be a number > 0, got "3" (string)'],
  [() => expectSparsity('s', 1), RangeError, 'Expected `s` to be a number in [0, 1), got 1'],
  [() => expectSparsity('s', wrong(undefined)), TypeError, 'Expected `s` to be a number in [0, 1), got undefined'],
  [() => expectInteger('n', 1.5), RangeError, 'Expected `n` to be a whole number >= 0, got 1.5'],
  [() => expectInteger('n', 2, {min: 3}), RangeError, 'Expected `n` to be a whole number >= 3, got 2'],
  [() => expectInteger('n', 2 ** 53), RangeError, 'Expected `n` to be a whole number >= 0, got 9007199254740992'],
  [() => expectInteger('n', wrong(5n)), TypeError, 'Expected `n` to be a whole number >= 0, got 5 (bigint)'],
  [
    () => expectOneOf('unit', wrong('day'), ['batch', 'epoch']),
    RangeError,
    'Expected `unit` to be one of batch, epoch, got "day" (string)',
  ],
  [
    () => expectMethods('schedule', {sparsityAt: () => 0, updatesAt: wrong(true)}, ['sparsityAt', 'updatesAt']),
    TypeError,
    'Expected `schedule` to be an object with sparsityAt() and updatesAt(), got an Object',
  ],
  [
    () => expectMethods('criterion', wrong(null), ['score'] as never),
    TypeError,
    'Expected `criterion` to be an object with score(), got null',
  ],
  [
    () => expectMethods('criterion', wrong('magnitude'), ['score'] as never),
    TypeError,
    'Expected `criterion` to be an object with score(), got "magnitude" (string)',
  ],
  [
    () => expectOptions('uniform', wrong([1, 2]), ['minKept']),
    TypeError,
    'uniform expects an object with minKept, got an Array',
  ],
  [
    () => expectOptions('uniform', wrong(8), ['minKept']),
    TypeError,
    'uniform expects an object with minKept, got 8 (number)',
  ],
  [
    () => expectOptions('oneShot', {begin: 1, target: 2}, ['targetSparsity', 'beginStep']),
    TypeError,
    'oneShot has no option `begin`, `target`; its options are targetSparsity, beginStep',
  ],
])('case %#: says what was expected and what came', (run, error, message) => {
  expect(run).toThrow(error);
  expect(run).toThrow(message);
});
