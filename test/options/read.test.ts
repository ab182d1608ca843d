import {
  boolean,
  fraction,
  integer,
  listOf,
  needs,
  number,
  oneOf,
  option,
  positive,
  sparsity,
  unchecked,
} from '../../src/options/option.js';
import {expectAbsent, expectExactlyOne, read, readPart} from '../../src/options/read.js';

/** A value of a type that the compiler would refuse. */
const wrong = (value: unknown) => value as never;

describe('read', () => {
  const TABLE = {
    steps: integer({min: 1}),
    frequency: integer({min: 1}, 100),
    seed: integer({}, undefined),
    unit: oneOf(['batch', 'epoch'], 'batch'),
  };

  test('fills in what is not given, and leaves what is', () => {
    expect(read('own', {steps: 5}, TABLE)).toEqual({steps: 5, frequency: 100, seed: undefined, unit: 'batch'});
    const all = {steps: 5, frequency: 1, seed: 0, unit: 'epoch'} as const;
    expect(read('own', all, TABLE)).toEqual(all);
    expect(read('own', all, TABLE)).not.toBe(all);
  });

  test('takes undefined for what is not given', () => {
    const given = {steps: 5, frequency: undefined, seed: undefined, unit: undefined};
    expect(read('own', wrong(given), TABLE)).toEqual({steps: 5, frequency: 100, seed: undefined, unit: 'batch'});
  });

  test('takes null for a value: of no number', () => {
    expect(() => read('own', {steps: 5, seed: wrong(null)}, TABLE)).toThrow(
      new TypeError('Expected `seed` to be a whole number >= 0, got null'),
    );
  });

  test('makes a default anew at each call, and only where it is needed', () => {
    const make = jest.fn(() => ({value: 1}));
    const table = {plug: option((_, value: {value: number}) => value, make)};
    const given = {value: 2};
    expect(read('own', {plug: given}, table).plug).toBe(given);
    expect(make).not.toHaveBeenCalled();
    expect(read('own', {}, table).plug).toEqual({value: 1});
    expect(read('own', {}, table).plug).not.toBe(read('own', {}, table).plug);
    const print = () => 0;
    expect(
      read(
        'own',
        {},
        {
          print: option(
            (_, value: () => number) => value,
            () => print,
          ),
        },
      ).print,
    ).toBe(print);
  });

  test('gives what a check returns', () => {
    expect(read('own', {x: 2}, {x: option((_, value: number) => 10 * value)})).toEqual({x: 20});
  });

  test('a part of an object is read by its table alone', () => {
    const args = {steps: 5, unit: 'epoch', stranger: 1} as const;
    expect(readPart(args, TABLE)).toEqual({steps: 5, frequency: 100, seed: undefined, unit: 'epoch'});
    expect(() => readPart({...args, steps: 0}, TABLE)).toThrow('Expected `steps` to be a whole number >= 1, got 0');
  });

  test('asks for what is required', () => {
    expect(() => read('own', wrong({}), TABLE)).toThrow(
      new TypeError('Expected `steps` to be a whole number >= 1, got undefined'),
    );
  });

  test.each([
    [null, 'null'],
    [undefined, 'undefined'],
    [8, '8 (number)'],
    [[1, 2], 'an Array'],
    [new Map([['steps', 5]]), 'a Map'],
    [Object.create({steps: 5}), 'an Object'],
  ])('refuses what is no plain object: %p', (args, got) => {
    expect(() => read('own', wrong(args), TABLE)).toThrow(
      new TypeError(`own expects an object with steps, frequency, seed, unit, got ${got}`),
    );
  });

  test('takes an object without a prototype', () => {
    expect(read('own', Object.assign(Object.create(null), {steps: 5}) as {steps: number}, TABLE).steps).toBe(5);
  });

  test('refuses unknown options, symbols too, before it looks at values', () => {
    const args = {step: 1, [Symbol('s')]: 2, frequency: 'wrong'};
    expect(() => read('own', wrong(args), TABLE)).toThrow(
      new TypeError('own has no option `step`, `Symbol(s)`; its options are steps, frequency, seed, unit'),
    );
    expect(() => read('own', wrong({steps: 5, toString: 1}), TABLE)).toThrow('own has no option `toString`');
  });
});

describe('an option that needs another one', () => {
  const TABLE = {
    criterion: oneOf(['snip', 'magnitude'], 'magnitude'),
    data: needs('criterion', 'magnitude, the default, sees no data', number({}, undefined)),
  };
  const useless = new TypeError(
    'own expects no `data` without `criterion`: magnitude, the default, sees no data; leave it out',
  );

  test('is refused without it, also where it is wrong itself', () => {
    expect(() => read('own', {data: 1}, TABLE)).toThrow(useless);
    expect(() => read('own', {data: wrong('junk')}, TABLE)).toThrow(useless);
    expect(() => read('own', wrong({data: 1, criterion: undefined}), TABLE)).toThrow(useless);
  });

  test('is read beside it', () => {
    expect(read('own', {data: 1, criterion: 'magnitude'}, TABLE)).toEqual({data: 1, criterion: 'magnitude'});
    expect(read('own', {}, TABLE)).toEqual({data: undefined, criterion: 'magnitude'});
    expect(() => read('own', {criterion: 'snip', data: wrong('junk')}, TABLE)).toThrow(
      'Expected `data` to be a finite number',
    );
  });
});

test('expectAbsent refuses what is given of some options, and says why', () => {
  const args = {seed: 0, shuffle: false, batchSize: undefined};
  expect(() => expectAbsent('own', args, ['batchSize'], 'with `shuffle: false`')).not.toThrow();
  expect(() => expectAbsent('own', args, ['batchSize', 'seed'], 'with `shuffle: false`')).toThrow(
    new TypeError('own expects no `seed` with `shuffle: false`; leave it out'),
  );
  expect(() => expectAbsent('own', args, ['shuffle', 'seed'], 'here')).toThrow('own expects no `shuffle`, `seed` here');
});

test('expectExactlyOne returns the name of the one that is given', () => {
  const names = ['rate', 'sparsity'] as const;
  expect(expectExactlyOne('own', {rate: undefined, sparsity: 0}, names)).toBe('sparsity');
  const none: {rate?: number; sparsity?: number} = {};
  expect(() => expectExactlyOne('own', none, names)).toThrow(
    new TypeError('own expects exactly one of `rate`, `sparsity`, got none'),
  );
  expect(() => expectExactlyOne('own', {rate: 0, sparsity: 0}, names)).toThrow('got `rate`, `sparsity`');
});

describe('kinds', () => {
  test.each([
    ['number', number({min: -1, max: 1}), [-1, 0, 0.5], [1, NaN, '0', -1.1], 'a number in [-1, 1)'],
    ['positive', positive(), [5e-324, 3], [0, -1, Infinity, '3'], 'a number > 0'],
    ['fraction', fraction(), [0, 0.5, 1], [-0.1, 1.1, NaN, null], 'a number in [0, 1]'],
    ['sparsity', sparsity(), [0, 1 - 2 ** -53], [1, -0.1, '0.5'], 'a number in [0, 1)'],
    ['integer', integer({}), [0, 3], [-1, 0.5, 2 ** 53, Infinity, 5n], 'a whole number >= 0'],
    ['integer from 2', integer({min: 2}), [2], [1, Infinity], 'a whole number >= 2'],
    ['or Infinity', integer({orInfinity: true}), [0, Infinity], [-Infinity, 0.5], 'a whole number >= 0 or Infinity'],
    ['boolean', boolean(), [true, false], [0, 'true', null], 'true or false'],
    ['oneOf', oneOf(['a', 'b']), ['a', 'b'], ['c', 0, null], 'one of a, b'],
    ['number at least', number({min: 2}), [2, 1e9], [1.9, Infinity], 'a number >= 2'],
    ['number at most', number({max: 2}), [1.9, -1e9], [2, -Infinity], 'a number in [-Infinity, 2)'],
    ['oneOf a single one', oneOf(['a']), ['a'], ['b'], 'a'],
    ['oneOf numbers', oneOf([1, Infinity]), [1, Infinity], ['1', 2, NaN], 'one of 1, Infinity'],
  ])('%s', (_name, kind, right, others, expected) => {
    for (const value of right) expect(kind.check('x', value as never)).toBe(value);
    for (const value of others) {
      expect(() => kind.check('x', value as never)).toThrow(`Expected \`x\` to be ${expected}, got `);
    }
  });

  test.each([
    ['number', number({}, 1), 1],
    ['positive', positive(2), 2],
    ['fraction', fraction(0.5), 0.5],
    ['sparsity', sparsity(0), 0],
    ['integer', integer({}, 3), 3],
    ['boolean', boolean(false), false],
    ['oneOf', oneOf(['a', 'b'], 'b'), 'b'],
    ['option', option((_, value: number) => value, 4), 4],
  ])('%s hands its default on', (_name, kind, value) => {
    expect(kind.fallback).toEqual([value]);
  });
});

describe('listOf', () => {
  const names = listOf(
    (name, value: string) => {
      if (value === '') throw new RangeError(`Expected \`${name}\` to be a name`);
      return value.toUpperCase();
    },
    ['x'],
  );

  test('checks each entry under its place, and gives a list of its own', () => {
    const given = ['a', 'b'];
    expect(names.check('layers', given)).toEqual(['A', 'B']);
    expect(given).toEqual(['a', 'b']);
    expect(names.fallback).toEqual([['x']]);
    expect(() => names.check('layers', ['a', ''])).toThrow('Expected `layers[1]` to be a name');
    expect(() => names.check('layers', new Array(1) as string[])).toThrow(); // a hole is an entry, too
  });

  test.each([
    [[], 'an empty one'],
    ['ab', '"ab" (string)'],
    [{length: 1, 0: 'a'}, 'an Object'],
  ])('refuses %j', (value, got) => {
    const message = `Expected \`layers\` to be a non-empty array, got ${got}`;
    expect(() => names.check('layers', value as never)).toThrow(new TypeError(message));
  });
});

test('unchecked hands everything on, and may be left out', () => {
  const value = {};
  expect(unchecked().check('x', value)).toBe(value);
  expect(unchecked().fallback).toEqual([undefined]);
});
