import {
  expectBoolean,
  expectFunction,
  expectInteger,
  expectMethods,
  expectNoArguments,
  expectNumber,
  expectOneOf,
  expectPositive,
  expectSparsity,
  isCallable,
  isClass,
  isList,
  isPlainObject,
  received,
} from '../../src/options/expect.js';

/** A value of a type that the compiler would refuse. */
const wrong = (value: unknown) => value as never;

class OwnError {}
class MadeOfU {}
class Upper {}
class Misnamed {
  static name = 5;
}

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
  [class {}, 'an unnamed class'],
  [Map, 'the function Map'], // its source does not say that it is a class
  [OwnError, 'the class OwnError'],
  [Misnamed, 'an unnamed class'],
  [new OwnError(), 'an OwnError'],
  [new MadeOfU(), 'a MadeOfU'],
  [new Upper(), 'an Upper'],
  [new Uint8Array(1), 'a Uint8Array'],
  [new Misnamed(), 'an unnamed object'],
  [new (class {})(), 'an unnamed object'],
  [Object.create(null), 'an unnamed object'],
])('received(%p) is %s', (value, text) => {
  expect(received(value)).toBe(text);
});

test('returns what is as expected', () => {
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
  expect(expectInteger('n', Infinity, {orInfinity: true})).toBe(Infinity);
  expect(expectBoolean('b', false)).toBe(false);
  expect(expectFunction('f', parseInt, 'of a text')).toBe(parseInt);
  expectNoArguments('list', []);
  expectNoArguments('list', [undefined]);
  expect(expectOneOf('unit', 'epoch', ['batch', 'epoch'])).toBe('epoch');
  expect(expectMethods('schedule', schedule, ['sparsityAt'])).toBe(schedule);
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
  [() => expectInteger('n', Infinity), RangeError, 'Expected `n` to be a whole number >= 0, got Infinity'],
  [
    () => expectInteger('n', -Infinity, {orInfinity: true}),
    RangeError,
    'Expected `n` to be a whole number >= 0 or Infinity, got -Infinity',
  ],
  [() => expectBoolean('b', wrong(0)), TypeError, 'Expected `b` to be true or false, got 0 (number)'],
  [() => expectNoArguments('list', [undefined, 3]), TypeError, 'list takes no arguments, got 3 (number)'],
  [
    () => expectFunction('f', Upper, 'of a text'),
    TypeError,
    'Expected `f` to be a function of a text, got the class Upper',
  ],
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
    () =>
      expectMethods(
        'criterion',
        Object.assign(() => 0, {score: () => 0}),
        ['score'],
      ),
    TypeError,
    'Expected `criterion` to be an object with score(), got an unnamed function; call it,',
  ],
])('case %#: says what was expected and what came', (run, error, message) => {
  expect(run).toThrow(error);
  expect(run).toThrow(message);
});

test('isList tells arrays from what is like one', () => {
  expect(isList([])).toBe(true);
  expect(isList({length: 0})).toBe(false);
});

test.each<[what: string, value: unknown, isPlain: boolean]>([
  ['braces', {}, true],
  ['without a prototype', Object.create(null), true],
  ['null', null, false],
  ['undefined', undefined, false],
  ['a number', 8, false],
  ['a function without a prototype', Object.setPrototypeOf(() => 0, null), false],
  ['of a class', new Upper(), false],
  ['of another object', Object.create({}), false],
  ['of an object without a prototype', Object.create(Object.create(null) as object), false],
  [
    'of a class with the methods of all objects',
    new (class extends Upper {
      override isPrototypeOf = () => true;
    })(),
    false,
  ],
  ['of an object with the methods of all objects', Object.create({isPrototypeOf: () => true}), false],
])('isPlainObject: %s', (_, value, isPlain) => {
  expect(isPlainObject(value)).toBe(isPlain);
});

test.each<[what: string, value: unknown, kind: 'class' | 'function' | 'neither']>([
  ['a class', Upper, 'class'],
  ['a function', () => 0, 'function'],
  ['a function whose source has a class in it', () => class {}, 'function'],
  ['a function with such a name', function classOf() {}, 'function'],
  ['the text of a class', 'class A {}', 'neither'],
  ['nothing', undefined, 'neither'],
])('isClass and isCallable: %s', (_, value, kind) => {
  expect(isClass(value)).toBe(kind === 'class');
  expect(isCallable(value)).toBe(kind === 'function');
});
